"""The newest ticks of a run in memory that two processes share: written without waiting, read without asking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.sim.counts import Counts, SpikeRuns, TickBlock

# At most so many ticks are priced for one picture: the display may skip, the recording may not. Older ones of a block
# are not even written.
NEWEST = 1024
ROWS = 4 * NEWEST
SPIKES = 1 << 20
RUNS = 1 << 18
# Header: rows, runs and spikes written so far.
_HEADER = np.dtype([("rows", "<i8"), ("runs", "<i8"), ("spikes", "<i8")])
# The spikes of a tick and population: `first` is the number of the first among all spikes.
_RUN = np.dtype([("tick", "<i8"), ("first", "<i8"), ("count", "<i8"), ("population", "<i4")])
_SPIKE = np.dtype([("tick", "<i8"), ("population", "<i4"), ("neuron", "<i4")])


@dataclass(frozen=True)
class News:
    """What was written since the last look: ticks without a gap from `start` on, shape (ticks, slices) int32 each.

    `spikes` has the fields tick, population, neuron. `skipped_ticks` were left out or overwritten before they could be
    read. `updates` and `recorded_bytes` (slices,) are the same in every tick.
    """

    start: int
    packets: NDArray[np.int32]
    synaptic_events: NDArray[np.int32]
    spikes_sent: NDArray[np.int32]
    spikes: NDArray[np.void]
    updates: NDArray[np.int32]
    recorded_bytes: NDArray[np.int32]
    skipped_ticks: int

    @property
    def ticks(self) -> int:
        """How many ticks there are."""
        return len(self.packets)

    @property
    def stop(self) -> int:
        """The tick after the newest."""
        return self.start + self.ticks


def counts_of(news: Sequence[News]) -> Counts:
    """Return the ticks of `news`, which follow each other, as counts of one sample."""
    packets, synaptic_events, spikes = (
        np.concatenate([getattr(each, name) for each in news])[None]
        for name in ("packets", "synaptic_events", "spikes_sent")
    )
    return Counts(packets, synaptic_events, spikes, news[-1].updates, news[-1].recorded_bytes)


class Ring:
    """Both ends: `create` makes the memory, `attach` opens it in the other process by `name`.

    One process writes, one reads. Each row carries its number at both ends, so a row that is being overwritten while
    it is read is noticed and dropped.
    """

    def __init__(self, memory: SharedMemory, slices: int) -> None:
        self._memory, self.slices = memory, slices
        buffer: Any = memory.buf
        places = np.cumsum([0, *(kind.itemsize * count for kind, count in _parts(slices))])
        self._header, self._fixed, *columns = (
            np.ndarray(count, kind, buffer, place)
            for (kind, count), place in zip(_parts(slices), places.tolist(), strict=False)
        )
        # One column after the other: what a block has of each is copied in one piece.
        self._rows = dict(zip(_row(slices), columns, strict=False))
        self._neurons, *runs = columns[len(self._rows) :]
        self._runs = dict(zip(_RUN.names or (), runs, strict=True))
        self._seen_rows = self._seen_runs = 0

    @classmethod
    def create(cls, slices: int) -> Ring:
        """Return a new ring for a run on `slices` slices."""
        size = sum(kind.itemsize * count for kind, count in _parts(slices))
        return cls(SharedMemory(create=True, size=size), slices)

    @classmethod
    def attach(cls, name: str, slices: int) -> Ring:
        """Return the ring that another process created as `name`."""
        return cls(SharedMemory(name), slices)

    @property
    def name(self) -> str:
        """The name under which another process finds the memory, until `unlink`."""
        return self._memory.name

    def unlink(self) -> None:
        """Take the name away once both sides are attached: the memory then ends with the processes that hold it."""
        with suppress(FileNotFoundError):
            self._memory.unlink()

    def close(self) -> None:
        """Let go of the memory."""
        del self._header, self._fixed, self._rows, self._runs, self._neurons
        with suppress(BufferError):
            self._memory.close()

    def write(self, block: TickBlock) -> None:
        """Add the newest ticks of `block`, of its first sample; the oldest of all are overwritten."""
        kept = min(block.ticks, NEWEST)
        self._write_spikes(block.spike_runs, block.start + block.ticks - kept)
        first = int(self._header["rows"][0])
        begin, skipped = first + block.ticks - kept, block.ticks - kept
        counts, rows = block.counts, self._rows
        for place, part in _pieces(begin, kept, ROWS):
            number, chosen = np.arange(begin + part.start, begin + part.stop), _shifted(part, skipped)
            rows["first"][place] = number + 1
            rows["tick"][place] = np.arange(block.start + chosen.start, block.start + chosen.stop)
            rows["packets"][place] = counts.packets[0, chosen]
            rows["events"][place] = counts.synaptic_events[0, chosen]
            rows["spikes"][place] = counts.spikes[0, chosen]
            rows["last"][place] = number + 1
        self._fixed["updates"][0], self._fixed["recorded_bytes"][0] = counts.updates, counts.recorded_bytes
        self._header["rows"] = first + block.ticks

    def read(self, most: int = NEWEST) -> News:
        """Return the newest ticks since the last call, at most `most`; older ones are skipped and counted."""
        written = int(self._header["rows"][0])
        first = max(self._seen_rows, written - min(most, ROWS))
        number = np.arange(first, written)
        # `last` is read first, and `first` last: so a row that was overwritten meanwhile cannot pass for a sound one.
        rows = {name: self._rows[name][number % ROWS] for name in reversed(self._rows)}
        sound = (rows["first"] == number + 1) & (rows["last"] == number + 1)
        # Torn rows are the oldest ones, which the writer has come round to.
        torn = len(sound) - int(np.argmin(sound[::-1])) if not sound.all() else 0
        # A gap would be taken for quiet ticks: what follows it is what is shown.
        gap = np.flatnonzero(np.diff(rows["tick"][torn:]) != 1)
        rows = {name: values[torn + (int(gap[-1]) + 1 if len(gap) else 0) :] for name, values in rows.items()}
        ticks = rows["tick"]
        skipped = written - self._seen_rows - len(ticks)
        self._seen_rows = written
        return News(
            start=int(ticks[0]) if len(ticks) else 0,
            packets=rows["packets"],
            synaptic_events=rows["events"],
            spikes_sent=rows["spikes"],
            spikes=self._read_spikes(),
            updates=self._fixed["updates"][0].copy(),
            recorded_bytes=self._fixed["recorded_bytes"][0].copy(),
            skipped_ticks=skipped,
        )

    def _write_spikes(self, runs: SpikeRuns, newest: int) -> None:
        """Add the spikes of the first sample from the tick `newest` on."""
        stop = int(np.searchsorted(runs.sample, 1))
        start = int(np.searchsorted(runs.tick[:stop], newest))
        start = max(start, stop - RUNS, int(np.searchsorted(runs.first, runs.first[stop] - SPIKES)))
        first, end = int(runs.first[start]), int(runs.first[stop])
        number, begin = (int(self._header[name][0]) for name in ("spikes", "runs"))
        for place, part in _pieces(number, end - first, SPIKES):
            self._neurons[place] = runs.neuron[_shifted(part, first)]
        for place, part in _pieces(begin, stop - start, RUNS):
            chosen = _shifted(part, start)
            self._runs["tick"][place] = runs.tick[chosen]
            self._runs["first"][place] = runs.first[chosen] + (number - first)
            self._runs["count"][place] = np.diff(runs.first[chosen.start : chosen.stop + 1])
            self._runs["population"][place] = runs.population[chosen]
        self._header["spikes"], self._header["runs"] = number + end - first, begin + stop - start

    def _read_spikes(self) -> NDArray[np.void]:
        """Return the spikes that were not read yet, but for those that were overwritten."""
        written = int(self._header["runs"][0])
        number = np.arange(max(self._seen_runs, written - RUNS), written)
        runs = {name: values[number % RUNS] for name, values in self._runs.items()}
        if not len(number):
            return np.empty(0, _SPIKE)
        self._seen_runs = written
        end = int(runs["first"][-1] + runs["count"][-1])
        begin = max(int(runs["first"][0]), end - SPIKES)
        neuron = np.concatenate([self._neurons[place] for place, _ in _pieces(begin, end - begin, SPIKES)])
        # What the writer has come round to meanwhile is dropped: the oldest runs.
        oldest = max(begin, int(self._header["spikes"][0]) - SPIKES)
        is_sound = (number >= int(self._header["runs"][0]) - RUNS) & (runs["first"] >= oldest)
        runs = {name: values[is_sound] for name, values in runs.items()}
        spikes = np.empty(int(runs["count"].sum()), _SPIKE)
        spikes["tick"], spikes["population"] = (np.repeat(runs[name], runs["count"]) for name in ("tick", "population"))
        spikes["neuron"] = neuron[len(neuron) - len(spikes) :]
        return spikes


def _pieces(first: int, count: int, room: int) -> Iterator[tuple[slice, slice]]:
    """Return where `count` things from number `first` on stand in a ring of `room`, and which of them, in two pieces.

    Slices, not lists of places: the simulation waits while they are written.
    """
    place = first % room
    until = min(count, room - place)
    yield slice(place, place + until), slice(0, until)
    yield slice(0, count - until), slice(until, count)


def _shifted(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _row(slices: int) -> dict[str, np.dtype[Any]]:
    """Return what there is of each tick, in the order in which it is written."""
    number, values = np.dtype("<i8"), np.dtype(("<i4", (slices,)))
    kinds = {"packets": values, "events": values, "spikes": values}
    return {"first": number, "tick": number, **kinds, "last": number}


def _parts(slices: int) -> tuple[tuple[np.dtype[Any], int], ...]:
    """Return what lies in the memory, one after another: (type, how many)."""
    fixed = np.dtype([("updates", "<i4", (slices,)), ("recorded_bytes", "<i4", (slices,))])
    rows = ((kind, ROWS) for kind in _row(slices).values())
    runs = ((_RUN[name], RUNS) for name in _RUN.names or ())
    return (_HEADER, 1), (fixed, 1), *rows, (np.dtype("<i4"), SPIKES), *runs
