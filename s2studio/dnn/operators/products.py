"""The MAC array's work: sums of int8 products with an int32 bias, brought back to few bits by a shift."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.fixed_point import clipped
from s2studio.dnn.operators.operator import Kind, Operator, Product, Unit
from s2studio.dnn.tensor import Integers
from s2studio.network.operators.arithmetic import Window
from s2studio.network.operators.operator import Shape, broadcast, size, text

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Shifts = NDArray[np.uint8]


@dataclass(frozen=True)
class MacOperator(Operator):
    """y = clip(s >> shift) with s what the accumulators hold; the shift cuts downwards.

    y has `bits`, 8, 16 or 32; `relu` cuts at 0.
    """

    unit: ClassVar[Unit] = "mac_array"

    @abstractmethod
    def sums(self, *inputs: Integers) -> Integers:
        """Return what the accumulators hold at the end, in int64."""

    @abstractmethod
    def from_sums(self, sums: Integers) -> Integers:
        """Return the output for `sums`."""

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        return self.from_sums(self.sums(*inputs))


@dataclass(frozen=True)
class Dense(MacOperator):
    """s = W x + b along the last axis: `weight` (outputs, inputs), `bias` and `shift` (outputs,)."""

    weight: Int8
    bias: Int32
    shift: Shifts
    relu: bool = False
    bits: int = 8
    kind: ClassVar[Kind] = "matmul"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (..., outputs) for (..., inputs)."""
        (x,) = inputs
        if not x or x[-1] != self.weight.shape[1]:
            raise ValueError(f"its input is {text(x)}, its weights take {self.weight.shape[1]}")
        return (*x[:-1], self.weight.shape[0])

    def product(self, inputs: Sequence[Shape]) -> Product:
        """Return rows x inputs x outputs."""
        outputs, k = self.weight.shape
        return Product(1, size(inputs[0]) // k, k, outputs)

    def sums(self, *inputs: Integers) -> Integers:
        """Return s."""
        return np.asarray(np.matmul(inputs[0].astype(np.int64), self.weight.T.astype(np.int64)) + self.bias)

    def from_sums(self, sums: Integers) -> Integers:
        """Return y."""
        return clipped(sums >> self.shift, self.bits, 0 if self.relu else None)


@dataclass(frozen=True)
class MatMul(MacOperator):
    """s = A B + bias over the last two axes, those before broadcast; one `shift`. Both come from layers before."""

    shift: int
    bias: int = 0
    bits: int = 8
    kind: ClassVar[Kind] = "matmul"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (..., M, N) for (..., M, K) and (..., K, N)."""
        a, b = inputs
        if len(a) < 2 or len(b) < 2 or a[-1] != b[-2]:
            raise ValueError(f"{text(a)} cannot be multiplied with {text(b)}")
        return (*broadcast(a[:-2], b[:-2]), a[-2], b[-1])

    def product(self, inputs: Sequence[Shape]) -> Product:
        """Return batch x M x K x N."""
        *batch, m, n = self.shape(inputs)
        return Product(size(tuple(batch)), m, inputs[0][-1], n)

    def sums(self, *inputs: Integers) -> Integers:
        """Return s."""
        a, b = (values.astype(np.int64) for values in inputs)
        return np.asarray(np.matmul(a, b) + self.bias)

    def from_sums(self, sums: Integers) -> Integers:
        """Return y."""
        return clipped(sums >> self.shift, self.bits)


@dataclass(frozen=True)
class Conv(MacOperator):
    """s = W * x + b (cross-correlation) in one or two axes, x (batch, channels, *space), padded by 0.

    `weight` is (out, channels / groups, *kernel), `bias` and `shift` (out,); depthwise is as many groups as channels.
    """

    weight: Int8
    bias: Int32
    shift: Shifts
    window: Window
    groups: int = 1
    relu: bool = False
    bits: int = 8
    kind: ClassVar[Kind] = "convolution"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (batch, out, *windows)."""
        (x,) = inputs
        out, per_group = self.weight.shape[:2]
        if len(x) < 3 or x[1] != per_group * self.groups or out % self.groups:
            found = f"its input is {text(x)}, its weights {text(self.weight.shape)}"
            raise ValueError(f"{found} in {self.groups} groups")
        return (x[0], out, *self.window.size(x[2:]))

    def product(self, inputs: Sequence[Shape]) -> Product:
        """Return batch and groups x windows x weights of an output x outputs of a group."""
        batch, out, *windows = self.shape(inputs)
        return Product(batch * self.groups, size(tuple(windows)), size(self.weight.shape[1:]), out // self.groups)

    def sums(self, *inputs: Integers) -> Integers:
        """Return s, one product of matrices per group."""
        windows = self.window.of(inputs[0].astype(np.int64), 0)
        rank, step = len(self.window.kernel), windows.shape[1] // self.groups
        axes = ([1, *range(2 + rank, 2 + 2 * rank)], list(range(1, 2 + rank)))
        parts = [
            np.tensordot(windows[:, group * step : (group + 1) * step], weight.astype(np.int64), axes)
            for group, weight in enumerate(np.split(self.weight, self.groups))
        ]
        return np.moveaxis(np.concatenate(parts, -1), -1, 1) + self._along_outputs(self.bias)

    def from_sums(self, sums: Integers) -> Integers:
        """Return y."""
        return clipped(sums >> self._along_outputs(self.shift), self.bits, 0 if self.relu else None)

    def _along_outputs(self, values: Integers) -> Integers:
        return values.astype(np.int64).reshape(-1, *(1,) * len(self.window.kernel))
