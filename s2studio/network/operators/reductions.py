"""Operators that gather many values into one, or scale them by it: pools, means, softmax, normalisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.network.operators.arithmetic import Window
from s2studio.network.operators.operator import FloatArray, Operator, Shape, Values, axis_of, broadcast, text


@dataclass(frozen=True)
class MaxPool(Operator):
    """y = the largest x of each window, each channel for itself; what is padded never wins."""

    window: Window

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (batch, channels, *windows)."""
        return (*inputs[0][:2], *self.window.size(inputs[0][2:]))

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.asarray(self.window.of(inputs[0], -np.inf).max(axis=_kernel_axes(self.window)))


@dataclass(frozen=True)
class AvgPool(Operator):
    """y = the mean of each window, each channel for itself; `counts_padding` says whether zeros outside count."""

    window: Window
    counts_padding: bool = False

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (batch, channels, *windows)."""
        return (*inputs[0][:2], *self.window.size(inputs[0][2:]))

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        axes = _kernel_axes(self.window)
        total = self.window.of(inputs[0], 0).sum(axis=axes)
        if self.counts_padding:
            return np.asarray(total / np.float32(np.prod(self.window.kernel)))
        ones = np.ones((1, 1, *inputs[0].shape[2:]), np.float32)
        return np.asarray(total / self.window.of(ones, 0).sum(axis=axes))


@dataclass(frozen=True)
class Mean(Operator):
    """y = the mean over `axes`, which stay with length 1 if `keeps_axes`. Global average pooling is one of these."""

    axes: tuple[int, ...]
    keeps_axes: bool = True

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape with `axes` of length 1, or without them."""
        gone = {axis_of(axis, inputs[0]) for axis in self.axes}
        lengths = [1 if axis in gone else length for axis, length in enumerate(inputs[0])]
        return tuple(length for axis, length in enumerate(lengths) if self.keeps_axes or axis not in gone)

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.asarray(inputs[0].mean(axis=self.axes, keepdims=self.keeps_axes))


@dataclass(frozen=True)
class Softmax(Operator):
    """y = exp(x - max x) / sum of exp(x - max x) along `axis`, over those x alone that `mask` allows; others become 0.

    `mask` broadcasts to x, and allows at least one along `axis` everywhere. Without `divides` y is exp(x - max x).
    """

    axis: int = -1
    mask: NDArray[np.bool_] | None = None
    divides: bool = True

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of the input."""
        axis_of(self.axis, inputs[0])
        if self.mask is not None and broadcast(inputs[0], self.mask.shape) != inputs[0]:
            raise ValueError(f"its input is {text(inputs[0])}, its mask {text(self.mask.shape)}")
        return inputs[0]

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        x = inputs[0] if self.mask is None else np.where(self.mask, inputs[0], np.float32(-np.inf))
        powers = np.exp(x - x.max(axis=self.axis, keepdims=True))
        return np.asarray(powers / powers.sum(axis=self.axis, keepdims=True)) if self.divides else powers


@dataclass(frozen=True)
class Normalise(Operator):
    """y = a / (sum of b along its last axis): what is left of a softmax behind a product with its powers b."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of a."""
        a, b = inputs
        if broadcast(a, (*b[:-1], 1)) != a:
            raise ValueError(f"{text(a)} and the rows of {text(b)}")
        return a

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.asarray(inputs[0] / inputs[1].sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class BatchNorm(Operator):
    """y = scale x + shift along the channels (axis 1): a trained normalisation in inference."""

    scale: FloatArray
    shift: FloatArray

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of the input."""
        if len(inputs[0]) < 2 or inputs[0][1] != len(self.scale):
            raise ValueError(f"its input is {text(inputs[0])}, it has {len(self.scale)} channels")
        return inputs[0]

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        form = (-1, *(1,) * (inputs[0].ndim - 2))
        return np.asarray(inputs[0] * self.scale.reshape(form) + self.shift.reshape(form))


@dataclass(frozen=True)
class LayerNorm(Operator):
    """y = scale (x - mean x) / sqrt(var x + epsilon) + shift over the axes from `axis` on."""

    scale: FloatArray
    shift: FloatArray | None
    epsilon: float
    axis: int = -1

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of the input."""
        return _normalised(inputs[0], self.axis, self.scale)

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        axes = tuple(range(axis_of(self.axis, inputs[0].shape), inputs[0].ndim))
        centred = inputs[0] - inputs[0].mean(axis=axes, keepdims=True)
        y = centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + np.float32(self.epsilon)) * self.scale
        return np.asarray(y if self.shift is None else y + self.shift)


@dataclass(frozen=True)
class RMSNorm(Operator):
    """y = scale x / sqrt(mean of x^2 + epsilon) over the axes from `axis` on."""

    scale: FloatArray
    epsilon: float
    axis: int = -1

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of the input."""
        return _normalised(inputs[0], self.axis, self.scale)

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        axes = tuple(range(axis_of(self.axis, inputs[0].shape), inputs[0].ndim))
        square = (inputs[0] ** 2).mean(axis=axes, keepdims=True)
        return np.asarray(inputs[0] / np.sqrt(square + np.float32(self.epsilon)) * self.scale)


def _normalised(x: Shape, axis: int, scale: FloatArray) -> Shape:
    if x[axis_of(axis, x) :] != scale.shape:
        raise ValueError(f"its input is {text(x)}, its scale {text(scale.shape)}")
    return x


def _kernel_axes(window: Window) -> tuple[int, ...]:
    return tuple(range(-len(window.kernel), 0))
