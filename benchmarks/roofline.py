"""What the machine at hand allows, and the share of it that each workload reaches.

python benchmarks/roofline.py [WORKLOAD ...] [--report docs/performance.md]

The limit of a workload is the sum of two times that no engine of this kind can be without: the state of all neurons
read and written once in every tick, and the synapses of its own spikes, in the order in which they come: fetched
(every cache line of a row read once), or added by the best kernel known here to sums in the cache that they fit, from
rows that are near, whichever takes longer. Deciding, counting and finding the spikes would be free. Times are of the
processor, the best of several.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe, write_section
from numpy.typing import NDArray
from simulation import compiled
from workloads import WORKLOADS

from s2studio.compiled import inner_kernel, kernel
from s2studio.compiled.vectors import LANES, load, store, zeros
from s2studio.sim.arrays import aligned
from s2studio.sim.kernels.convolution import add_run
from s2studio.sim.kernels.dense import add_dense_rows
from s2studio.sim.kernels.sparse import add_row
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import Program
from s2studio.sim.rows import CONVOLUTION, DENSE
from s2studio.snn.models.model import Update

Int32 = NDArray[np.int32]
MIB = 1 << 20
HEADER = (
    "| workload | events/s | its limit | share | neurons, µs a tick | synapses, µs a tick | spent, µs a tick |",
    "|---|---|---|---|---|---|---|",
)


@kernel
def triad(a: Any, b: Any, c: Any) -> None:
    """A = b + 3 c."""
    for i in range(a.size):
        a[i] = b[i] + np.float32(3) * c[i]


@kernel
def read(values: Any, first: Any, size: int, times: int) -> int:
    """Read `size` values from each of `first` on, vector by vector, and return the sum of some."""
    a = b = c = d = zeros(np.int8)
    for _ in range(times):
        for begin in first:
            # Four sums, so that no addition waits for the one before.
            whole = size - size % (4 * LANES)
            for i in range(begin, begin + whole, 4 * LANES):
                a, b = a + load(values, i), b + load(values, i + LANES)
                c, d = c + load(values, i + 2 * LANES), d + load(values, i + 3 * LANES)
            for i in range(begin + whole, begin + size, LANES):
                a = a + load(values, i)
    out = np.empty(LANES, np.int8)
    store(out, 0, (a + b) + (c + d))
    return int(out[0])


@kernel
def read_rows(target: Any, weight: Any, first: Any, last: Any) -> int:
    """Read every element's line of both arrays once, in the order given."""
    total = 0
    for k in range(first.size):
        total += touched(target, first[k], last[k], 32) + touched(weight, first[k], last[k], 64)
    return total


@inner_kernel
def touched(values: Any, first: int, last: int, step: int) -> int:
    """Return the sum of one element per cache line."""
    total = 0
    for i in range(first, last, step):
        total += values[i]
    return total


@kernel
def scatter(sums: Int32, target: Any, weight: Any, times: int) -> None:
    """Add the same row again and again."""
    for _ in range(times):
        add_row(sums, target, weight)


@kernel
def add_runs(sums: Int32, places: Any, weight: Any) -> None:
    """Add the same stretch of weights at all `places`."""
    for place in places:
        add_run(sums, place, weight, 0, weight.size)


@kernel
def sweep(v: Any, sums: Any, times: int) -> None:
    """Read and write two arrays: the state of LIF neurons."""
    for _ in range(times):
        for i in range(0, v.size, LANES):
            value = load(v, i) + load(sums, i)
            store(v, i, value)
            store(sums, i, zeros(np.float32))


@kernel
def sweep_currents(v: Any, exc: Any, inh: Any, ready: Any, plus: Any, minus: Any, times: int) -> None:
    """Read six arrays and write five: the state of LIF neurons with exponential currents."""
    for _ in range(times):
        for i in range(0, v.size, LANES):
            x, y = load(exc, i) + load(plus, i), load(inh, i) + load(minus, i)
            store(exc, i, x)
            store(inh, i, y)
            store(v, i, load(v, i) + x + y + load(ready, i))
            store(plus, i, zeros(np.float32))
            store(minus, i, zeros(np.float32))


