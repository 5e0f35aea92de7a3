"""Columns whose equal values stand together, held as each value and how often it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RunLengths:
    """A column in which `values[i]` comes `lengths[i]` times (int64, at least once). Neighbours may be equal."""

    values: NDArray[Any]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[Any]) -> RunLengths:
        """Return the column `values`."""
        return cls(values, np.ones(len(values), np.int64)).merged()

    def merged(self) -> RunLengths:
        """Return the same column, equal neighbours as one."""
        first = np.flatnonzero(self.values[1:] != self.values[:-1]) + 1
        if len(first) == max(0, len(self.values) - 1):
            return self
        first = np.concatenate([[0], first])
        return RunLengths(self.values[first], np.add.reduceat(self.lengths, first))

    def whole(self) -> NDArray[Any]:
        """Return the column value by value."""
        return np.repeat(self.values, self.lengths)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, part: slice) -> RunLengths:
        start, stop, _ = part.indices(len(self))
        chosen = slice(int(np.searchsorted(self._ends, start, "right")), int(np.searchsorted(self._ends, stop)) + 1)
        ends = np.minimum(self._ends[chosen], stop)
        return RunLengths(self.values[chosen], np.diff(ends, prepend=start))

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        ends: NDArray[np.int64] = np.cumsum(self.lengths)
        return ends


Values = NDArray[Any] | RunLengths


def joined(pieces: Sequence[Values]) -> Values:
    """Return `pieces` of one column, all of one kind and at least one, one after the other."""
    runs = [piece for piece in pieces if isinstance(piece, RunLengths)]
    if not runs:
        return np.concatenate([piece for piece in pieces if not isinstance(piece, RunLengths)])
    return RunLengths(
        np.concatenate([piece.values for piece in runs]), np.concatenate([piece.lengths for piece in runs])
    )


def whole(values: Values) -> NDArray[Any]:
    """Return a column value by value."""
    return values.whole() if isinstance(values, RunLengths) else values
