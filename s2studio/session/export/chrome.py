"""Chrome trace export (Trace Event Format), for Perfetto and chrome://tracing; streamed, whatever the run's length."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.session.export.part import Part, energy_by_tick
from s2studio.session.export.text import Field, lines
from s2studio.session.run import PricedBlock, Progress, Run
from s2studio.session.summary import ESTIMATES
from s2studio.sim.cost_bounds import feasible_costs
from s2studio.sim.energy import ENERGY_KINDS
from s2studio.sim.energy_ends import TOTAL
from s2studio.sim.timing import late
from s2studio.sim.within_tick import PHASES, phase_ends_s
from s2studio.units import NS_PER_S

CHROME_CHANNELS = ("pe", "power", "links", "spikes")
_NS_PER_US = 1000
_EVENTS = 1 << 16
_COMPRESSION = 5


def write_chrome(part: Part, path: Path, progress: Progress) -> None:
    """Write the channels of `part` to `path`, compressed where its name ends in `.gz`.

    A process for each sample's PEs, a thread for each PE, a slice for each phase of its ticks (those of a PE that is
    late end with the tick); a process for the chip with counters of power in W, flits over all links and the busiest,
    spikes of every population and PEs that are late. Times are chip time in microseconds, to the nanosecond.
    """
    with ExitStack() as stack:
        file: Any = stack.enter_context(path.open("wb"))
        if path.name.endswith(".gz"):
            # Without a name and a time inside, equal traces are equal files.
            file = stack.enter_context(gzip.GzipFile("", "wb", _COMPRESSION, file, mtime=0))
        about: dict[str, Any] = {
            "session": str(part.run.session),
            "network": part.run.about.network,
            "estimates": ESTIMATES,
        }
        costs = feasible_costs(part.run.machine.spec)
        about |= {"cycle_costs": {key: costs.interval(key) for key in costs.ranges}}
        file.write(f'{{"displayTimeUnit":"ns","otherData":{json.dumps(about)},"traceEvents":[\n'.encode())
        file.write(",\n".join(json.dumps(event) for event in _names(part)).encode())
        for block in part.run.priced_blocks(part.start, part.stop):
            for text in _block_events(part, block, progress):
                file.write(text)
        file.write(b"\n]}\n")


def chrome_rows(part: Part) -> dict[str, int]:
    """Return about how many events each channel has: at most one for each phase of a PE in a tick."""
    ticks = (part.stop - part.start) * part.run.about.samples
    each = {"pe": len(part.run.mapping.slices) * len(PHASES) + 1, "power": 1, "links": 1, "spikes": 1}
    return {name: ticks * each[name] for name in part.channels}


def _names(part: Part) -> Iterator[dict[str, Any]]:
    """Yield the events that name processes and threads."""
    for sample in range(part.run.about.samples):
        of = f" of sample {sample}" if part.run.about.samples > 1 else ""
        for pid, name in ((_pe_process(sample), f"PEs{of}"), (_chip_process(sample), f"chip{of}")):
            yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "ts": 0, "args": {"name": name}}
        if "pe" in part.channels:
            for thread, piece in enumerate(part.run.mapping.slices, 1):
                name = f"{piece.pe} {piece.population} {piece.start}-{piece.stop - 1}"
                place = {"pid": _pe_process(sample), "tid": thread, "ts": 0}
                yield {"ph": "M", "name": "thread_name", **place, "args": {"name": name}}
                yield {"ph": "M", "name": "thread_sort_index", **place, "args": {"sort_index": thread}}


def _pe_process(sample: int) -> int:
    return 2 * sample + 1


def _chip_process(sample: int) -> int:
    return 2 * sample + 2


def _block_events(part: Part, block: PricedBlock, progress: Progress) -> Iterator[bytes]:
    """Yield the events of a block of ticks, each beginning with a comma; of a track they come in order of time."""
    run, counters = part.run, _counters(part, block)
    samples, ticks, slices = block.counts.packets.shape
    span = max(1, _EVENTS // (samples * slices * len(PHASES)))
    for first in range(0, ticks, span):
        ticks_here = slice(first, min(first + span, ticks))
        progress(block.start + first - part.start, part.stop - part.start)
        start_ns = np.rint((block.start + np.arange(ticks)[ticks_here]) * (run.tick_s * NS_PER_S))
        for sample in range(samples):
            if "pe" in part.channels:
                yield _phases(run, block, sample, ticks_here, start_ns)
            for name, values in counters.items():
                columns = {key: value[sample, ticks_here] for key, value in values.items()}
                yield _counter(name, _chip_process(sample), start_ns, columns)


def _phases(run: Run, block: PricedBlock, sample: int, ticks: slice, start_ns: NDArray[np.float64]) -> bytes:
    """Return a complete event for each phase of each PE that takes any time, tick by tick, PE by PE."""
    cycles = {kind: values[sample, ticks] for kind, values in block.priced.cycles.items()}
    ends_s = np.minimum(phase_ends_s(cycles, block.priced.levels[sample, ticks], run.machine.spec), run.tick_s)
    ends_ns = np.rint(start_ns[:, None, None] + ends_s * NS_PER_S)
    begins_ns = np.concatenate([np.broadcast_to(start_ns[:, None, None], (*ends_ns.shape[:2], 1)), ends_ns], axis=2)
    lasts_ns = np.diff(begins_ns, axis=2)
    tick, thread, phase = np.nonzero(lasts_ns)
    return lines(
        [
            ',\n{"ph":"X","cat":"phase","name":"', (PHASES, phase), f'","pid":{_pe_process(sample)},"tid":',
            thread + 1, ',"ts":', begins_ns[tick, thread, phase] / _NS_PER_US,
            ',"dur":', lasts_ns[tick, thread, phase] / _NS_PER_US, "}",
        ]
    )  # fmt: skip


def _counters(part: Part, block: PricedBlock) -> dict[str, Mapping[str, NDArray[Any]]]:
    """Return the series of each counter, (samples, ticks) each."""
    run, counters = part.run, dict[str, Mapping[str, NDArray[Any]]]()
    if "pe" in part.channels:
        counters["late PEs"] = {"PEs": late(block.priced.time_done_s, run.tick_s).sum(axis=2)}
    if "power" in part.channels:
        energy = energy_by_tick(run, block)
        counters["power (W)"] = {kind: energy.value_j[kind] / run.tick_s for kind in ENERGY_KINDS}
        ends = {"low": energy.low_j, "high": energy.high_j}
        counters["power, both ends (W)"] = {end: by_kind[TOTAL] / run.tick_s for end, by_kind in ends.items()}
    if "links" in part.channels:
        flits = block.priced.flits
        counters["link load (flits)"] = {"all links": flits.sum(axis=2), "busiest link": flits.max(axis=2, initial=0)}
    if "spikes" in part.channels:
        population = np.array([piece.population for piece in run.mapping.slices])
        spikes = block.counts.spikes
        counters["spikes"] = {name: spikes[:, :, population == name].sum(axis=2) for name in run.about.names}
    return counters


def _counter(name: str, process: int, start_ns: NDArray[np.float64], columns: Mapping[str, NDArray[Any]]) -> bytes:
    head = f',\n{{"ph":"C","name":{json.dumps(name)},"pid":{process},"tid":0,"ts":'
    parts: list[str | Field] = [head, start_ns / _NS_PER_US, ',"args":{']
    for number, (key, values) in enumerate(columns.items()):
        parts += [("," if number else "") + json.dumps(key) + ":", values]
    return lines([*parts, "}}"])
