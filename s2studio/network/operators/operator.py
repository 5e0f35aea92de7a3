"""What every operator can say: the shape of its output, its parameters, its multiplications, its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
FloatArray = NDArray[np.float32]
# A tensor on its way through the graph: float32, or integers that choose rows of an embedding.
Values = NDArray[Any]


@dataclass(frozen=True)
class Operator:
    """What all operators have in common; where an operator says nothing else, it is y = x of one input."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the output. Raises ValueError where `inputs` do not fit each other or the operator."""
        return inputs[0]

    def macs(self, inputs: Sequence[Shape]) -> int:  # noqa: ARG002 - most operators have none
        """Return how many multiplications with accumulation one inference takes."""
        return 0

    def compute(self, *inputs: Values) -> Values:
        """Return the output in float32 (integers stay integers where nothing is computed)."""
        return inputs[0]

    @property
    def parameters(self) -> int:
        """How many trained values it holds; a number without axes and a mask are none, but part of the equation."""
        held = (getattr(self, column.name) for column in fields(self))
        arrays = (value for value in held if isinstance(value, np.ndarray) and value.ndim)
        return sum(array.size for array in arrays if array.dtype.kind == "f")


@dataclass(frozen=True)
class Identity(Operator):
    """y = x: what a dropout is in inference."""


@dataclass(frozen=True)
class Unsupported(Operator):
    """A node that s2studio does not cover: the type in the file, why, and what to do about it."""

    type_name: str
    reason: str
    remedy: str


def axis_of(axis: int, shape: Shape) -> int:
    """Return `axis`, which may count from the end, as an index from 0. Raises ValueError where there is none."""
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis {axis} of a tensor with {len(shape)} axes")
    return axis % len(shape)


def broadcast(first: Shape, second: Shape) -> Shape:
    """Return the shape to which both broadcast. Raises ValueError where they do not."""
    try:
        return np.broadcast_shapes(first, second)
    except ValueError as problem:
        raise ValueError(f"{text(first)} and {text(second)} do not broadcast") from problem


def text(shape: Shape) -> str:
    """Return `1 x 28 x 28`."""
    return " x ".join(map(str, shape)) or "one value"


def size(shape: Shape) -> int:
    """Return how many values a tensor has."""
    return int(prod(shape))
