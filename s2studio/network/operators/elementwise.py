"""Operators that work on each value alone, or on two tensors value by value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.network.operators.operator import FloatArray, Operator, Shape, Values, broadcast

# What exporters add to scores that softmax shall leave out is at most this.
MASKED = -1e4


@dataclass(frozen=True)
class Relu(Operator):
    """y = max(x, 0)."""

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.maximum(inputs[0], 0)


@dataclass(frozen=True)
class Relu6(Operator):
    """y = min(max(x, 0), 6)."""

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.clip(inputs[0], 0, 6)


@dataclass(frozen=True)
class Erf(Operator):
    """y = erf(x)."""

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return erf(inputs[0])


@dataclass(frozen=True)
class Gelu(Operator):
    """y = x (1 + erf(x / sqrt 2)) / 2, or with `is_tanh` x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2."""

    is_tanh: bool = False

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        x = inputs[0]
        inner = (
            np.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x**3))
            if self.is_tanh
            else erf(x / np.float32(np.sqrt(2)))
        )
        return np.asarray(x * (1 + inner) / 2)


@dataclass(frozen=True)
class Sigmoid(Operator):
    """y = 1 / (1 + exp(-x))."""

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return sigmoid(inputs[0])


@dataclass(frozen=True)
class Silu(Operator):
    """y = x / (1 + exp(-x))."""

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.multiply(inputs[0], sigmoid(inputs[0]))


@dataclass(frozen=True)
class Tanh(Operator):
    """y = tanh(x)."""

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.tanh(inputs[0])


@dataclass(frozen=True)
class Square(Operator):
    """y = x^2: a part of a norm that was spelled out."""

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.asarray(np.square(inputs[0]))


@dataclass(frozen=True)
class Root(Operator):
    """y = sqrt x: a part of a norm that was spelled out."""

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.sqrt(np.maximum(inputs[0], 0))


@dataclass(frozen=True)
class Divide(Operator):
    """y = a / b, or with one input 1 / a: a part of a norm that was spelled out."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape to which both broadcast."""
        return broadcast(inputs[0], inputs[-1])

    def compute(self, *inputs: Values) -> Values:
        """Return y; divided by 0 it is 0, so that what follows stays finite."""
        above, below = (np.ones((), np.float32), *inputs)[-2:]
        shape = np.broadcast_shapes(above.shape, below.shape)
        return np.asarray(np.divide(above, below, out=np.zeros(shape, np.float32), where=below != 0))


@dataclass(frozen=True)
class Add(Operator):
    """y = a + b, or a + `constant`, or with `subtracts` a - b; shapes broadcast; then max(y, 0) with `relu`."""

    constant: FloatArray | None = None
    relu: bool = False
    subtracts: bool = False

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape to which both broadcast."""
        return broadcast(inputs[0], inputs[1] if self.constant is None else self.constant.shape)

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        y = (np.subtract if self.subtracts else np.add)(
            inputs[0], inputs[1] if self.constant is None else self.constant
        )
        return np.maximum(y, 0) if self.relu else y

    @property
    def mask(self) -> NDArray[np.bool_] | None:
        """Where a softmax behind it shall look: the constant is 0 there, and at most MASKED elsewhere; else None."""
        if self.constant is None:
            return None
        allowed = self.constant == 0
        is_mask = not allowed.all() and (self.constant[~allowed] <= MASKED).all()
        return np.asarray(allowed) if is_mask else None

    @property
    def parameters(self) -> int:
        """How many trained values it holds: those of a mask are not."""
        return 0 if self.mask is not None else super().parameters


@dataclass(frozen=True)
class Mul(Operator):
    """y = a b, or a `constant`, value by value; shapes broadcast."""

    constant: FloatArray | None = None

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape to which both broadcast."""
        return broadcast(inputs[0], inputs[1] if self.constant is None else self.constant.shape)

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.multiply(inputs[0], inputs[1] if self.constant is None else self.constant)


def sigmoid(x: Values) -> Values:
    """Return 1 / (1 + exp(-x)), without overflow for any x."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, small) / (1 + small))


def erf(x: Values) -> Values:
    """Return the error function to 1.5e-7 (Abramowitz and Stegun, formula 7.1.26; NumPy has none)."""
    wide = np.abs(x.astype(np.float64))
    t = 1 / (1 + 0.3275911 * wide)
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    return np.asarray(np.sign(x) * (1 - series * np.exp(-wide * wide)), x.dtype)
