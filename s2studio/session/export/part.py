"""What is exported of a run: the tables in a form for other tools, row by row from the session's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from s2studio.session.moment import moment_of
from s2studio.session.run import PricedBlock, Progress, Run
from s2studio.session.summary import summarize
from s2studio.session.tables import AXIS, LINKS, NEURON, POPULATION, SPIKES, Column, Table
from s2studio.session.time_ends import TimeEnds
from s2studio.sim.energy import ENERGY_KINDS, unused_pe_energy_j
from s2studio.sim.energy_ends import TOTAL, EnergyEnds, energy_ends
from s2studio.sim.pricing import BlockEnds, bounds
from s2studio.sim.timing import SWITCHING
from s2studio.sim.within_tick import ASLEEP, PHASES

# Numbers, or texts with the index of each row's text.
ExportColumn = NDArray[Any] | tuple[Sequence[str], NDArray[Any]]
Rows = dict[str, ExportColumn]
SUMMARY = "summary"
# What follows from counts, which a measured run has not.
COUNTED = ("pe", "phases", "links", "power")
# Where the rows of links are estimated, those of so many ticks are counted, three times.
_SAMPLED_TICKS = 200
_COUNTS = ("packets", "synaptic_events", "spikes")


class Exported(Protocol):
    """What writers of tables need of a part of a run, of ticks or of layers."""

    @property
    def channels(self) -> tuple[str, ...]:
        """What is wanted."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables among the channels."""

    def columns(self, name: str) -> tuple[Column, ...]:
        """Return the columns of a table."""

    def blocks(self, name: str, progress: Progress) -> Iterator[Rows]:
        """Return the rows of a table in blocks."""

    def summary(self, progress: Progress) -> dict[str, Any]:
        """Return the summary."""


