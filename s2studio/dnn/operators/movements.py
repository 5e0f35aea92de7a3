"""Operators that move values without computing: embedding, reshape, transpose, concat, slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.fixed_point import clipped, shifted
from s2studio.dnn.operators.operator import Kind, Operator
from s2studio.dnn.tensor import Integers
from s2studio.network.operators import movements as plain
from s2studio.network.operators.operator import Shape


@dataclass(frozen=True)
class Embedding(Operator):
    """y = the rows of `table` (tokens, features) that the integers x name."""

    table: NDArray[np.int8]
    kind: ClassVar[Kind] = "movement"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return (..., features)."""
        return (*inputs[0], self.table.shape[1])

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        return np.asarray(self.table[inputs[0]])


@dataclass(frozen=True)
class Move(Operator):
    """y = what `movement`, a reshape, a transpose or a slice, makes of x; its steps stay."""

    movement: plain.Reshape | plain.Transpose | plain.Slice
    kind: ClassVar[Kind] = "movement"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return that of the movement."""
        return self.movement.shape(inputs)

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        return self.movement.compute(*inputs)


@dataclass(frozen=True)
class Concat(Operator):
    """y = the inputs one after the other along `axis`, each clip(x 2^-shift) with its own of `shifts`, rounded.

    Constants stand `before` and `after` them.
    """

    axis: int
    shifts: tuple[int, ...]
    before: NDArray[np.int8] | None = None
    after: NDArray[np.int8] | None = None
    kind: ClassVar[Kind] = "movement"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape with the lengths along `axis` added."""
        return plain.Concat(self.axis, self.before, self.after).shape(inputs)

    def compute(self, *inputs: Integers) -> Integers:
        """Return y."""
        moved = (shifted(x.astype(np.int64), shift) for x, shift in zip(inputs, self.shifts, strict=True))
        parts = (self.before, *moved, self.after)
        return clipped(np.concatenate([part for part in parts if part is not None], self.axis))