def best(run: Callable[[], object], repeats: int = 7) -> float:
    """Return the least processor time of `run` in s, after a first one that may compile."""
    run()
    times = []
    for _ in range(repeats):
        started = time.thread_time()
        run()
        times.append(time.thread_time() - started)
    return max(min(times), 1e-9)


@dataclass(frozen=True)
class Limits:
    """The machine: bytes and events per second."""

    triad: float
    read_l2: float
    read_dram: float
    scatter_l1: float
    scatter_l2: float
    dense_l1: float
    dense_l2: float
    dense_dram: float
    run_l1: float
    run_l2: float

    def sentence(self) -> str:
        """Return the limits in words."""
        return " ".join(
            (
                f"DRAM triad {self.triad / 1e9:.0f} GB/s, read {self.read_dram / 1e9:.0f} GB/s;",
                f"L2 read {self.read_l2 / 1e9:.0f} GB/s.",
                f"Scatter (uint16 + int8 to int32) {self.scatter_l1 / 1e9:.1f} G events/s with the sums in L1,",
                f"{self.scatter_l2 / 1e9:.1f} G in L2.",
                f"Dense int8 rows {self.dense_l1 / 1e9:.0f} G events/s from L1, {self.dense_l2 / 1e9:.0f} G from L2,",
                f"{self.dense_dram / 1e9:.1f} G from DRAM.",
                f"Stretches of a convolution, 3 pixels x 64 channels, {self.run_l1 / 1e9:.0f} G events/s in L1,",
                f"{self.run_l2 / 1e9:.0f} G in L2.",
            )
        )


def run_rate(size: int, width: int) -> float:
    """Return with how many events per second stretches of `size` weights are added anywhere among `width` sums."""
    places = np.random.default_rng(0).integers(0, max(1, width - size), 20000)
    sums, weight = np.zeros(width + size, np.int32), np.ones(size, np.int8)
    return size * len(places) / best(lambda: add_runs(sums, places, weight))


