"""How many sources and synapses a slice has to store, for any way of cutting the target, without a table per source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.snn.connectivity import DenseWeights, SynapseList
from s2studio.snn.fan_out import IntArray, slice_of

# So many synapses are worked on at once.
_PIECE = 1 << 15


class FanIn(NamedTuple):
    """What one projection stores in each target slice: `rows` (source neurons with a synapse there) and `synapses`."""

    rows: IntArray
    synapses: IntArray


class ListFanIn:
    """Counts for a list of synapses, sorted once so that each way of cutting costs one pass over the synapses."""

    def __init__(self, synapses: SynapseList, size: int) -> None:
        pairs = (int(synapses.pre.max(initial=0)) + 1) * size
        key: NDArray[Any] = synapses.pre.astype(np.uint32 if pairs <= 1 << 32 else np.uint64)
        key *= key.dtype.type(size)
        np.add(key, synapses.post, out=key, casting="unsafe")
        if np.any(key[1:] < key[:-1]):
            key.sort()
        # A source has one row in a slice: at its first synapse there, whose predecessor lies in another slice.
        self._follows = np.zeros(len(key), np.bool_)
        for part in _parts(len(key)):
            pre = key[max(0, part.start - 1) : part.stop] // size
            self._follows[max(1, part.start) : part.stop] = pre[1:] == pre[:-1]
        key %= key.dtype.type(size)
        self._post = key

    def __call__(self, bounds: IntArray) -> FanIn:
        """Return the counts for the slices that `bounds` cut."""
        slices, slice_of_neuron = len(bounds) - 1, slice_of(bounds)
        rows, synapses = np.zeros(slices, np.int64), np.zeros(slices, np.int64)
        for part in _parts(len(self._post)):
            at = slice_of_neuron[self._post[max(0, part.start - 1) : part.stop]]
            first = ~self._follows[part]
            first[len(first) - len(at) + 1 :] |= at[1:] != at[:-1]
            at = at[len(at) - len(first) :]
            rows += np.bincount(at[first], minlength=slices)
            synapses += np.bincount(at, minlength=slices)
        return FanIn(rows, synapses)


def _parts(count: int) -> Iterator[slice]:
    """Return stretches of `count` synapses: what is needed meanwhile takes more memory than they."""
    return (slice(first, min(count, first + _PIECE)) for first in range(0, count, _PIECE))


class DenseFanIn:
    """Counts for a matrix; a weight of 0 is no synapse."""

    def __init__(self, weights: DenseWeights) -> None:
        self._present = weights.weight != 0
        self._of_neuron = np.count_nonzero(self._present, axis=0)

    def __call__(self, bounds: IntArray) -> FanIn:
        """Return the counts for the slices that `bounds` cut."""
        rows = np.count_nonzero(np.logical_or.reduceat(self._present, bounds[:-1], axis=1), axis=0)
        return FanIn(rows, np.add.reduceat(self._of_neuron, bounds[:-1]))
