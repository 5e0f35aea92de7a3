"""Columns whose equal values stand together, held as each value and the rows that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.sim.arrays import starts


@dataclass(frozen=True, eq=False)
class RunLengths:
    """A column whose rows bounds[i] to bounds[i + 1] are `values[i]`, none of them empty.

    Neighbours differ: where they may be equal, use `merged`. `bounds` (int64) has an entry more than `values`; rows are
    counted from anywhere.
    """

    values: NDArray[Any]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[Any]) -> RunLengths:
        """Return the column `values`."""
        return cls(values, np.arange(len(values) + 1)).merged()

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many rows each value has."""
        return np.diff(self.bounds)

    def merged(self) -> RunLengths:
        """Return the same column, equal neighbours as one."""
        is_first = np.ones(len(self.bounds), np.bool_)
        np.not_equal(self.values[1:], self.values[:-1], out=is_first[1:-1])
        return self if is_first.all() else RunLengths(self.values[is_first[:-1]], self.bounds[is_first])

    def whole(self) -> NDArray[Any]:
        """Return the column value by value."""
        return np.repeat(self.values, self.lengths)

    def __len__(self) -> int:
        return int(self.bounds[-1] - self.bounds[0])

    def __getitem__(self, part: slice) -> RunLengths:
        start, stop, _ = part.indices(len(self))
        if start >= stop:
            return RunLengths(self.values[:0], self.bounds[:1])
        start, stop = start + int(self.bounds[0]), stop + int(self.bounds[0])
        first, last = int(np.searchsorted(self.bounds, start, "right")) - 1, int(np.searchsorted(self.bounds, stop))
        bounds = self.bounds[first : last + 1].copy()
        bounds[0], bounds[-1] = start, stop
        return RunLengths(self.values[first:last], bounds)


Values = NDArray[Any] | RunLengths


def joined(pieces: Sequence[Values]) -> Values:
    """Return `pieces` of one column, all of one kind and at least one, one after the other."""
    if len(pieces) == 1:
        return pieces[0]
    runs = [piece for piece in pieces if isinstance(piece, RunLengths)]
    if not runs:
        return np.concatenate([piece for piece in pieces if not isinstance(piece, RunLengths)])
    begins = starts(map(len, runs))
    ends = [run.bounds[1:] - run.bounds[0] + begin for run, begin in zip(runs, begins, strict=False)]
    return RunLengths(np.concatenate([run.values for run in runs]), np.concatenate([begins[:1], *ends])).merged()


def whole(values: Values) -> NDArray[Any]:
    """Return a column value by value."""
    return values.whole() if isinstance(values, RunLengths) else values
