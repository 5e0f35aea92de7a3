"""Operators that move values without computing: embedding, reshape, transpose, concat, slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from s2studio.network.operators.operator import FloatArray, Operator, Shape, Values, axis_of, size, text


@dataclass(frozen=True)
class Embedding(Operator):
    """y = the rows of `table` (tokens, features) that the integers x name."""

    table: FloatArray

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (..., features)."""
        return (*inputs[0], self.table.shape[1])

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return self.table[inputs[0]]


@dataclass(frozen=True)
class Reshape(Operator):
    """y = the values of x in their order, of the shape `target`. Flatten, squeeze and unsqueeze are these."""

    target: Shape

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return `target`."""
        if size(inputs[0]) != size(self.target):
            raise ValueError(f"{text(inputs[0])} does not become {text(self.target)}")
        return self.target

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return inputs[0].reshape(self.target)


@dataclass(frozen=True)
class Transpose(Operator):
    """y = x with its axes in the order `axes`."""

    axes: tuple[int, ...]

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the lengths in their new order."""
        if sorted(self.axes) != list(range(len(inputs[0]))):
            raise ValueError(f"the axes {self.axes} of {text(inputs[0])}")
        return tuple(inputs[0][axis] for axis in self.axes)

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return inputs[0].transpose(self.axes)


@dataclass(frozen=True)
class Concat(Operator):
    """y = the inputs one after the other along `axis`, constants `before` and `after` them."""

    axis: int
    before: Values | None = None
    after: Values | None = None

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape with the lengths along `axis` added."""
        shapes = [*_shapes(self.before), *inputs, *_shapes(self.after)]
        first, axis = shapes[0], axis_of(self.axis, shapes[0])
        for other in shapes:
            if len(other) != len(first) or (*other[:axis], *other[axis + 1 :]) != (*first[:axis], *first[axis + 1 :]):
                raise ValueError(f"{text(first)} and {text(other)} along axis {axis}")
        return (*first[:axis], sum(other[axis] for other in shapes), *first[axis + 1 :])

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return np.concatenate([part for part in (self.before, *inputs, self.after) if part is not None], self.axis)


def _shapes(constant: Values | None) -> list[Shape]:
    return [] if constant is None else [constant.shape]


@dataclass(frozen=True)
class Slice(Operator):
    """y = x[start:stop:step] along each axis; `ranges` has one (start, stop, step) per axis, with 0 <= start < stop."""

    ranges: tuple[tuple[int, int, int], ...]

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return how many values each range has."""
        if len(self.ranges) != len(inputs[0]):
            raise ValueError(f"{len(self.ranges)} ranges of {text(inputs[0])}")
        return tuple(len(range(*limits)) for limits in self.ranges)

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        return inputs[0][tuple(slice(*limits) for limits in self.ranges)]
