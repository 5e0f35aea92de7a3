"""How many sources and synapses a slice has to store, for any way of cutting the target, without a table per source."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from s2studio.snn.connectivity import DenseWeights, SynapseList
from s2studio.snn.fan_out import IntArray, slice_of


class FanIn(NamedTuple):
    """What one projection stores in each target slice: `rows` (source neurons with a synapse there) and `synapses`."""

    rows: IntArray
    synapses: IntArray


class ListFanIn:
    """Counts for a list of synapses, sorted once so that each way of cutting costs one pass over the synapses."""

    def __init__(self, synapses: SynapseList, size: int) -> None:
        key = synapses.pre.astype(np.int64) * size + synapses.post
        if np.any(key[1:] < key[:-1]):
            key.sort()
        pre, self._post = np.divmod(key, size)
        # A source has one row in a slice: at its first synapse there, whose predecessor lies in another slice.
        self._follows = np.concatenate([[False], pre[1:] == pre[:-1]])[: len(pre)]

    def __call__(self, bounds: IntArray) -> FanIn:
        """Return the counts for the slices that `bounds` cut."""
        slices = len(bounds) - 1
        at = slice_of(bounds)[self._post]
        first = ~self._follows
        first[1:] |= at[1:] != at[:-1]
        return FanIn(np.bincount(at[first], minlength=slices), np.bincount(at, minlength=slices))


class DenseFanIn:
    """Counts for a matrix; a weight of 0 is no synapse."""

    def __init__(self, weights: DenseWeights) -> None:
        self._present = weights.weight != 0
        self._of_neuron = np.count_nonzero(self._present, axis=0)

    def __call__(self, bounds: IntArray) -> FanIn:
        """Return the counts for the slices that `bounds` cut."""
        rows = np.count_nonzero(np.logical_or.reduceat(self._present, bounds[:-1], axis=1), axis=0)
        return FanIn(rows, np.add.reduceat(self._of_neuron, bounds[:-1]))
