"""What every step of a layer part can say: its kind, the shape of its output, its memory, its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

import numpy as np

from s2studio.dnn.tensor import Integers
from s2studio.network.operators.operator import Shape

Kind = Literal["matmul", "convolution", "elementwise", "norm", "softmax", "pool", "movement"]
Unit = Literal["mac_array", "exponential_unit", "arm"]


@dataclass(frozen=True)
class Product:
    """`batch` products of (m x k) with (k x n)."""

    batch: int
    m: int
    k: int
    n: int

    @property
    def macs(self) -> int:
        """How many multiplications with accumulation that takes."""
        return self.batch * self.m * self.k * self.n


@dataclass(frozen=True)
class Operator:
    """What all operators have in common; where one says nothing else, its output has the shape of its first input."""

    kind: ClassVar[Kind] = "elementwise"
    unit: ClassVar[Unit] = "arm"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the output. Raises ValueError where `inputs` do not fit each other or the operator."""
        return inputs[0]

    def product(self, inputs: Sequence[Shape]) -> Product | None:  # noqa: ARG002 - most operators are none
        """Return the matrix product that this is, None where it is none."""
        return None

    def compute(self, *inputs: Integers) -> Integers:
        """Return the output for whole numbers, in whole numbers: the reference, exact, not fast."""
        raise NotImplementedError

    @property
    def weight_bytes(self) -> int:
        """How much memory its trained numbers take; a mask is none, it is where loops begin and end."""
        held = (getattr(self, column.name) for column in fields(self))
        return sum(value.nbytes for value in held if isinstance(value, np.ndarray) and value.dtype.kind != "b")
