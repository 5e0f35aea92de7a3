"""Operators on one value at a time, which the ARM core computes: sums, products, cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.fixed_point import clipped, shifted
from s2studio.dnn.operators.operator import Operator
from s2studio.dnn.tensor import Integers
from s2studio.network.operators.operator import Shape, broadcast


@dataclass(frozen=True)
class Add(Operator):
    """y = clip((a 2^left[0] + b 2^left[1]) 2^-shift), rounded to nearest; shapes broadcast; `relu` cuts at 0.

    With `subtracts` b is taken from a. y has `bits`, 8, 16 or 32.
    """

    left: tuple[int, int]
    shift: int
    relu: bool = False
    subtracts: bool = False
    bits: int = 8

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape to which both broadcast."""
        return broadcast(*inputs)

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        a, b = (values.astype(np.int64) << left for values, left in zip(inputs, self.left, strict=True))
        total = shifted(a - b if self.subtracts else a + b, self.shift)
        return clipped(total, self.bits, 0 if self.relu else None)


@dataclass(frozen=True)
class Mul(Operator):
    """y = clip(a b 2^-shift), rounded to nearest; shapes broadcast."""

    shift: int

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape to which both broadcast."""
        return broadcast(*inputs)

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        return clipped(shifted(np.multiply(*inputs, dtype=np.int64), self.shift))


@dataclass(frozen=True)
class Affine(Operator):
    """y = clip((factor x + term) 2^-shift), rounded to nearest: additions and products with trained numbers.

    `factor` and `term` broadcast with x; `relu` cuts at 0. y has `bits`, 8, 16 or 32.
    """

    factor: NDArray[np.int16]
    term: NDArray[np.int32]
    shift: int
    relu: bool = False
    bits: int = 8

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape to which all broadcast."""
        return broadcast(broadcast(inputs[0], self.factor.shape), self.term.shape)

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        total = inputs[0].astype(np.int64) * self.factor + self.term
        return clipped(shifted(total, self.shift), self.bits, 0 if self.relu else None)


@dataclass(frozen=True)
class Clip(Operator):
    """y = x 2^-shift, rounded to nearest, then cut at `least` and `most`: ReLU, ReLU6, or another step alone."""

    shift: int = 0
    least: int = -128
    most: int = 127

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        return np.clip(shifted(inputs[0].astype(np.int64), self.shift), self.least, self.most).astype(np.int8)
