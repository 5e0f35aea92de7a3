"""Slices, who reaches whom and their memory after some slices of a population are cut anew; the rest is kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.mapping.memory import Cuts, MemoryModel
from s2studio.mapping.near import Near
from s2studio.mapping.rates import FloatArray
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.fan_out import IntArray, slice_reach

OPEN = -1
"""The PE of a slice that has to find one."""


class Layout(NamedTuple):
    """Slices that are cut, and placed or `OPEN`, one entry per slice, population after population.

    `pes` are indices into the machine's PEs, `reached` (slices, slices) who sends to whom, `bytes` their memory but for
    the QPEs they send to, `busy_s` seconds in the worst tick (None: not known).
    """

    cuts: Cuts
    pes: IntArray
    reached: NDArray[np.bool_]
    bytes: IntArray
    busy_s: FloatArray | None


class Recut:
    """Cuts layouts of one network anew."""

    def __init__(self, memory: MemoryModel) -> None:
        self._memory = memory
        self._near = [Near(projection) for projection in memory.part.projections]

    def __call__(
        self, before: Layout, population: str, first: int, last: int, bounds: IntArray, pes: IntArray
    ) -> Layout:
        """Return `before` with slices `first` to `last` (excluded) of `population` cut at `bounds`, put on `pes`."""
        old = before.cuts[population]
        cuts = {**before.cuts, population: np.concatenate([old[:first], bounds, old[last + 1 :]])}
        row, count = _starts(cuts)[population] + first, len(bounds) - 1
        kept = np.arange(len(before.pes))
        again = np.concatenate([kept[:row], np.full(count, row), kept[row + last - first :]])
        new = slice(row, row + count)
        placed, memory = before.pes[again], before.bytes[again]
        placed[new] = pes
        incoming = [near for near in self._near if near.post == population]
        memory[new] = self._memory.placeless_run(population, cuts, first, first + count, incoming)
        self._recount_convolutions(population, cuts, memory)
        reached = before.reached[np.ix_(again, again)]
        reached[new], reached[:, new] = False, False
        self._reach(population, cuts, first, count, reached)
        busy = None
        if before.busy_s is not None:
            busy = before.busy_s[again]
            there = slice(row, row + last - first)
            busy[new] = np.diff(np.interp(bounds, old[first : last + 1], _summed(before.busy_s[there])))
        return Layout(cuts, placed, reached, memory, busy)

    def _recount_convolutions(self, population: str, cuts: Cuts, memory: IntArray) -> None:
        """Set the memory of what hears `population` by a convolution: its table has an entry for each source slice."""
        starts = _starts(cuts)
        for post in {near.post for near in self._near if near.pre == population and near.is_convolution}:
            memory[starts[post] : starts[post] + len(cuts[post]) - 1] = self._memory.placeless(post, cuts)

    def _reach(self, population: str, cuts: Cuts, first: int, count: int, reached: NDArray[np.bool_]) -> None:
        """Set in `reached` who reaches whom from and to the slices from `first` on of `population`, `count` of them."""
        starts, bounds = _starts(cuts), cuts[population][first : first + count + 1]
        row, start, stop = starts[population] + first, int(bounds[0]), int(bounds[-1])
        new, here = slice(row, row + count), slice(first, first + count)
        for near in self._near:
            ends = cuts[near.pre], cuts[near.post]
            pre, post = (slice(starts[name], starts[name] + len(cuts[name]) - 1) for name in (near.pre, near.post))
            if near.post == population:
                part = near.to_targets(start, stop)
                if isinstance(part, ConvWeights):
                    reached[pre, new] |= slice_reach(part, *ends)[:, here]
                else:
                    reached[pre, new] |= slice_reach(part, ends[0], bounds - start)
            is_done = near.post == population and count == len(cuts[population]) - 1
            if near.pre == population and not is_done:
                part = near.from_sources(start, stop)
                if isinstance(part, ConvWeights):
                    reached[new, post] |= slice_reach(part, *ends)[here]
                else:
                    reached[new, post] |= slice_reach(part, bounds - start, ends[1])


def _starts(cuts: Cuts) -> dict[str, int]:
    """Return the index of the first slice of each population."""
    return dict(zip(cuts, np.cumsum([0, *(len(bounds) - 1 for bounds in cuts.values())]).tolist(), strict=False))


def _summed(values: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(values)])
