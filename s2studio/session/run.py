"""One run of a session, read lazily: spikes, counts, voltages and zooms, and its counts priced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.chip.spec import ChipSpec
from s2studio.documents import nearest
from s2studio.errors import SessionError, UsageError
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.about import RunAbout, read_about
from s2studio.session.columns import Columns, arrow_table
from s2studio.session.network_file import network_path, read_network
from s2studio.session.recounted import CountRows, in_order, recount_of
from s2studio.session.stored import StoredTable, Texts
from s2studio.session.stored_run import StoredRun
from s2studio.session.tables import (
    AXIS,
    COUNTS,
    LATENESS,
    LINKS,
    LOST,
    NEURON_SPIKES,
    POWER,
    SPIKES,
    UNOBSERVED,
    VOLTAGES,
    ZOOMS,
    Table,
    zoom_name,
)
from s2studio.sim.channels import CHANNELS, channels_of
from s2studio.sim.counts import Counts, LostPackets, SpikeTable
from s2studio.sim.level import LevelPolicy
from s2studio.sim.placed import Placed
from s2studio.sim.pricing import Priced, price_counts
from s2studio.sim.recount import Recount
from s2studio.snn.network import ChipNetwork
from s2studio.snn.validate import validate
from s2studio.units import NS_PER_S

# Values of one kind that are held at once while a run is worked through.
_CELLS = 1 << 18

Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


class PricedBlock(NamedTuple):
    """Ticks from `start` on: their counts and what they cost."""

    start: int
    counts: Counts
    priced: Priced


class Run(StoredRun, Placed):
    """A run of a session; `path` is its folder.

    Ticks are counted from 0; where a method takes `start` and `stop`, the ticks from `start` to `stop` (excluded, None:
    the end) are meant. Of a run that crashed, the ticks that were stored completely are there.
    """

    @cached_property
    def _read_about(self) -> tuple[RunAbout, ChipNetwork, ChipMapping]:
        about, network, mapping = read_about(self.path)
        pes = [piece.pe for piece in mapping.slices]
        is_known = all(entry.model in self.machine.spec.models for entry in about.populations)
        if not is_known or len(set(pes)) < len(pes) or not set(pes) <= set(self.machine.usable_pes):
            raise SessionError(str(self.path), "does not fit the chip in the manifest", hint="the session was changed")
        return about, network, mapping

    @property
    def about(self) -> RunAbout:
        """What was run: tick, steps, level, populations."""
        return self._read_about[0]

    @property
    def network(self) -> ChipNetwork:
        """The network's populations, without parameters and projections: see `whole_network`."""
        return self._read_about[1]

    @cached_property
    def whole_network(self) -> ChipNetwork:
        """The network with its parameters and projections. Raises SessionError where the session does not hold it."""
        digest = self.about.network_digest
        network = read_network(network_path(self.session, digest), digest)
        validate(network, self.machine.spec)
        return network

    @property
    def mapping(self) -> ChipMapping:
        """The mapping it ran on."""
        return self._read_about[2]

    @property
    def is_measured(self) -> bool:
        """Whether it was measured on a board: then there are no counts, and nothing to price."""
        return self.about.origin == "measured"

    @property
    def tick_s(self) -> float:
        """The time of a tick on the chip in s."""
        return self.about.tick_s

    @cached_property
    def ticks(self) -> int:
        """The number of ticks that the session holds."""
        if self.is_measured:
            return min(self._entry.ticks, self.about.steps)
        # What is written last of each tick: where it is there, all else is.
        name, objects = (COUNTS.name, self._slices) if self.has(COUNTS) else (zoom_name(1), len(self.about.populations))
        last, width = self.stored(name), self.about.samples * objects
        whole = last.rows // width
        if self._is_whole and (whole != self._entry.ticks or last.rows != whole * width):
            raise last.damaged()
        return whole

    @property
    def zooms(self) -> tuple[int, ...]:
        """The widths in ticks of the bins in which spikes per population are stored, finest first."""
        return tuple(zoom for zoom in ZOOMS if (self.path / zoom_name(zoom)).is_dir())

    def spike_blocks(self, start: int = 0, stop: int | None = None, table: Table = SPIKES) -> Iterator[SpikeTable]:
        """Return the stored spikes in blocks of consecutive ticks, each in the order of SpikeTable.

        They are those of populations that were recorded or observed, in UNOBSERVED those of the others.
        """
        for columns, texts in self.stored(table.name).ticks(start, self._stop(stop)):
            order: Any = np.lexsort((columns["tick"], columns["sample"])) if self.about.samples > 1 else slice(None)
            population = self._population(columns, texts)
            yield SpikeTable(
                columns["sample"][order], columns["tick"][order], population[order], columns["neuron"][order]
            )  # fmt: skip

    def spikes(self, start: int = 0, stop: int | None = None) -> SpikeTable:
        """Return the spikes of all populations whose spikes were recorded or observed."""
        blocks = list(self.spike_blocks(start, stop))
        table = SpikeTable(
            sample=np.concatenate([np.empty(0, np.int32), *(block.sample for block in blocks)]),
            tick=np.concatenate([np.empty(0, np.int64), *(block.tick for block in blocks)]),
            population=np.concatenate([np.empty(0, np.int32), *(block.population for block in blocks)]),
            neuron=np.concatenate([np.empty(0, np.int32), *(block.neuron for block in blocks)]),
        )
        if self.about.samples == 1:
            return table
        order = np.lexsort((table.tick, table.sample))
        return SpikeTable(table.sample[order], table.tick[order], table.population[order], table.neuron[order])

    def link_blocks(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[Columns, Texts]]:
        """Return the rows of the table `links`, text as indices into the texts beside them."""
        if self.has(LINKS):
            return self.stored(LINKS.name).ticks(start, self._stop(stop))
        return self._count_rows(LINKS, start, self._stop(stop))

    def counts(self, start: int = 0, stop: int | None = None) -> Counts:
        """Return the counts of every slice and tick. Raises SessionError for a measured run."""
        if self.is_measured:
            hint = "s2studio compare puts it beside a simulation"
            raise SessionError(
                f"run {self.number} of {self.session}", "was measured", "a board returns no counts", hint
            )
        stop = max(start, self._stop(stop))
        if not self.has(COUNTS):
            return self._recount.counts(self._all_spikes(start - 1, stop), self.about.samples, start, stop)
        width, shape = self.about.samples * self._slices, (stop - start, self.about.samples, self._slices)
        moving = ("packets", "synaptic_events", "spikes")
        columns = self.stored(COUNTS.name).columns(start * width, stop * width, moving)
        return Counts(
            **{name: columns[name].reshape(shape).transpose(1, 0, 2) for name in moving},
            updates=self._fixed["neuron_updates"],
            recorded_bytes=self._fixed["recorded_bytes"],
        )

    def priced_blocks(
        self, start: int = 0, stop: int | None = None, policy: LevelPolicy | None = None, chip: ChipSpec | None = None
    ) -> Iterator[PricedBlock]:
        """Return counts and costs in blocks of ticks.

        `policy` and `chip` None are those of the run; another level or another cost table prices the same run anew.
        """
        policy, chip = policy or self.about.level, chip or self.machine.spec
        span = self.span(max(self._slices, len(self.traffic.links)))
        for first in range(start, self._stop(stop), span):
            counts = self.counts(first, min(first + span, self._stop(stop)))
            priced = price_counts(counts, self.work, self.traffic, chip, policy, self.tick_s)
            yield PricedBlock(first, counts, self._delayed(priced, first))

    def _delayed(self, priced: Priced, first: int) -> Priced:
        """Return `priced` with the delays that only an engine which runs function and time together knows."""
        if not self.about.is_timed:
            return priced
        timed = self.lateness(first, first + priced.levels.shape[1])
        delay_s = (timed["start_delay_ns"] + timed["stalled_ns"]) / NS_PER_S
        return replace(priced, time_done_s=priced.time_done_s + delay_s)

    def lateness(self, start: int = 0, stop: int | None = None) -> Mapping[str, NDArray[Any]]:
        """Return the `timed` channels of every PE by column, shape (samples, ticks, slices); the engine is per_pe."""
        stop = max(start, self._stop(stop))
        names = [channel.column for channel in channels_of("pe", "timed")]
        shape = (self.about.samples, stop - start, self._slices)
        found = {name: np.zeros(shape, CHANNELS[f"pe.{name}"].dtype) for name in names}
        for columns, _ in self.stored(LATENESS.name).ticks(start, stop):
            place = (columns["sample"], columns["tick"] - start, columns["slice"])
            if any(
                len(values) and not 0 <= values.min() <= values.max() < size
                for values, size in zip(place, shape, strict=True)
            ):
                raise self.stored(LATENESS.name).damaged()
            for name in names:
                found[name][place] = columns[name]
        return found

    def lost_packets(self, start: int = 0, stop: int | None = None) -> LostPackets:
        """Return the packets that full FIFOs lost in these ticks; the engine is per_pe."""
        columns: dict[str, list[NDArray[Any]]] = {field.name: [] for field in fields(LostPackets)}
        for block, texts in self.stored(LOST.name).ticks(start, self._stop(stop)):
            if len(block["target"]) and not 0 <= block["target"].min() <= block["target"].max() < self._slices:
                raise self.stored(LOST.name).damaged()
            rows = {**block, "population": self._population(block, texts)}
            for name, parts in columns.items():
                parts.append(rows[name])
        kinds = {"tick": np.int64, "sent_tick": np.int64, "arrival_ns": np.int64}
        return LostPackets(
            **{
                name: np.concatenate([np.empty(0, kinds.get(name, np.int32)), *parts])
                for name, parts in columns.items()
            }
        )

    def voltages(
        self, population: str, start: int = 0, stop: int | None = None, in_chip_units: bool = False
    ) -> NDArray[np.float32] | NDArray[np.float64]:
        """Return the voltages of `population` after the reset of each tick, shape (samples, ticks, neurons).

        They are in the model's units (v = v_chip / v_scale, float64), or in the chip's (float32).
        """
        if population not in self.voltage_columns:
            raise UsageError(
                f"voltages of '{population}'",
                "were neither recorded nor observed",
                hint=nearest(population, self.voltage_columns) if self.voltage_columns else "run with --observe POP:v",
            )
        kept = self.all_voltages(start, stop)[:, :, self.voltage_columns[population]]
        if in_chip_units:
            return kept
        return kept.astype(np.float64) / self.network.spiking.population(population).v_scale

    @cached_property
    def voltage_columns(self) -> Mapping[str, slice]:
        """Which neurons of `all_voltages` belong to which population."""
        columns, first = {}, 0
        for entry in self.about.populations:
            if entry.keeps("v"):
                columns[entry.name] = slice(first, first + entry.size)
                first += entry.size
        return columns

    def all_voltages(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Return the voltages of all populations that have any, on the chip, shape (samples, ticks, neurons)."""
        stop = max(start, self._stop(stop))
        neurons = max((part.stop for part in self.voltage_columns.values()), default=0)
        width = self.about.samples * neurons
        values = self.stored(VOLTAGES.name).columns(start * width, stop * width, ("v_chip",))["v_chip"]
        return values.reshape(stop - start, self.about.samples, neurons).transpose(1, 0, 2)

    def spike_counts(self, zoom: int = 1, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """Return the spikes of each population in bins of `zoom` ticks, shape (samples, bins, populations).

        `zoom` is one of `zooms`; the first bin is the one with the tick `start`, the last may reach beyond `stop`.
        """
        if zoom not in self.zooms:
            raise UsageError(f"zoom {zoom}", "not stored", f"bins have {', '.join(map(str, self.zooms))} ticks")
        first, last = start // zoom, max(start // zoom, -(-self._stop(stop) // zoom))
        shape = (self.about.samples, len(self.about.populations))
        table, width = self.stored(zoom_name(zoom)), shape[0] * shape[1]
        there = max(first, min(last, table.rows // width))
        values = table.columns(first * width, there * width, ("spikes",))["spikes"].reshape(-1, *shape)
        bins = values.transpose(1, 0, 2)
        if there < last and zoom > self.zooms[0]:
            bins = np.concatenate([bins, self._coarser(zoom, there, last)], axis=1)
        return bins

    def neuron_spikes(self, start: int = 0, stop: int | None = None) -> Mapping[str, NDArray[np.int64]]:
        """Return the spikes of each neuron by population, shape (samples, neurons).

        Of a part of a run, or of one that crashed, populations whose spikes were not kept are missing.
        """
        sizes = [entry.size for entry in self.about.populations]
        ends = np.cumsum([0, *sizes])
        shape = (self.about.samples, int(ends[-1]))
        is_whole = start == 0 and self._stop(stop) == self.ticks and NEURON_SPIKES.name in self._entry.tables
        if is_whole:
            table = self.stored(NEURON_SPIKES.name)
            spikes = table.columns(0, shape[0] * shape[1], ("spikes",))["spikes"].reshape(shape)
        else:
            spikes = np.zeros(shape, np.int64)
            for block in self.spike_blocks(start, stop):
                np.add.at(spikes, (block.sample, ends[block.population] + block.neuron), 1)
        return {
            entry.name: spikes[:, first:last]
            for entry, first, last in zip(self.about.populations, ends[:-1], ends[1:], strict=True)
            if is_whole or entry.keeps("spikes")
        }

    def summary(
        self,
        start: int = 0,
        stop: int | None = None,
        policy: LevelPolicy | None = None,
        chip: ChipSpec | None = None,
        progress: Progress = no_progress,
    ) -> dict[str, Any]:
        """Return what `run --json` prints (see `session.summary`), of a part of the run or priced anew."""
        from s2studio.session.summary import summarize

        return summarize(self, start, stop, policy, chip, progress)

    def span(self, objects: int) -> int:
        """Return how many ticks with one value for each of `objects` may be in memory at once."""
        return max(1, _CELLS // max(1, self.about.samples * objects))

    def measured(self, table: Table) -> Mapping[str, NDArray[Any]]:
        """Return what the board recorded in each tick, (ticks,) by PE name; `table` is TIME_DONE or N_PACKETS."""
        stored = self.stored(table.name)
        names = tuple(column.name for column in table.columns[len(AXIS) :])
        rows = stored.rows if self.is_measured else 0
        if not rows:
            return {}
        columns, width = stored.columns(0, rows, names), rows // max(1, self.ticks)
        pe_names = np.stack([columns[name] for name in PE._fields], axis=1)
        if width * self.ticks != rows or not np.array_equal(np.tile(pe_names[:width], (self.ticks, 1)), pe_names):
            raise stored.damaged()
        pes = [PE(*row) for row in pe_names[:width].tolist()]
        values = columns[names[-1]].reshape(self.ticks, width)
        return {str(pe): values[:, place] for place, pe in enumerate(pes)}

    @cached_property
    def measured_power(self) -> NDArray[np.float64]:
        """The board's power samples, (samples, 2): moment in s, power in W."""
        rows = self.stored(POWER.name).rows if self.is_measured else 0
        columns = self.stored(POWER.name).columns(0, rows, ("time_ns", "power_w")) if rows else {}
        return np.stack([columns["time_ns"] / NS_PER_S, columns["power_w"]], axis=1) if rows else np.zeros((0, 2))

    @property
    def _slices(self) -> int:
        return len(self.mapping.slices)

    @cached_property
    def _fixed(self) -> dict[str, NDArray[np.int32]]:
        """Counts that are the same in every tick, shape (slices,)."""
        names = ("neuron_updates", "recorded_bytes")
        if not self.ticks:
            return {name: np.zeros(self._slices, np.int32) for name in names}
        return self.stored(COUNTS.name).columns(0, self._slices, names)

    @cached_property
    def _recount(self) -> Recount:
        if not (self.has(UNOBSERVED) or all(entry.keeps("spikes") for entry in self.about.populations)):
            raise self.stored(COUNTS.name).damaged()
        found = recount_of(self.about, self.whole_network, self.mapping, self.machine.spec)
        if found is None:
            raise SessionError(str(self.path), "network and mapping do not fit", hint="the session was changed")
        return found

    def _all_spikes(self, start: int, stop: int) -> SpikeTable:
        """Return the spikes of all populations, asked for or not, sorted by sample, tick and population."""
        tables = [SPIKES, UNOBSERVED] if self.has(UNOBSERVED) else [SPIKES]
        spikes = in_order(
            [block for table in tables for block in self.spike_blocks(start, stop, table)], self.about.samples
        )
        if len(spikes.tick) and not start <= spikes.tick.min() <= spikes.tick.max() < stop:
            raise self.stored(SPIKES.name).damaged()
        return spikes

    def _arrow(self, stored: StoredTable) -> Iterator[Any]:
        """Return the pieces of a table; `counts` and `links` are made where the session does not store them."""
        if stored.table in (COUNTS, LINKS) and not self.has(stored.table):
            return (arrow_table(stored.table, *rows) for rows in self._count_rows(stored.table, 0, self.ticks))
        return super()._arrow(stored)

    def _count_rows(self, table: Table, start: int, stop: int) -> Iterator[tuple[Columns, Texts]]:
        """Return rows of COUNTS or LINKS that are made of the counts, and their texts."""
        maker, span = CountRows(self.about, self.mapping), self.span(max(self._slices, len(self.traffic.links)))
        for first in range(start, stop, span):
            for rows in maker.rows(table.name, first, self.counts(first, min(first + span, stop))):
                if len(rows["tick"]):
                    yield rows, maker.texts

    def _stop(self, stop: int | None) -> int:
        return self.ticks if stop is None else min(stop, self.ticks)

    def _coarser(self, zoom: int, first: int, last: int) -> NDArray[np.int64]:
        """Return the bins `first` to `last` of `zoom`, which are not stored yet, from those of the next finer zoom."""
        finer = self.zooms[self.zooms.index(zoom) - 1]
        parts = self.spike_counts(finer, first * zoom, min(last * zoom, self.ticks))
        return np.add.reduceat(parts, np.arange(0, parts.shape[1], zoom // finer), axis=1)

    def _population(self, columns: Columns, texts: Mapping[str, Sequence[str]]) -> NDArray[np.int32]:
        """Return the population of each row as an index into the network's, the row checked against it."""
        number = {name: index for index, name in enumerate(self.about.names)}
        of_text = np.array([number.get(name, -1) for name in texts["population"]], np.int32)
        population: NDArray[np.int32] = of_text[columns["population"]]
        sizes = np.array([entry.size for entry in self.about.populations])
        neuron, sample = np.asarray(columns["neuron"], np.int64), np.asarray(columns["sample"], np.int64)
        is_known = (population >= 0) & (sample >= 0) & (sample < self.about.samples)
        if not (is_known & (neuron >= 0) & (neuron < sizes[population])).all():
            raise self.stored(SPIKES.name).damaged()
        return population
