"""The newest ticks of a run in memory that two processes share: written without waiting, read without asking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.sim.counts import Counts, TickBlock

ROWS = 4096
SPIKES = 1 << 20
# Header: rows written so far, spikes written so far.
_HEADER = np.dtype([("rows", "<i8"), ("spikes", "<i8")])
_SPIKE = np.dtype([("tick", "<i8"), ("population", "<i4"), ("neuron", "<i4")])


@dataclass(frozen=True)
class News:
    """What was written since the last look: ticks without a gap from `start` on, shape (ticks, slices) int32 each.

    `spikes` has the fields tick, population, neuron. `skipped_ticks` and `skipped_spikes` were overwritten before they
    could be read. `updates` and `recorded_bytes` (slices,) are the same in every tick.
    """

    start: int
    packets: NDArray[np.int32]
    synaptic_events: NDArray[np.int32]
    spikes_sent: NDArray[np.int32]
    spikes: NDArray[np.void]
    updates: NDArray[np.int32]
    recorded_bytes: NDArray[np.int32]
    skipped_ticks: int
    skipped_spikes: int

    @property
    def ticks(self) -> int:
        """How many ticks there are."""
        return len(self.packets)

    @property
    def counts(self) -> Counts:
        """The ticks as counts of one sample."""
        moving = (self.packets[None], self.synaptic_events[None], self.spikes_sent[None])
        return Counts(*moving, self.updates, self.recorded_bytes)


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
        self._spikes = columns[len(self._rows) :]
        self._seen_rows = self._seen_spikes = 0

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
        del self._header, self._fixed, self._rows, self._spikes
        with suppress(BufferError):
            self._memory.close()

    def write(self, block: TickBlock) -> None:
        """Add the ticks of `block`, of its first sample; the oldest are overwritten."""
        self._write_spikes(block)
        first = int(self._header["rows"][0])
        kept = min(block.ticks, ROWS)
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

    def read(self, most: int = ROWS) -> News:
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
        spikes, skipped_spikes = self._read_spikes()
        return News(
            start=int(ticks[0]) if len(ticks) else 0,
            packets=rows["packets"],
            synaptic_events=rows["events"],
            spikes_sent=rows["spikes"],
            spikes=spikes,
            updates=self._fixed["updates"][0].copy(),
            recorded_bytes=self._fixed["recorded_bytes"][0].copy(),
            skipped_ticks=skipped,
            skipped_spikes=skipped_spikes,
        )

    def _write_spikes(self, block: TickBlock) -> None:
        table = block.spikes
        columns: list[NDArray[Any]] = [table.tick, table.population, table.neuron]
        if block.counts.packets.shape[0] > 1:
            columns = [values[table.sample == 0] for values in columns]
        columns = [values[-SPIKES:] for values in columns]
        first, count = int(self._header["spikes"][0]), len(columns[0])
        for place, part in _pieces(first, count, SPIKES):
            for shared, values in zip(self._spikes, columns, strict=True):
                shared[place] = values[part]
        self._header["spikes"] = first + count

    def _read_spikes(self) -> tuple[NDArray[np.void], int]:
        written = int(self._header["spikes"][0])
        first = max(self._seen_spikes, written - SPIKES)
        spikes = np.empty(written - first, _SPIKE)
        for place, part in _pieces(first, written - first, SPIKES):
            for name, shared in zip(_SPIKE.names or (), self._spikes, strict=True):
                spikes[name][part] = shared[place]
        overrun = max(0, int(self._header["spikes"][0]) - SPIKES - first)
        skipped = first - self._seen_spikes + overrun
        self._seen_spikes = written
        return spikes[overrun:], skipped


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
    spikes = ((_SPIKE[name], SPIKES) for name in _SPIKE.names or ())
    return (_HEADER, 1), (fixed, 1), *rows, *spikes
