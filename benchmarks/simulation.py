"""How fast the engine runs the workloads, with all counts on, beside a plain NumPy loop in the same process.

python benchmarks/simulation.py [WORKLOAD ...] [--repeats N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from plain import run_plain
from workloads import WORKLOADS, Workload

from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import Program, compile_program
from s2studio.snn.connectivity import ConvWeights, DenseWeights

# Synaptic events per second that issue 2 asks of one thread.
ASKED = {"W1 4k": 150e6, "W2": 5e9}


def compiled(workload: Workload) -> tuple[Program, str]:
    """Return the program of `workload` and the name of the chip it was mapped onto, with its label."""
    spec = load_chip(workload.chip)
    mapping = map_network(workload.network, make_machine(spec), MappingOptions(), Demand(workload.steps))
    title = f"{spec.title} ({spec.label})" if spec.label else spec.title
    return compile_program(workload.network, mapping, spec), f"{title}, {mapping.pes_used} PEs"


def seconds(run: Callable[[], object]) -> float:
    """Return how long `run` takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def measure(name: str, workload: Workload, repeats: int, batch: int) -> str:
    """Return a line of the table: engine and loop run in turn, medians with the spread of the engine."""
    program, chip = compiled(workload)
    engine = Simulator(program, batch=batch)
    block = engine.advance(workload.steps, workload.stimulus)
    events, spikes = int(block.counts.synaptic_events.sum(dtype=np.int64)), len(block.spikes.tick)

    def run_engine() -> None:
        engine.reset()
        engine.advance(workload.steps, workload.stimulus)

    times, plain_times = [], []
    for repeat in range(repeats):
        times.append(seconds(run_engine))
        if repeat % 5 == 0:
            started = time.perf_counter()
            plain_spikes = run_plain(workload)
            plain_times.append(time.perf_counter() - started)
    median, plain = statistics.median(times), statistics.median(plain_times) * batch
    agree = "same spikes" if plain_spikes * batch == spikes else f"{plain_spikes * batch:,} SPIKES IN THE LOOP"
    asked = f", asked {ASKED[name] / 1e6:,.0f}" if name in ASKED and batch == 1 else ""
    title = name if batch == 1 else f"{name} x {batch}"
    rates = [events / spent / 1e6 for spent in (median, max(times), min(times))]
    return (
        f"{title:9}{events / 1e6:9,.1f} M events, {spikes:9,} spikes ({agree}): {rates[0]:8,.0f} M events/s "
        f"({rates[1]:,.0f} to {rates[2]:,.0f}{asked}), {plain / median:5,.0f} x the NumPy loop; "
        f"{bytes_per_synapse(workload, program):.1f} B per synapse; {chip}"
    )


def bytes_per_synapse(workload: Workload, program: Program) -> float:
    """Return the bytes of rows and event counts for each synapse or kernel weight that the network holds."""
    stored = sum(array.nbytes for array in program.rows)
    held = sum(
        each.connectivity.weight.size
        if isinstance(each.connectivity, DenseWeights | ConvWeights)
        else len(each.connectivity.pre)
        for each in workload.network.spiking.projections
    )
    return stored / held


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", default=list(WORKLOADS), help=", ".join(WORKLOADS))
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    for name in options.workload:
        workload = WORKLOADS[name]()
        for batch in (1, 32) if name == "W2" else (1,):
            repeats = options.repeats if batch == 1 else max(3, options.repeats // 5)
            print(measure(name, workload, repeats, batch), flush=True)


if __name__ == "__main__":
    main()
