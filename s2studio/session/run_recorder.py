"""Records one run: blocks in, tables out; what was handed over is on disk within half a second."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import Cancelled, SessionError
from s2studio.mapping.file import write_mapping
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.about import RunAbout
from s2studio.session.about_writer import write_about
from s2studio.session.chunks import TableContent, TableWriter
from s2studio.session.kept_counts import KeptCounts
from s2studio.session.kernels import count_neurons
from s2studio.session.manifest import RunEntry, State
from s2studio.session.rows import RowMaker, Rows, Zooms
from s2studio.session.spike_rows import by_tick
from s2studio.session.tables import (
    COUNTS,
    LATENESS,
    LOST,
    NEURON_SPIKES,
    SEGMENTS,
    SPIKES,
    TABLES,
    UNOBSERVED,
    VOLTAGES,
    Table,
    zoom_name,
)
from s2studio.session.worker import Worker
from s2studio.sim.counts import SpikeRuns, TickBlock
from s2studio.snn.network import ChipNetwork
from s2studio.units import NS_PER_S

# Rows wait in memory for about this long, so that a process that is killed loses less than a second.
FLUSH_S = 0.4
# Blocks that wait for the thread hold about so many bytes: what is more makes the simulation wait.
WAITING_BYTES = 1 << 24


class RunRecorder:
    """Writes the tables of one run; made by `Recorder.start_run`.

    `write` takes the blocks in order and returns at once; a thread of its own makes rows of them and stores these, so
    that disk and simulation work side by side. Use it in a `with` statement, or call `finish`.
    """

    def __init__(
        self,
        folder: Path,
        about: RunAbout,
        network: ChipNetwork,
        mapping: ChipMapping,
        saved: Callable[[RunEntry], None],
    ) -> None:
        self._folder, self._about, self._saved = folder, about, saved
        self._content = write_about(folder, about, network, mapping)
        write_mapping(mapping, folder / "mapping.yaml")
        self._maker = RowMaker(about, mapping)
        self._zooms = Zooms(about.steps)
        self._kept = KeptCounts(about)
        self._texts = {"population": about.names}
        # The order in which tables are flushed: after spikes and voltages the finest zoom, which says how many ticks
        # there are, and last the counts, which say it where they are kept.
        unobserved = () if self._maker.keeps_spikes.all() else (UNOBSERVED,)
        timed = (LATENESS, LOST) if about.is_timed else ()
        zooms = (TABLES[zoom_name(zoom)] for zoom in self._zooms.zooms)
        self._writers = {table.name: self._writer(table) for table in (SPIKES, *unobserved, VOLTAGES, *timed, *zooms)}
        self._sizes = np.array([entry.size for entry in about.populations])
        self._offsets = np.concatenate([[0], np.cumsum(self._sizes)])
        self._neuron_spikes = np.zeros(about.samples * self._offsets[-1], np.int64)
        self._ticks = 0
        self._entry: RunEntry | None = None
        self._worker = Worker(self._append, self._flush, attrgetter("nbytes"), FLUSH_S, WAITING_BYTES)

    @property
    def ticks(self) -> int:
        """How many ticks were handed over."""
        return self._ticks

    def write(self, block: TickBlock) -> None:
        """Add the ticks of `block`, which follow those before and which nobody changes any more.

        Raises SessionError where those before could not be stored.
        """
        self._check(block)
        self._worker.give(block)
        self._ticks += block.ticks

    def flush(self) -> None:
        """Write all that is in memory, as before a pause. Raises SessionError where it cannot be stored."""
        self._worker.flush()

    def finish(self, state: State = "complete") -> RunEntry:
        """Write what is left, and the content hash of each table into the manifest. Later calls change nothing."""
        if self._entry is not None:
            return self._entry
        tables: dict[str, TableContent] = {}
        if state == "crashed":
            with suppress(SessionError):
                self._worker.finish()
                self._flush()
        else:
            self._worker.finish()
            tables = self._complete()
        self._entry = RunEntry(self._path, state, self._ticks if tables else 0, tables)
        self._saved(self._entry)
        return self._entry

    def __enter__(self) -> RunRecorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish(ended_by(kind))

    @property
    def _path(self) -> str:
        return f"runs/{self._folder.name}"

    def _writer(self, table: Table) -> TableWriter:
        return TableWriter(self._folder / table.name, table, self._texts)

    def _check(self, block: TickBlock) -> None:
        samples = block.counts.packets.shape[0]
        if self._entry is not None or block.start != self._ticks or samples != self._about.samples:
            raise SessionError(
                f"run {self._folder.name}",
                f"a block of {samples} samples from tick {block.start}",
                f"{self._about.samples} samples from tick {self._ticks} are expected",
            )

    def _append(self, block: TickBlock) -> None:
        writers, maker = self._writers, self._maker
        spikes = by_tick(block.spike_runs)
        writers[SPIKES.name].append(maker.spikes(spikes))
        if UNOBSERVED.name in writers:
            writers[UNOBSERVED.name].append(maker.unobserved(spikes))
        for rows in maker.voltages(block):
            writers[VOLTAGES.name].append(rows)
        if self._about.is_timed:
            writers[LATENESS.name].append(maker.lateness(block))
            writers[LOST.name].append(maker.lost(block))
        self._append_bins(maker.population_spikes(spikes, block))
        self._count_neurons(spikes)
        self._append_counts(self._kept.add(block))
        for name in (SPIKES.name, UNOBSERVED.name, VOLTAGES.name):
            if name in writers:
                writers[name].flush_full()
        if any(writer.is_full for writer in writers.values()):
            self._flush()

    def _append_counts(self, blocks: list[TickBlock]) -> None:
        if not blocks:
            return
        is_first = COUNTS.name not in self._writers
        if is_first:
            self._writers[COUNTS.name] = self._writer(COUNTS)
        for block in blocks:
            self._writers[COUNTS.name].append(self._maker.counts(block))
        if is_first:
            self._flush()

    def _append_bins(self, spikes: NDArray[np.int64], last: bool = False) -> None:
        for zoom, first, bins in self._zooms.add(spikes, last):
            self._writers[zoom_name(zoom)].append(self._maker.bins(zoom, first, bins))

    def _count_neurons(self, spikes: SpikeRuns) -> None:
        place = spikes.sample * self._offsets[-1] + self._offsets[spikes.population]
        count_neurons(spikes.first, place, spikes.neuron, self._neuron_spikes)

    def _flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()

    def _complete(self) -> dict[str, TableContent]:
        self._append_bins(np.zeros((0, self._about.samples, len(self._sizes)), np.int64), last=True)
        self._append_counts(self._kept.finish())
        content = {name: writer.finish() for name, writer in self._writers.items()}
        return self._content | content | self._segments() | self._neurons()

    def _segments(self) -> dict[str, TableContent]:
        samples = self._about.samples
        zero = np.zeros(samples, np.int64)
        stop_ns = round(self._ticks * self._about.tick_s * NS_PER_S)
        labels = tuple(f"sample {sample}" for sample in range(samples))
        rows: Rows = {
            "kind": zero.astype(np.int32),
            "index": np.arange(samples, dtype=np.int64),
            "sample": np.arange(samples, dtype=np.int32),
            "start_ns": zero,
            "stop_ns": zero + stop_ns,
            "start_tick": zero,
            "stop_tick": zero + self._ticks,
            "object": zero.astype(np.int32),
            "label": np.arange(samples, dtype=np.int32),
        }
        texts = {"kind": ("sample",), "object": ("chip",), "label": labels}
        return self._whole(TableWriter(self._folder / SEGMENTS.name, SEGMENTS, texts), rows)

    def _neurons(self) -> dict[str, TableContent]:
        samples, neurons = self._about.samples, int(self._offsets[-1])
        population = np.repeat(np.arange(len(self._sizes), dtype=np.int32), self._sizes)
        neuron = np.arange(neurons) - np.repeat(self._offsets[:-1], self._sizes)
        rows: Rows = {
            "sample": np.repeat(np.arange(samples, dtype=np.int32), neurons),
            "population": np.tile(population, samples),
            "neuron": np.tile(neuron, samples).astype(np.int32),
            "spikes": self._neuron_spikes,
        }
        return self._whole(self._writer(NEURON_SPIKES), rows)

    @staticmethod
    def _whole(writer: TableWriter, rows: Rows) -> dict[str, TableContent]:
        writer.append(rows)
        return {writer.name: writer.finish()}


def ended_by(kind: type[BaseException] | None) -> State:
    """Return the state in which an exception of `kind` (None: no exception) leaves a run."""
    if kind is None:
        return "complete"
    return "cancelled" if issubclass(kind, Cancelled | KeyboardInterrupt) else "crashed"