@dataclass(frozen=True)
class Part:
    """The ticks `start` to `stop` (excluded) of `run`, and which `channels` of them are wanted."""

    run: Run
    start: int
    stop: int
    channels: tuple[str, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables among the channels."""
        return tuple(name for name in EXPORT_TABLES if name in self.channels)

    def columns(self, name: str) -> tuple[Column, ...]:
        """Return the columns of a table; `sample` is there where a run has several."""
        columns = EXPORT_TABLES[name].columns
        return columns if self.run.about.samples == 1 else (*columns, _SAMPLE)

    def blocks(self, name: str, progress: Progress) -> Iterator[Rows]:
        """Return the rows of a table in blocks of ticks."""
        steps, all_steps = self.stop - self.start, (self.stop - self.start) * len(self.channels)
        before = self.channels.index(name) * steps
        for tick, rows in EXPORT_TABLES[name].rows(self.run, self.start, self.stop):
            progress(before + tick - self.start, all_steps)
            yield rows

    def rows(self, name: str) -> int:
        """Return how many rows a table has, about: the links that carry traffic are taken as even over the run."""
        return EXPORT_TABLES[name].count(self.run, self.start, self.stop)

    def summary(self, progress: Progress) -> dict[str, Any]:
        """Return the summary of these ticks."""
        before = self.channels.index(SUMMARY)
        count = len(self.channels)

        def after(done: int, total: int) -> None:
            progress(before * total + done, count * total)

        return summarize(self.run, self.start, self.stop, progress=after)


@dataclass(frozen=True)
class ExportTable:
    """A table: its columns, what yields (tick, rows), and how many rows there are."""

    columns: tuple[Column, ...]
    rows: Callable[[Run, int, int], Iterator[tuple[int, Rows]]]
    count: Callable[[Run, int, int], int]


def _spikes(run: Run, start: int, stop: int) -> Iterator[tuple[int, Rows]]:
    for block in run.spike_blocks(start, stop):
        rows: Rows = {"population": (run.about.names, block.population), "neuron": block.neuron}
        yield int(block.tick[0]), rows | {"step": block.tick, "sample": block.sample}


def _voltages(run: Run, start: int, stop: int) -> Iterator[tuple[int, Rows]]:
    columns = run.voltage_columns
    if not columns:
        return
    index = {name: number for number, name in enumerate(run.about.names)}
    sizes = [part.stop - part.start for part in columns.values()]
    population = np.repeat([index[name] for name in columns], sizes)
    neuron = np.concatenate([np.arange(size) for size in sizes])
    scales = [run.network.spiking.population(name).v_scale for name in columns]
    scale = np.concatenate([np.broadcast_to(own, size) for own, size in zip(scales, sizes, strict=True)])
    span = run.span(len(neuron))
    for first in range(start, stop, span):
        kept = run.all_voltages(first, min(first + span, stop)).transpose(1, 0, 2)
        times = kept.shape[0] * kept.shape[1]
        rows: Rows = {"population": (run.about.names, np.tile(population, times)), "neuron": np.tile(neuron, times)}
        yield first, rows | {"v": (kept / scale).reshape(-1), "v_chip": kept.reshape(-1)} | _axis(kept, first)


def _pes(run: Run, start: int, stop: int) -> Iterator[tuple[int, Rows]]:
    usable = run.machine.usable_pes
    place = {pe: number for number, pe in enumerate(usable)}
    used = np.array([place[piece.pe] for piece in run.mapping.slices])
    names = [str(pe) for pe in usable]
    levels = tuple(run.machine.spec.levels)
    asleep = levels.index(run.machine.spec.sleep_level)
    idle_j = unused_pe_energy_j(1, run.tick_s, run.machine.spec)
    idle = {"level": asleep} | dict.fromkeys(("energy_j", "energy_low_j", "energy_high_j"), idle_j)
    span, time_ends = run.span(len(usable)), TimeEnds(run, start)
    for block in run.priced_blocks(start, stop):
        ends = time_ends.of(block)
        for first in range(0, block.counts.packets.shape[1], span):
            values = _pe_values(block, ends, slice(first, first + span))
            rows = {name: _on_all(kept, used, len(usable), idle.get(name, 0)) for name, kept in values.items()}
            axis = _axis(rows["level"], block.start + first)
            pe = np.tile(np.arange(len(usable)), rows["level"].size // len(usable))
            flat: Mapping[str, ExportColumn] = {name: kept.reshape(-1) for name, kept in rows.items()}
            yield block.start + first, {**flat, **axis, "pe": (names, pe), "level": (levels, rows["level"].reshape(-1))}


def _pe_values(block: PricedBlock, ends: BlockEnds, part: slice) -> dict[str, NDArray[Any]]:
    """Return the columns of `pe` for the used PEs in the ticks `part` of `block`, each (ticks, samples, slices)."""
    counts, priced = block.counts, block.priced
    values: dict[str, NDArray[Any]] = {name: getattr(counts, name) for name in _COUNTS}
    values["neuron_updates"] = np.broadcast_to(counts.updates, counts.packets.shape)
    values["cycles"] = sum(priced.cycles.values(), np.zeros(1))
    values["time_done_s"] = priced.time_done_s
    values["level"] = priced.levels
    values["energy_j"] = sum(priced.energy_j.values(), np.zeros(1))
    values["time_done_low_s"], values["time_done_pessimistic_s"] = ends.done_low_s, ends.done_pessimistic_s
    values["energy_low_j"], values["energy_high_j"] = ends.work.energy_low_j, ends.work.energy_high_j
    return {name: kept[:, part].transpose(1, 0, 2) for name, kept in values.items()}


def _on_all(values: NDArray[Any], used: NDArray[Any], pes: int, unused: float = 0) -> NDArray[Any]:
    """Return (ticks, samples, slices) as (ticks, samples, PEs)."""
    whole = np.full((*values.shape[:2], pes), unused, values.dtype)
    whole[:, :, used] = values
    return whole


def _phases(run: Run, start: int, stop: int) -> Iterator[tuple[int, Rows]]:
    """Yield the phases of every used PE in every tick, and when it sleeps: of the mapping's slices, in their order."""
    names = [str(piece.pe) for piece in run.mapping.slices]
    spec, kinds = run.machine.spec, (*PHASES, SWITCHING, ASLEEP)
    levels, back_w = tuple(spec.levels), spec.levels[spec.sleep_level].arm_busy_w
    for tick in range(start, stop):
        for sample in range(run.about.samples):
            found = moment_of(run, tick, sample)
            changed_s = found.ends_s[:, -1] + found.ends_s[:, 0] - found.begins_s
            starts = np.column_stack([found.begins_s, found.ends_s, changed_s])
            stops = np.column_stack([found.ends_s, changed_s, np.full(len(names), run.tick_s)])
            pe, kind = np.nonzero(stops > starts)
            power_w = np.select([kind < len(PHASES), kind == len(PHASES)], [found.busy_w[pe], back_w], found.asleep_w)
            yield (
                tick,
                {
                    "step": np.full(len(pe), tick),
                    "sample": np.full(len(pe), sample),
                    "pe": (names, pe),
                    "phase": (kinds, kind),
                    "level": (levels, found.levels[pe].astype(np.int64)),
                    "start_s": starts[pe, kind],
                    "stop_s": stops[pe, kind],
                    "power_w": power_w,
                },
            )


def _axis(values: NDArray[Any], first: int) -> Rows:
    """Return the columns step and sample of (ticks, samples, objects)."""
    ticks, samples, objects = values.shape
    return {
        "step": np.repeat(np.arange(first, first + ticks), samples * objects),
        "sample": np.tile(np.repeat(np.arange(samples), objects), ticks),
    }


def _links(run: Run, start: int, stop: int) -> Iterator[tuple[int, Rows]]:
    for columns, texts in run.link_blocks(start, stop):
        ends: Rows = {name: (texts[end], columns[end]) for name, end in (("from", "source"), ("to", "target"))}
        rows: Rows = {"step": columns["tick"], "flits": columns["flits"], "sample": columns["sample"]}
        yield int(columns["tick"][0]), rows | ends


def _power(run: Run, start: int, stop: int) -> Iterator[tuple[int, Rows]]:
    for block in run.priced_blocks(start, stop):
        energy = energy_by_tick(run, block)
        rows: Rows = {
            f"{kind}{end}_w": (values / run.tick_s).T.reshape(-1)
            for end, by_kind in (("", energy.value_j), ("_low", energy.low_j), ("_high", energy.high_j))
            for kind, values in by_kind.items()
        }
        yield block.start, rows | _axis(energy.value_j[TOTAL].T[:, :, None], block.start)


def energy_by_tick(run: Run, block: PricedBlock) -> EnergyEnds:
    """Return the energy of the whole machine in each tick of `block` by kind, with both ends."""
    ends = bounds(block.counts, run.work, run.machine.spec, block.priced.levels, run.tick_s)
    return energy_ends(block.counts, run.work, block.priced, ends, run.machine, run.tick_s)


def _spike_rows(run: Run, start: int, stop: int) -> int:
    if (start, stop) == (0, run.ticks):
        return run.stored(SPIKES.name).rows
    kept = [entry.keeps("spikes") for entry in run.about.populations]
    counts = run.spike_counts(1, start, stop)
    return int(counts[:, : stop - start, kept].sum())


def _link_rows(run: Run, start: int, stop: int) -> int:
    if run.has(LINKS):
        return round(run.stored(LINKS.name).rows * (stop - start) / max(1, run.ticks))
    spans = _sampled(start, stop)
    rows = sum(len(columns["tick"]) for span in spans for columns, _ in run.link_blocks(*span))
    return round(rows * (stop - start) / max(1, sum(last - first for first, last in spans)))


def _sampled(start: int, stop: int) -> list[tuple[int, int]]:
    """Return spans at the beginning, middle and end that stand for the ticks `start` to `stop`, or these if few."""
    if stop - start <= 3 * _SAMPLED_TICKS:
        return [(start, stop)]
    firsts = (start, (start + stop - _SAMPLED_TICKS) // 2, stop - _SAMPLED_TICKS)
    return [(first, first + _SAMPLED_TICKS) for first in firsts]


def _each(objects: Callable[[Run], int]) -> Callable[[Run, int, int], int]:
    return lambda run, start, stop: (stop - start) * run.about.samples * objects(run)


_SAMPLE = AXIS[2]
_STEP = Column("step", "int64", "ticks", "the chip's tick, the first is 0")
_WATTS = tuple(
    Column(f"{kind}_w", "float64", "W", "mean of the tick")
    for kind in (f"{kind}{end}" for end in ("", "_low", "_high") for kind in (*ENERGY_KINDS, TOTAL))
)

EXPORT_TABLES: Mapping[str, ExportTable] = {
    "spikes": ExportTable((POPULATION, NEURON, _STEP), _spikes, _spike_rows),
    "voltages": ExportTable(
        (
            POPULATION,
            NEURON,
            _STEP,
            Column("v", "float64", "", "in the model's units"),
            Column("v_chip", "float32", "", "on the chip"),
        ),
        _voltages,
        _each(lambda run: max((part.stop for part in run.voltage_columns.values()), default=0)),
    ),
    "pe": ExportTable(
        (
            _STEP,
            Column("pe", "text", "", "PE(x, y, p)"),
            Column("packets", "int32", "packets", "received"),
            Column("synaptic_events", "int32", "events"),
            Column("neuron_updates", "int32", "updates"),
            Column("spikes", "int32", "spikes"),
            Column("cycles", "float64", "cycles"),
            Column("time_done_s", "float64", "s", "when in its tick the PE has done its work"),
            Column("time_done_low_s", "float64", "s", "the same at the low end of the cycle costs"),
            Column("time_done_pessimistic_s", "float64", "s", "the same at their pessimistic end"),
            Column("level", "text", "", "performance level"),
            Column("energy_j", "float64", "J", "of the PE in the tick, asleep and busy"),
            Column("energy_low_j", "float64", "J", "the same at the low end of the cycle costs"),
            Column("energy_high_j", "float64", "J", "the same at their high end"),
        ),
        _pes,
        _each(lambda run: len(run.machine.usable_pes)),
    ),
    "phases": ExportTable(
        (
            _STEP,
            Column("pe", "text", "", "PE(x, y, p)"),
            Column("phase", "text", "", "packets, synapses, neurons, recording or asleep, in this order"),
            Column("level", "text", "", "performance level of the PE in the tick"),
            Column("start_s", "float64", "s", "after the PE's timer"),
            Column("stop_s", "float64", "s", "after the PE's timer; of a late PE beyond the tick"),
            Column("power_w", "float64", "W", "of the PE"),
        ),
        _phases,
        _each(lambda run: len(run.mapping.slices) * (len(PHASES) + 2)),
    ),
    "links": ExportTable(
        (
            _STEP,
            Column("from", "text", "", "QPE(x, y) or ROUTER"),
            Column("to", "text", "", "QPE(x, y) or ROUTER"),
            Column("flits", "int32", "flits"),
        ),
        _links,
        _link_rows,
    ),
    "power": ExportTable((_STEP, *_WATTS), _power, _each(lambda run: 1)),
}
TABLE_CHANNELS = (*EXPORT_TABLES, SUMMARY)
# Several times as much as all else: written only where asked for.
ON_REQUEST = ("phases",)


def arrow_table(name: str, part: Exported) -> Table:
    """Return the table with the types of its columns."""
    return Table(name, part.columns(name))
