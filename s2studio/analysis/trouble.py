"""Ticks in trouble: those in which a PE is late, loses packets, or is sent more than its FIFO holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.session.run import PricedBlock, Run
from s2studio.sim.timing import fifo_overflow, late

# Backwards, so many ticks are looked at together.
STRIDE = 1024


class Trouble(NamedTuple):
    """A tick in trouble, and the slice that lost most packets in it or was done last."""

    tick: int
    slice: int


def troubled(run: Run, block: PricedBlock, sample: int = 0) -> NDArray[np.bool_]:
    """Return which slices are in trouble in each tick of `block`, shape (ticks, slices)."""
    done, packets = block.priced.time_done_s[sample], block.counts.packets[sample]
    found: NDArray[np.bool_] = late(done, run.tick_s) | fifo_overflow(packets, run.machine.spec)
    if run.about.is_timed:
        found |= _lost(run, block.start, len(done), sample) > 0
    return found


def next_trouble(run: Run, tick: int, is_forward: bool = True, sample: int = 0) -> Trouble | None:
    """Return the next tick in trouble after `tick`, or the last before it; None where the whole run has none.

    Beyond the end of the run the search goes on at its other end, so `tick` itself comes last.
    """
    spans = ((tick + 1, run.ticks), (0, tick + 1)) if is_forward else ((0, tick), (tick, run.ticks))
    for start, stop in spans:
        for block in _blocks(run, start, stop, is_forward):
            rows = np.flatnonzero(troubled(run, block, sample).any(axis=1))
            if len(rows):
                row = int(rows[0 if is_forward else -1])
                return Trouble(block.start + row, _worst(run, block, row, sample))
    return None


def _blocks(run: Run, start: int, stop: int, is_forward: bool) -> Iterator[PricedBlock]:
    """Yield the ticks `start` to `stop` in the order in which they are searched."""
    if start >= stop:
        return
    if is_forward:
        yield from run.priced_blocks(start, stop)
        return
    for last in range(stop, start, -STRIDE):
        yield from reversed(tuple(run.priced_blocks(max(start, last - STRIDE), last)))


def _worst(run: Run, block: PricedBlock, row: int, sample: int) -> int:
    lost = _lost(run, block.start + row, 1, sample)[0] if run.about.is_timed else np.zeros(0)
    return int(lost.argmax() if lost.any() else block.priced.time_done_s[sample, row].argmax())


def _lost(run: Run, start: int, ticks: int, sample: int) -> NDArray[np.int64]:
    found: NDArray[np.int64] = run.lateness(start, start + ticks)["packets_lost"][sample]
    return found
