"""Activations that the exponential unit computes: from int8 to s16.15, to s0.31, to int8.

All of them are functions of one int8, so that a table of 256 holds all their values.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import pi, sqrt
from typing import ClassVar

import numpy as np

from s2studio.dnn.fixed_point import (
    INT32_MAX,
    ONE,
    S0_31,
    S16_15,
    clipped,
    erf_s0_31,
    scaled,
    shifted,
    sigmoid_s0_31,
    tanh_s0_31,
    to_s16_15,
)
from s2studio.dnn.operators.operator import Operator, Unit
from s2studio.dnn.tensor import Integers

# Beyond it a tanh is 1 in s0.31, and its argument's cube stays in range.
WIDE = 16 << S16_15


@dataclass(frozen=True)
class Activation(Operator):
    """q' = clip(f(q 2^-exponent) 2^output_exponent), rounded to nearest, f in the unit's fixed point."""

    exponent: int
    output_exponent: int
    iterations: int = 16
    unit: ClassVar[Unit] = "exponential_unit"

    @abstractmethod
    def fraction(self, x: Integers) -> Integers:
        """Return f(x), or f(x) / x where x is a factor of f, in s0.31 for x in s16.15."""

    @property
    def has_factor(self) -> bool:
        """Whether x is a factor of f."""
        return False

    def compute(self, *inputs: Integers) -> Integers:
        """Return q'."""
        fraction = self.fraction(to_s16_15(inputs[0], self.exponent))
        if self.has_factor:
            # 31 and 8 bits: no product leaves int64.
            return clipped(_moved(inputs[0] * fraction, S0_31 + self.exponent - self.output_exponent))
        return clipped(_moved(fraction, S0_31 - self.output_exponent))

    def table(self) -> Integers:
        """Return q' for each q from -128 to 127."""
        return self.compute(np.arange(-128, 128))


@dataclass(frozen=True)
class Sigmoid(Activation):
    """f(x) = 1 / (1 + exp(-x))."""

    def fraction(self, x: Integers) -> Integers:
        """Return f(x)."""
        return sigmoid_s0_31(x, self.iterations)


@dataclass(frozen=True)
class Tanh(Activation):
    """f(x) = tanh x."""

    def fraction(self, x: Integers) -> Integers:
        """Return f(x)."""
        return tanh_s0_31(x, self.iterations)


@dataclass(frozen=True)
class Erf(Activation):
    """f(x) = erf x."""

    def fraction(self, x: Integers) -> Integers:
        """Return f(x)."""
        return erf_s0_31(x, self.iterations)


@dataclass(frozen=True)
class Silu(Activation):
    """f(x) = x / (1 + exp(-x))."""

    @property
    def has_factor(self) -> bool:
        """Yes."""
        return True

    def fraction(self, x: Integers) -> Integers:
        """Return f(x) / x."""
        return sigmoid_s0_31(x, self.iterations)


@dataclass(frozen=True)
class Gelu(Activation):
    """f(x) = x (1 + erf(x / sqrt 2)) / 2, or with `is_tanh` x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2."""

    is_tanh: bool = False

    @property
    def has_factor(self) -> bool:
        """Yes."""
        return True

    def fraction(self, x: Integers) -> Integers:
        """Return f(x) / x."""
        if not self.is_tanh:
            return (ONE + erf_s0_31(scaled(x, sqrt(0.5)), self.iterations)) >> 1
        near = np.clip(x, -WIDE, WIDE)
        cube = (((near * near) >> S16_15) * near) >> S16_15
        inner = scaled(near + scaled(cube, 0.044715), sqrt(2 / pi))
        return (ONE + tanh_s0_31(np.clip(inner, -INT32_MAX, INT32_MAX), self.iterations)) >> 1


def _moved(values: Integers, places: int) -> Integers:
    """Return `values` 2^-places, rounded; where they are far too large, what clips to the same."""
    return shifted(np.clip(values, -ONE, ONE), max(places, -S0_31)) if places < 0 else shifted(values, min(places, 62))
