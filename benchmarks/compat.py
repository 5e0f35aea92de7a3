"""What the layer for py-spinnaker2 scripts costs: a second `hw.run` of W1 4k beside the engine alone, in turn.

python benchmarks/compat.py [--repeats N] [--record]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
from recorded import judge, judge_seconds
from workloads import WORKLOADS, Workload

from s2studio.compat.spinnaker2 import hardware, snn
from s2studio.compat.studio import Studio, StudioOptions
from s2studio.snn.connectivity import SynapseList

NAME = "W1 4k"
# What issue 4 asks of a second run.
ASKED_OVERHEAD, ASKED_START_S = 0.10, 0.020


def script_network(workload: Workload) -> snn.Network:
    """Return the network of `workload` as a script makes it."""
    part = workload.network.spiking
    made = {
        each.name: snn.Population(each.size, each.model, dict(each.params), each.name, ["spikes"])
        for each in part.populations
    }
    network = snn.Network(workload.network.name)
    network.add(*made.values())
    for projection in part.projections:
        synapses = cast(SynapseList, projection.connectivity)
        columns = (synapses.pre, synapses.post, synapses.weight, synapses.delay)
        network.add(snn.Projection(made[projection.pre], made[projection.post], np.stack(columns, axis=1).tolist()))
    return network


def seconds(run: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long `run` takes by `clock`."""
    started = clock()
    run()
    return clock() - started


def first_tick_s(studio: Studio, network: snn.Network) -> float:
    """Return how long a second `hw.run` takes until the engine runs its first tick: a run of one tick less that."""
    board = hardware.SpiNNaker2Chip()
    board.run(network, 1)
    compiled = next(reversed(studio.compiled.values()))

    def one_tick() -> None:
        compiled.simulator.reset()
        compiled.simulator.advance(1)

    return statistics.median(seconds(lambda: board.run(network, 1)) - seconds(one_tick) for _ in range(15))


def overheads(
    studio: Studio, network: snn.Network, steps: int, repeats: int, clock: Callable[[], float]
) -> tuple[list[float], float]:
    """Return the ratio of each second `hw.run` to the engine's own run right before it, and the engine's median."""
    board = hardware.SpiNNaker2Chip()
    board.run(network, steps)
    compiled = next(reversed(studio.compiled.values()))

    def engine() -> None:
        compiled.simulator.reset()
        compiled.simulator.advance(steps)

    ratios, alone = [], []
    for _ in range(repeats):
        alone.append(seconds(engine, clock))
        ratios.append(seconds(lambda: board.run(network, steps), clock) / alone[-1])
    return ratios, statistics.median(alone)


def line(title: str, ratios: list[float], alone: float, asked: str, is_recorded: bool) -> str:
    """Return a row of the table, and whether it fell behind: recorded is the engine's time to all of the time."""
    ordered = sorted(ratio - 1 for ratio in ratios)
    middle, low, high = statistics.median(ordered), ordered[len(ordered) // 4], ordered[3 * len(ordered) // 4]
    said = judge(f"compat {title}", 1 / (1 + middle), is_recorded)
    return f"{title:42}{middle:7.1%} over {alone * 1e3:.1f} ms (quartiles {low:.1%} to {high:.1%}{asked}){said}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=41)
    parser.add_argument("--record", action="store_true", help="keep the ratios in recorded.yaml")
    options = parser.parse_args()
    workload = WORKLOADS[NAME]()
    network = script_network(workload)
    studio = Studio.begin(StudioOptions())
    started = first_tick_s(studio, network)
    said = judge_seconds("compat start of a second hw.run", started, options.record)
    print(
        f"{'start of a second hw.run':42}{started * 1e3:6.1f} ms (asked {ASKED_START_S * 1e3:.0f} ms){said}", flush=True
    )
    asked = f", asked {ASKED_OVERHEAD:.0%}"
    for title, clock in (("processor time", time.thread_time), ("wall time", time.perf_counter)):
        ratios, alone = overheads(studio, network, workload.steps, options.repeats, clock)
        print(line(f"{NAME}, second hw.run, {title}", ratios, alone, asked, options.record), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio.begin(StudioOptions(session=Path(folder) / "w1.s2s"))
        ratios, alone = overheads(studio, network, workload.steps, max(5, options.repeats // 4), time.perf_counter)
        print(line(f"{NAME}, stored behind it, wall time", ratios, alone, "", options.record), flush=True)
        studio.close()


if __name__ == "__main__":
    main()
