"""Operators that gather many values into one, or scale them by it: pools, means, softmax, norms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.fixed_point import S0_31, clipped, exp_s0_31, shifted, to_s16_15
from s2studio.dnn.operators.operator import Kind, Operator, Unit
from s2studio.dnn.tensor import Integers
from s2studio.network.operators.arithmetic import Window
from s2studio.network.operators.operator import Shape, axis_of, broadcast, text


@dataclass(frozen=True)
class MaxPool(Operator):
    """y = the largest x of each window, each channel for itself; what is padded never wins."""

    window: Window
    kind: ClassVar[Kind] = "pool"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (batch, channels, *windows)."""
        return (*inputs[0][:2], *self.window.size(inputs[0][2:]))

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        windows = self.window.of(inputs[0], np.iinfo(inputs[0].dtype).min)
        return np.asarray(windows.max(axis=_kernel_axes(self.window)))


@dataclass(frozen=True)
class AvgPool(Operator):
    """y = clip(factor (sum of x in a window) 2^-shift), rounded to nearest; `factor` (*windows or ones) is 1 / count.

    Windows at the edge may hold fewer pixels than others, hence a factor for each.
    """

    window: Window
    factor: NDArray[np.int16]
    shift: int
    kind: ClassVar[Kind] = "pool"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (batch, channels, *windows)."""
        return (*inputs[0][:2], *self.window.size(inputs[0][2:]))

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        total = self.window.of(inputs[0].astype(np.int64), 0).sum(axis=_kernel_axes(self.window))
        return clipped(shifted(total * self.factor, self.shift))


@dataclass(frozen=True)
class Mean(Operator):
    """y = clip(factor (sum of x over `axes`) 2^-shift), rounded to nearest; `axes` stay with length 1 if asked."""

    axes: tuple[int, ...]
    keeps_axes: bool
    factor: int
    shift: int
    kind: ClassVar[Kind] = "pool"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape with `axes` of length 1, or without them."""
        gone = {axis_of(axis, inputs[0]) for axis in self.axes}
        lengths = [1 if axis in gone else length for axis, length in enumerate(inputs[0])]
        return tuple(length for axis, length in enumerate(lengths) if self.keeps_axes or axis not in gone)

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        total = inputs[0].sum(axis=self.axes, dtype=np.int64, keepdims=self.keeps_axes)
        return clipped(shifted(total * self.factor, self.shift))


@dataclass(frozen=True)
class Softmax(Operator):
    """p = exp((q - max q) 2^-exponent) in s0.31; y = clip(p 2^output_exponent / sum p), rounded to nearest.

    Over those q alone that `mask` (which broadcasts to q) allows, at least one along `axis`; others become 0. Without
    `divides` y = clip(p 2^output_exponent), rounded to nearest.
    """

    exponent: int
    output_exponent: int
    axis: int = -1
    iterations: int = 16
    mask: NDArray[np.bool_] | None = None
    divides: bool = True
    kind: ClassVar[Kind] = "softmax"
    unit: ClassVar[Unit] = "exponential_unit"

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        wide = inputs[0].astype(np.int64)
        seen = np.ones((), np.bool_) if self.mask is None else self.mask
        # A place that is left out must not be the largest; what it holds is not looked at otherwise.
        largest = np.where(seen, wide, np.iinfo(np.int32).min).max(axis=self.axis, keepdims=True)
        below = to_s16_15(np.minimum(wide - largest, 0), self.exponent)
        return self.from_powers(np.where(seen, exp_s0_31(below, self.iterations), 0))

    def powers_table(self, steps: int) -> Integers:
        """Return the powers of the first `steps` whole numbers below the largest one, that of the largest first."""
        return exp_s0_31(to_s16_15(-np.arange(steps, dtype=np.int64), self.exponent), self.iterations)

    def from_powers(self, powers: Integers) -> Integers:
        """Return y for powers in s0.31."""
        if not self.divides:
            return clipped(shifted(powers, S0_31 - self.output_exponent))
        total = powers.sum(axis=self.axis, keepdims=True)
        return clipped(((powers << self.output_exponent) + total // 2) // total)


@dataclass(frozen=True)
class Normalise(Operator):
    """y = clip(a 2^left / sum b), rounded to nearest: b the powers along its last axis, a the product with them.

    y has `bits`, 8, 16 or 32.
    """

    left: int
    bits: int = 8

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of a."""
        a, b = inputs
        if broadcast(a, (*b[:-1], 1)) != a:
            raise ValueError(f"{text(a)} and the rows of {text(b)}")
        return a

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        # The largest power of a row is 127, so that no sum is 0.
        total = inputs[1].sum(axis=-1, dtype=np.int64, keepdims=True)
        above = inputs[0].astype(np.int64) << max(self.left, 0)
        below = total << max(-self.left, 0)
        return clipped((above + below // 2) // below, self.bits)


@dataclass(frozen=True)
class LayerNorm(Operator):
    """y = clip(scale (n q - sum q) / sqrt(n sum q^2 - (sum q)^2 + n^2 epsilon) + shift), rounded to nearest.

    Over the n values of the axes from `axis` on. The sums are whole numbers, so that no order of adding changes them;
    the rest is fp32 of the ARM core, left to right. `scale` and `shift` are in steps of the output, `epsilon` in
    squared steps of the input.
    """

    scale: NDArray[np.float32]
    shift: NDArray[np.float32] | None
    epsilon: float
    axis: int = -1
    kind: ClassVar[Kind] = "norm"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of the input."""
        return _normalised(inputs[0], self.axis, self.scale)

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        axes, n = _axes(inputs[0], self.axis), self.scale.size
        wide = inputs[0].astype(np.int64)
        total, squares = (part.sum(axis=axes, keepdims=True) for part in (wide, wide * wide))
        variance = (n * squares - total * total).astype(np.float32) + np.float32(n * n * self.epsilon)
        y = (n * wide - total).astype(np.float32) / np.sqrt(variance) * self.scale
        return clipped(np.rint(y if self.shift is None else y + self.shift))


@dataclass(frozen=True)
class RMSNorm(Operator):
    """y = clip(scale q / sqrt(sum q^2 / n + epsilon)), rounded to nearest; see LayerNorm."""

    scale: NDArray[np.float32]
    epsilon: float
    axis: int = -1
    kind: ClassVar[Kind] = "norm"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of the input."""
        return _normalised(inputs[0], self.axis, self.scale)

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        axes, wide = _axes(inputs[0], self.axis), inputs[0].astype(np.int64)
        squares = (wide * wide).sum(axis=axes, keepdims=True).astype(np.float32)
        root = np.sqrt(squares / np.float32(self.scale.size) + np.float32(self.epsilon))
        return clipped(np.rint(wide.astype(np.float32) / root * self.scale))


def _normalised(x: Shape, axis: int, scale: NDArray[np.float32]) -> Shape:
    if x[axis_of(axis, x) :] != scale.shape:
        raise ValueError(f"its input is {text(x)}, its scale {text(scale.shape)}")
    return x


def _axes(x: Integers, axis: int) -> tuple[int, ...]:
    return tuple(range(axis_of(axis, x.shape), x.ndim))


def _kernel_axes(window: Window) -> tuple[int, ...]:
    return tuple(range(-len(window.kernel), 0))
