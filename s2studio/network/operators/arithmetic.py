"""Operators made of multiplications with accumulation, which the chip's MAC arrays take: dense, matmul, convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from s2studio.network.operators.operator import FloatArray, Operator, Shape, Values, broadcast, size, text

# Multiplications: what OpenBLAS does in one thread, and what is small enough to be done so.
SINGLE, SMALL = 2**18, 2**23


@dataclass(frozen=True)
class Dense(Operator):
    """y = W x + b along the last axis, `weight` (outputs, inputs), `bias` (outputs,); then max(y, 0) with `relu`."""

    weight: FloatArray
    bias: FloatArray | None = None
    relu: bool = False

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (..., outputs) for (..., inputs)."""
        (x,) = inputs
        if not x or x[-1] != self.weight.shape[1]:
            raise ValueError(f"its input is {text(x)}, its weights take {self.weight.shape[1]}")
        return (*x[:-1], self.weight.shape[0])

    def macs(self, inputs: Sequence[Shape]) -> int:
        """Return rows x inputs x outputs."""
        return size(inputs[0]) * len(self.weight)

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        x = inputs[0]
        y = product(x.reshape(-1, x.shape[-1]), self.weight.T).reshape(*x.shape[:-1], len(self.weight))
        return rectified(y if self.bias is None else y + self.bias, self.relu)


@dataclass(frozen=True)
class MatMul(Operator):
    """y = A B over the last two axes; those before broadcast."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (..., M, N) for (..., M, K) and (..., K, N)."""
        a, b = inputs
        if len(a) < 2 or len(b) < 2 or a[-1] != b[-2]:
            raise ValueError(f"{text(a)} cannot be multiplied with {text(b)}")
        return (*broadcast(a[:-2], b[:-2]), a[-2], b[-1])

    def macs(self, inputs: Sequence[Shape]) -> int:
        """Return batch x M x K x N."""
        return size(self.shape(inputs)) * inputs[0][-1]

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.asarray(np.matmul(inputs[0], inputs[1]))


@dataclass(frozen=True)
class Window:
    """Where the windows of a convolution or a pool lie: one entry per axis of space, `padding` (before, after)."""

    kernel: Shape
    stride: Shape
    padding: tuple[tuple[int, int], ...]
    dilation: Shape

    @property
    def extent(self) -> Shape:
        """How many pixels a window spans along each axis, dilation included."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def size(self, space: Shape) -> Shape:
        """Return how many windows there are along each axis of an image of `space`."""
        if len(space) != len(self.kernel):
            raise ValueError(f"its kernel has {len(self.kernel)} axes, its image {len(space)}")
        padded = [length + sum(pad) for length, pad in zip(space, self.padding, strict=True)]
        if any(have < need for have, need in zip(padded, self.extent, strict=True)):
            raise ValueError(f"its window of {text(self.extent)} is larger than its image of {text(tuple(padded))}")
        steps = zip(padded, self.extent, self.stride, strict=True)
        return tuple((have - need) // stride + 1 for have, need, stride in steps)

    def of(self, image: Values, fill: float) -> Values:
        """Return a view (batch, channels, *windows, *kernel) of `image` (batch, channels, *space), padded by `fill`."""
        axes = tuple(range(2, image.ndim))
        padded = np.pad(image, ((0, 0), (0, 0), *self.padding), constant_values=fill)
        windows = sliding_window_view(padded, self.extent, axes)
        strides = tuple(slice(None, None, step) for step in (*self.stride, *self.dilation))
        return np.asarray(windows[(slice(None), slice(None), *strides)])


@dataclass(frozen=True)
class Conv(Operator):
    """y = W * x + b (cross-correlation) in one or two axes; then max(y, 0) with `relu`.

    x is (batch, channels, [height,] width), `weight` (out, channels / groups, *kernel), `bias` (out,). Each of the
    `groups` sees its own channels; depthwise is as many groups as channels.
    """

    weight: FloatArray
    bias: FloatArray | None
    window: Window
    groups: int = 1
    relu: bool = False

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (batch, out, *windows)."""
        (x,) = inputs
        out, per_group = self.weight.shape[:2]
        if len(x) < 3 or x[1] != per_group * self.groups or out % self.groups:
            found = f"its input is {text(x)}, its weights {text(self.weight.shape)}"
            raise ValueError(f"{found} in {self.groups} groups")
        return (x[0], out, *self.window.size(x[2:]))

    def macs(self, inputs: Sequence[Shape]) -> int:
        """Return outputs x weights of each."""
        return size(self.shape(inputs)) * size(self.weight.shape[1:])

    def compute(self, *inputs: Values) -> Values:
        """Return y, one product of matrices per group."""
        windows = self.window.of(inputs[0], 0)
        rank, step = len(self.window.kernel), windows.shape[1] // self.groups
        axes = ([1, *range(2 + rank, 2 + 2 * rank)], list(range(1, 2 + rank)))
        parts = [
            np.tensordot(windows[:, group * step : (group + 1) * step], weight, axes)
            for group, weight in enumerate(np.split(self.weight, self.groups))
        ]
        y = np.moveaxis(np.concatenate(parts, -1), -1, 1)
        if self.bias is not None:
            y = y + self.bias.reshape(-1, *(1,) * rank)
        return rectified(y, self.relu)


def product(a: Values, b: Values) -> Values:
    """Return the product of two matrices.

    BLAS begins threads for products of more than `SINGLE`. Threads that wait for each other take longer than a small
    product, many times so where the machine is busy: small ones are multiplied in pieces that need no threads.
    """
    rows = max(1, SINGLE // max(1, b.size))
    if not SINGLE < a.shape[0] * b.size <= SMALL or rows >= a.shape[0]:
        return np.asarray(a @ b)
    made = np.empty((len(a), b.shape[1]), np.result_type(a, b))
    for first in range(0, len(a), rows):
        np.matmul(a[first : first + rows], b, out=made[first : first + rows])
    return made


def rectified(y: Values, relu: bool) -> Values:
    """Return max(y, 0) with `relu`, else y."""
    return np.maximum(y, 0) if relu else y
