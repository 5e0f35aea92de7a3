"""How fast the engine runs the workloads, with all counts on, beside a plain NumPy loop in the same process.

python benchmarks/simulation.py [WORKLOAD ...] [--repeats N] [--record] [--report docs/performance.md]

Where the plain loop would take minutes (the full chip), the ratio is that of chip time to the time the simulation took.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import describe, write_section
from plain import run_plain
from recorded import record, verdict
from workloads import WORKLOADS, Workload

from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import Program, compile_program
from s2studio.snn.connectivity import ConvWeights, DenseWeights

# Synaptic events per second that issue 7 asks for, by workload and batch.
ASKED = {"W1 4k": 250e6, "W1 40k": 200e6, "W2": 10e9, "W2 x 32": 16e9, "W3": 4e9, "chip 1.8 G": 0.4e9}
FULL_CHIP = "chip"
HEADER = """\
| workload | events | spikes | events/s | spread | asked | ratio | B per synapse | on |
|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Result:
    """A row of the table, and the ratio that is recorded."""

    title: str
    row: str
    ratio: float


def compiled(workload: Workload) -> tuple[Program, str]:
    """Return the program of `workload` and the name of the chip it was mapped onto, with its label."""
    spec = load_chip(workload.chip)
    mapping = map_network(workload.network, make_machine(spec), MappingOptions(), Demand(workload.steps))
    title = f"{spec.title} ({spec.label})" if spec.label else spec.title
    return compile_program(workload.network, mapping, spec), f"{title}, {mapping.pes_used} PEs"


def seconds(run: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return how long `run` takes by `clock`."""
    started = clock()
    run()
    return clock() - started


def measure(name: str, workload: Workload, repeats: int, batch: int, threads: int) -> Result:
    """Return a row of the table: engine and loop run in turn, medians with the spread of the engine."""
    program, chip = compiled(workload)
    engine = Simulator(program, batch=batch, threads=threads)
    block = engine.advance(workload.steps, workload.stimulus)
    events, spikes = int(block.counts.synaptic_events.sum(dtype=np.int64)), len(block.spikes.tick)

    def run_engine() -> None:
        engine.reset()
        engine.advance(workload.steps, workload.stimulus)

    # The time of the processor disturbs least on a busy machine; of two threads it would be the sum.
    clock = time.process_time if threads == 1 else time.perf_counter
    times, plain_times, agree = [], [], ""
    for repeat in range(repeats):
        times.append(seconds(run_engine, clock))
        if repeat % 5 == 0 and not name.startswith(FULL_CHIP):
            started = clock()
            plain_spikes = run_plain(workload)
            plain_times.append(clock() - started)
            agree = "" if plain_spikes * batch == spikes else f" ({plain_spikes * batch:,} IN THE LOOP)"
    median = statistics.median(times)
    title = (name if batch == 1 else f"{name} x {batch}") + (f", {threads} threads" if threads > 1 else "")
    if plain_times:
        ratio, against = statistics.median(plain_times) * batch / median, "the NumPy loop"
    else:
        ratio, against = workload.steps * 1e-3 / median, "real time"
    asked = ASKED.get(title.partition(",")[0])
    rates = [f"{events / spent / 1e6:,.0f}" for spent in (median, max(times), min(times))]
    row = (
        f"| {title} | {events / 1e6:,.1f} M | {spikes:,}{agree} | {rates[0]} M | {rates[1]} to {rates[2]} M | "
        f"{f'{asked / 1e6:,.0f} M' if asked else ''} | {ratio:,.1f} x {against} {verdict(title, ratio)} | "
        f"{bytes_per_synapse(workload, program):.1f} | {chip} |"
    )
    return Result(title, row, ratio)


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
    parser.add_argument("--record", action="store_true", help="keep the ratios in recorded.yaml")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    results = []
    print(HEADER)
    for name in options.workload:
        workload = WORKLOADS[name]()
        batches = ((1, 1), (32, 1), (32, os.cpu_count() or 1)) if name == "W2" else ((1, 1),)
        for batch, threads in dict.fromkeys(batches):
            repeats = options.repeats if batch == 1 else max(3, options.repeats // 5)
            results.append(measure(name, workload, repeats, batch, threads))
            print(results[-1].row, flush=True)
    if options.record:
        # With several threads the ratio depends on how many processors are free.
        record({result.title: result.ratio for result in results if "threads" not in result.title})
    if options.report:
        rows = "\n".join(result.row for result in results)
        write_section(options.report, "simulation", f"{describe()}\n\n{HEADER}\n{rows}")


if __name__ == "__main__":
    main()
