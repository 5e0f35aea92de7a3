"""What Scale, AvgPool2d and Delay do to the weights of their chain: factors and delays at both ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from s2studio.lowering.refusal import NodeError
from s2studio.lowering.shapes import broadcast, shape_behind
from s2studio.network.layers import (
    AvgPool2d,
    Conv2d,
    Delay,
    FloatArray,
    Layer,
    Scale,
    Shape,
    SumPool2d,
    Weights,
)


@dataclass(frozen=True)
class Ends:
    """Factors and delays in s along one chain, in front of its weights and behind them, each flat, one per value.

    A chain without weights has everything in front.
    """

    factor_before: FloatArray
    factor_behind: FloatArray
    delay_before: FloatArray
    delay_behind: FloatArray

    def effective(self, node: str, layer: Weights) -> FloatArray:
        """Return the weights of `layer` with the factors multiplied in.

        Raises NodeError where a convolution would need different factors within one channel.
        """
        weight = np.asarray(layer.weight, np.float64)
        before, behind = self.factor_before, self.factor_behind
        if isinstance(layer, Conv2d):
            before = _by_channel(node, before, weight.shape[1])[None, :, None, None]
            behind = _by_channel(node, behind, weight.shape[0])[:, None, None, None]
            return weight * before * behind
        return weight * before[None, :] * behind[:, None]


def ends(layers: Mapping[str, Layer], path: tuple[str, ...], shape: Shape) -> Ends:
    """Return what the nodes of `path` do to values of `shape` that come in; raises NodeError where that has no place.

    `path` has one layer of weights at most.
    """
    factor, delay = np.ones(shape), np.zeros(shape)
    before: tuple[FloatArray, FloatArray] | None = None
    for node in path:
        layer = layers[node]
        behind = shape_behind(node, layer, shape)
        if isinstance(layer, Scale):
            factor = factor * broadcast(node, layer.weight, shape)
        elif isinstance(layer, Delay):
            delay = delay + broadcast(node, layer.delay, shape)
        elif isinstance(layer, SumPool2d):
            factor, delay = (_pooled(node, values, layer, behind) for values in (factor, delay))
            factor = factor / math.prod(layer.kernel_size) if isinstance(layer, AvgPool2d) else factor
        elif isinstance(layer, Weights):
            before, factor, delay = (factor, delay), np.ones(behind), np.zeros(behind)
        else:
            factor, delay = factor.reshape(behind), delay.reshape(behind)
        shape = behind
    if before is None:
        return Ends(factor.reshape(-1), np.ones(1), delay.reshape(-1), np.zeros(1))
    return Ends(*(part.reshape(-1) for part in (before[0], factor, before[1], delay)))


def _pooled(node: str, values: FloatArray, layer: SumPool2d, behind: Shape) -> FloatArray:
    """Return `values` (channels, height, width), equal within each window of a pool without overlap, one per window."""
    channels, rows, columns = behind
    down, right = layer.kernel_size
    inside = values[:, : rows * down, : columns * right].reshape(channels, rows, down, columns, right)
    first = inside[:, :, 0, :, 0]
    if np.any(inside != first[:, :, None, :, None]):
        raise NodeError(
            node,
            "a Scale or Delay in front of it differs from pixel to pixel",
            "the pixels that it joins share one weight and one delay",
            "give each channel one value, or put a spiking layer between them",
        )
    return first


def _by_channel(node: str, factors: FloatArray, channels: int) -> FloatArray:
    by_channel = factors.reshape(channels, -1)
    if np.any(by_channel != by_channel[:, :1]):
        raise NodeError(
            node,
            "a Scale beside this Conv2d differs from pixel to pixel",
            "the pixels of a channel share one kernel",
            "give each channel one value, or put a spiking layer between them",
        )
    return by_channel[:, 0]
