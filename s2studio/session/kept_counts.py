"""Decides whether a run keeps its counts: where they do not follow from its spikes, or reading those takes longer."""

from __future__ import annotations

import numpy as np

from s2studio.session.about import RunAbout
from s2studio.sim.counts import TickBlock

# The first ticks decide, however they are handed over, so that equal runs leave equal sessions.
DECIDING_TICKS = 256
# Counts are kept where they are rarer than spikes by this: then they cost little beside the spikes, and a run of 10^8
# spikes is looked at without reading them all.
SPIKES_PER_COUNT = 16


class KeptCounts:
    """Takes the blocks of a run and returns those whose counts are to be stored, once that is decided.

    An engine with clocks of its own counts what spikes do not tell (late and lost packets): its counts are all kept.
    """

    def __init__(self, about: RunAbout) -> None:
        self._is_kept: bool | None = True if about.is_timed else None
        self._undecided: list[TickBlock] = []
        self._ticks = self._spikes = self._counts = 0

    def add(self, block: TickBlock) -> list[TickBlock]:
        """Return the blocks to be stored now that `block` has come."""
        if self._is_kept is not None:
            return [block] if self._is_kept else []
        first = block.counts.spikes[:, : DECIDING_TICKS - self._ticks]
        self._spikes += int(first.sum(dtype=np.int64))
        self._counts += first.size
        self._ticks += block.ticks
        self._undecided.append(block)
        return self.finish() if self._ticks >= DECIDING_TICKS else []

    def finish(self) -> list[TickBlock]:
        """Decide by what has come, unless that is done, and return the blocks to be stored."""
        waiting, self._undecided = self._undecided, []
        if self._is_kept is None:
            self._is_kept = self._spikes > SPIKES_PER_COUNT * self._counts
        return waiting if self._is_kept else []
