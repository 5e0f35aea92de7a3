"""The synapses of a run of neighbouring neurons, taken out of a projection without a pass over all of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList
from s2studio.snn.fan_out import IntArray
from s2studio.snn.projection import Projection

_RADIX = np.iinfo(np.uint16).max


class Near:
    """A projection, sorted once, that gives the part of it that touches some neurons, counted from 0 there.

    A convolution has no such part: its kernel belongs to every neuron.
    """

    def __init__(self, projection: Projection) -> None:
        self.pre, self.post, self.whole = projection.pre, projection.post, projection.connectivity
        self._by_pre = self._by_post = None
        if isinstance(self.whole, SynapseList):
            self._by_pre, self._by_post = _sorted(self.whole, self.whole.pre), _sorted(self.whole, self.whole.post)

    @property
    def is_convolution(self) -> bool:
        """Whether it has no parts."""
        return isinstance(self.whole, ConvWeights)

    def from_sources(self, start: int, stop: int) -> Connectivity:
        """Return the synapses of the source neurons `start` to `stop` (excluded)."""
        if self._by_pre is not None:
            found = _run(*self._by_pre, start, stop)
            return SynapseList(found.pre - np.int32(start), found.post, found.weight, found.delay)
        return DenseWeights(self.whole.weight[start:stop]) if isinstance(self.whole, DenseWeights) else self.whole

    def to_targets(self, start: int, stop: int) -> Connectivity:
        """Return the synapses of the target neurons `start` to `stop` (excluded)."""
        if self._by_post is not None:
            found = _run(*self._by_post, start, stop)
            return SynapseList(found.pre, found.post - np.int32(start), found.weight, found.delay)
        return DenseWeights(self.whole.weight[:, start:stop]) if isinstance(self.whole, DenseWeights) else self.whole


def _sorted(synapses: SynapseList, key: NDArray[np.int32]) -> tuple[SynapseList, IntArray]:
    """Return `synapses` in the order of `key`, and where those of each neuron start, with the end of the last."""
    first = np.concatenate([[0], np.cumsum(np.bincount(key))])
    if np.all(key[1:] >= key[:-1]):
        return synapses, first
    # Keys of 16 bits are sorted in one pass per byte.
    order = np.argsort(key.astype(np.uint16) if key.max() <= _RADIX else key, kind="stable")
    pre, post = synapses.pre[order], synapses.post[order]
    return SynapseList(pre, post, synapses.weight[order], synapses.delay[order]), first


def _run(synapses: SynapseList, first: IntArray, start: int, stop: int) -> SynapseList:
    last = len(first) - 1
    part = slice(int(first[min(start, last)]), int(first[min(stop, last)]))
    return SynapseList(synapses.pre[part], synapses.post[part], synapses.weight[part], synapses.delay[part])
