"""Synapses with weights in float64, in the shape they have on the chip: a matrix, a list with delays, a convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from s2studio.network.layers import FloatArray
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.fan_out import IntArray

BoolArray = NDArray[np.bool_]


class Incoming(NamedTuple):
    """The synapses into one neuron, one entry each: source neuron, weight, delay field in ticks."""

    pre: IntArray
    weight: FloatArray
    delay: IntArray


@dataclass(frozen=True)
class DenseSynapses:
    """`weight` (pre, post), all with the same delay."""

    weight: FloatArray
    delay: int = 0

    @property
    def longest_delay(self) -> int:
        """The longest delay field, in ticks."""
        return self.delay

    def deliver(self, spikes: BoolArray, tick: int, ring: FloatArray) -> None:
        """Add what `spikes` (samples, pre) of the tick before `tick` bring to `ring` (slots, samples, post)."""
        active = spikes.any(axis=0)
        if active.any():
            arriving = spikes[:, active].astype(np.float64) @ self.weight[active]
            ring[(tick + self.delay) % len(ring)] += arriving

    def into(self, neuron: int) -> Incoming:
        """Return the synapses into `neuron`."""
        pre = np.arange(len(self.weight))
        return Incoming(pre, self.weight[:, neuron], np.full(len(pre), self.delay))


@dataclass(frozen=True)
class ListedSynapses:
    """One entry per synapse, sorted by `pre`: the row of source i is row_start[i] to row_start[i + 1]."""

    row_start: IntArray
    pre: IntArray
    post: IntArray
    weight: FloatArray
    delay: IntArray

    @classmethod
    def of(cls, sources: int, pre: IntArray, post: IntArray, weight: FloatArray, delay: IntArray) -> ListedSynapses:
        """Return the list of these synapses from `sources` neurons."""
        order = np.argsort(pre, kind="stable")
        row_start = np.concatenate([[0], np.cumsum(np.bincount(pre, minlength=sources))])
        return cls(row_start, pre[order], post[order], weight[order], delay[order])

    @property
    def longest_delay(self) -> int:
        """The longest delay field, in ticks."""
        return int(self.delay.max(initial=0))

    def deliver(self, spikes: BoolArray, tick: int, ring: FloatArray) -> None:
        """Add what `spikes` (samples, pre) of the tick before `tick` bring to `ring` (slots, samples, post)."""
        sample, source = np.nonzero(spikes)
        sizes = np.diff(self.row_start)[source]
        ends = np.cumsum(sizes)
        if not len(ends) or not ends[-1]:
            return
        synapse = np.repeat(self.row_start[source] - ends + sizes, sizes) + np.arange(ends[-1])
        slot = (tick + self.delay[synapse]) % len(ring)
        place = np.ravel_multi_index((slot, np.repeat(sample, sizes), self.post[synapse]), ring.shape)
        ring += np.bincount(place, self.weight[synapse], minlength=ring.size).reshape(ring.shape)

    def into(self, neuron: int) -> Incoming:
        """Return the synapses into `neuron`."""
        own = np.flatnonzero(self.post == neuron)
        return Incoming(self.pre[own], self.weight[own], self.delay[own])


@dataclass(frozen=True)
class KernelSynapses:
    """A convolution with `weight` (out, in, height, width); all else is that of `shape`, the chip's convolution."""

    weight: FloatArray
    shape: ConvWeights

    @property
    def longest_delay(self) -> int:
        """Convolutions have no delay."""
        return 0

    def deliver(self, spikes: BoolArray, tick: int, ring: FloatArray) -> None:
        """Add what `spikes` (samples, pre) of the tick before `tick` bring to `ring` (slots, samples, post)."""
        if not spikes.any():
            return
        (channels, height, width), (down, right) = self.shape.source_shape, self.shape.pool
        rows, columns = height // down, width // right
        image = spikes.reshape(-1, channels, height, width)[:, :, : rows * down, : columns * right]
        pooled = image.reshape(-1, channels, rows, down, columns, right).sum(axis=(3, 5), dtype=np.float64)
        top, bottom, left, beside = self.shape.padding
        padded = np.pad(pooled, ((0, 0), (0, 0), (top, bottom), (left, beside)))
        windows = sliding_window_view(padded, self.weight.shape[2:], axis=(2, 3))
        windows = windows[:, :, :: self.shape.stride[0], :: self.shape.stride[1]]
        found = np.tensordot(windows, self.weight, axes=([1, 4, 5], [1, 2, 3]))
        ring[tick % len(ring)] += found.transpose(0, 3, 1, 2).reshape(len(spikes), -1)

    def into(self, neuron: int) -> Incoming:
        """Return the synapses into `neuron`: of every source pixel whose pooled pixel lies under a tap."""
        (_, height, width), (down, right) = self.shape.source_shape, self.shape.pool
        channel, y, x = np.unravel_index(neuron, self.shape.target_shape)
        pre = np.arange(int(np.prod(self.shape.source_shape)))
        source, row, column = pre // (height * width), pre // width % height // down, pre % width // right
        tap_y = row + self.shape.padding[0] - y * self.shape.stride[0]
        tap_x = column + self.shape.padding[2] - x * self.shape.stride[1]
        inside = (row < height // down) & (column < width // right)
        inside &= (tap_y >= 0) & (tap_y < self.weight.shape[2]) & (tap_x >= 0) & (tap_x < self.weight.shape[3])
        weight = self.weight[channel, source[inside], tap_y[inside], tap_x[inside]]
        return Incoming(pre[inside], weight, np.zeros(len(weight), np.int64))


FloatSynapses = DenseSynapses | ListedSynapses | KernelSynapses