def machine_limits() -> Limits:
    """Measure the machine."""
    random = np.random.default_rng(0)
    a, b, c = (np.ones(16 * MIB, np.float32) for _ in range(3))
    big = random.integers(-9, 9, 128 * MIB, dtype=np.int8)
    small = big[: MIB // 2].copy()

    def scattered(sums: int) -> float:
        target = np.sort(random.choice(sums, 1024, replace=False)).astype(np.uint16)
        into, weight = np.zeros(sums, np.int32), np.ones(1024, np.int8)
        return 1024 * 2000 / best(lambda: scatter(into, target, weight, 2000))

    def dense(values: NDArray[np.int8], rows: int, times: int) -> float:
        sources = np.tile(np.sort(random.choice(rows, rows // 2, replace=False)), times).astype(np.int32)
        sums = np.zeros(1024, np.int32)
        return len(sources) * 1024 / best(lambda: add_dense_rows(sums, sources, values[: rows * 1024], (0, 1024)))

    starts = np.zeros(1, np.int64)
    return Limits(
        triad=3 * a.nbytes / best(lambda: triad(a, b, c)),
        read_l2=50 * small.size / best(lambda: read(small, starts, small.size, 50)),
        read_dram=big.size / best(lambda: read(big, starts, big.size, 1)),
        scatter_l1=scattered(2048),
        scatter_l2=scattered(65536),
        dense_l1=dense(small, 16, 64),
        dense_l2=dense(small, 512, 1),
        dense_dram=dense(big, 128 * 1024, 1),
        run_l1=run_rate(192, 2048),
        run_l2=run_rate(192, 65536),
    )


def neuron_seconds(program: Program) -> float:
    """Return the least time of a tick for the state of all neurons."""
    update, total = program.populations.update, 0.0
    sizes = np.diff(program.populations.first_neuron)
    kinds: tuple[tuple[int, Callable[..., None], int], ...] = (
        (Update.LIF, sweep, 2),
        (Update.LIF_CURR_EXP, sweep_currents, 6),
    )
    for kind, kernel_of, count in kinds:
        neurons = int(sizes[update == kind].sum())
        if neurons:
            arrays = [aligned(-(-neurons // LANES) * LANES, np.float32, number) for number in range(count)]
            times = max(1, 2_000_000 // neurons)
            total += best(partial(kernel_of, *arrays, times)) / times
    return total


def spikes_by_projection(program: Program, engine: Simulator, steps: int, stimulus: Any) -> Iterator[tuple[int, Any]]:
    """Yield each projection with the neurons that spike before it, in the order of the ticks."""
    spikes = engine.advance(steps, stimulus).spikes
    for population in range(len(program.names)):
        sources = spikes.neuron[spikes.population == population]
        for j in range(program.rows.first_of[population], program.rows.first_of[population + 1]):
            yield j, sources


def synapse_seconds(program: Program, j: int, sources: NDArray[Any], events: int, limits: Limits) -> float:
    """Return the least time for the synapses of `sources` in projection `j`."""
    rows = program.rows
    if rows.kind[j] == CONVOLUTION:
        first = int(rows.geometry[j, 5])
        runs = rows.places[first : first + int(rows.geometry[j, 0]), 1]
        return events / run_rate(int(runs.max()), int(np.diff(program.populations.first_sum)[rows.post[j]]))
    if rows.kind[j] == DENSE:
        post = rows.post[j]
        width = int(program.populations.first_neuron[post + 1] - program.populations.first_neuron[post])
        begin = rows.start[j] + sources.astype(np.int64) * width
        padded = np.concatenate([rows.dense, np.zeros(2 * LANES, np.int8)])
        return max(best(lambda: read(padded, begin, width, 1), 3), events / limits.dense_l1)
    starts = rows.row_start[rows.start[j] :]
    first, last = starts[sources], starts[sources + 1]
    fetched = best(lambda: read_rows(rows.target, rows.weight, first, last), 3)
    post = rows.post[j]
    sums = 4 * (program.populations.first_sum[post + 1] - program.populations.first_sum[post])
    return max(fetched, events / (limits.scatter_l1 if sums <= MIB // 64 else limits.scatter_l2))


def share(name: str, limits: Limits) -> str:
    """Return a row of the table."""
    workload = WORKLOADS[name]()
    program, _ = compiled(workload)
    engine = Simulator(program)
    total = int(engine.advance(workload.steps, workload.stimulus).counts.synaptic_events.sum(dtype=np.int64))

    def run() -> None:
        engine.reset()
        engine.advance(workload.steps, workload.stimulus)

    spent = best(run, 5)
    neurons = neuron_seconds(program) * workload.steps
    engine.reset()
    synapses = 0.0
    for j, sources in spikes_by_projection(program, engine, workload.steps, workload.stimulus):
        events = _events(program, j, sources)
        synapses += synapse_seconds(program, j, sources, events, limits)
    limit = neurons + synapses
    return (
        f"| {name} | {total / spent / 1e6:,.0f} M | {total / limit / 1e6:,.0f} M | {limit / spent:.0%} | "
        f"{neurons / workload.steps * 1e6:,.2f} | {synapses / workload.steps * 1e6:,.2f} | "
        f"{spent / workload.steps * 1e6:,.2f} |"
    )


def _events(program: Program, j: int, sources: NDArray[Any]) -> int:
    """Return the synaptic events that `sources` cause in projection `j`."""
    rows = program.rows
    columns = rows.event_columns[j]
    table = rows.events[rows.first_event[j] : rows.first_event[j + 1]].reshape(-1, columns).astype(np.int64)
    slices = np.bincount(rows.event_of[rows.first_event_of[j] : rows.first_event_of[j + 1]], minlength=columns)
    per_row = table @ slices
    if rows.kind[j] == CONVOLUTION:
        sources = sources % len(per_row)  # neurons are numbered channel by channel, the table has a row per pixel
    return int(per_row[sources].sum())


def main() -> None:
    """Print both tables, and write them to the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", default=list(WORKLOADS), help=", ".join(WORKLOADS))
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    limits = machine_limits()
    lines = [limits.sentence(), "", *HEADER]
    print("\n".join(lines))
    for name in options.workload:
        lines.append(share(name, limits))
        print(lines[-1], flush=True)
    if options.report:
        write_section(options.report, "roofline", "\n".join([describe(), "", *lines]))


if __name__ == "__main__":
    main()
