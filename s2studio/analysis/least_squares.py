"""Non-negative least squares from sums of products, and which unknowns the data can tell apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Of the largest eigenvalue of the scaled products: below it, a direction is one that the data say nothing of.
_RANK = 1e-9
# Of an unknown's unit vector: what may lie in such directions.
_SHARE = 1e-3


@dataclass
class Products:
    """Sums over rows of data: X^T X, X^T y and y^T y, fed block by block; never more than a block in memory."""

    unknowns: int

    def __post_init__(self) -> None:
        self.rows = 0
        self.gram: FloatArray = np.zeros((self.unknowns, self.unknowns))
        self.right: FloatArray = np.zeros(self.unknowns)
        self.square = 0.0

    def add(self, x: FloatArray, y: FloatArray) -> None:
        """Add the rows `x` (rows, unknowns) with what was measured, `y` (rows,)."""
        self.rows += len(y)
        self.gram += x.T @ x
        self.right += x.T @ y
        self.square += float(y @ y)

    def mean_square(self, values: FloatArray) -> float:
        """Return the mean of the squared residuals of `values`."""
        residual = self.square - 2 * float(values @ self.right) + float(values @ self.gram @ values)
        return max(0.0, residual) / max(1, self.rows)


def identifiable(gram: FloatArray) -> NDArray[np.bool_]:
    """Return which unknowns the data determine each by itself; one that never occurs is none."""
    occurs = np.diag(gram) > 0
    found = np.zeros(len(gram), np.bool_)
    scale = np.sqrt(np.diag(gram)[occurs])
    values, vectors = np.linalg.eigh(gram[np.ix_(occurs, occurs)] / np.outer(scale, scale))
    silent = vectors[:, values < _RANK * values.max(initial=0.0)]
    found[occurs] = np.linalg.norm(silent, axis=1) < _SHARE
    return found


def independent(gram: FloatArray, order: list[int]) -> list[int]:
    """Return those of the unknowns `order`, earlier ones first, that are independent of those taken before."""
    taken: list[int] = []
    for unknown in order:
        if gram[unknown, unknown] > 0 and _is_full(gram[np.ix_([*taken, unknown], [*taken, unknown])]):
            taken.append(unknown)
    return taken


def _is_full(gram: FloatArray) -> bool:
    scale = np.sqrt(np.diag(gram))
    values = np.linalg.eigvalsh(gram / np.outer(scale, scale))
    return bool(values[0] > _RANK * values[-1])


def non_negative(gram: FloatArray, right: FloatArray) -> FloatArray:
    """Return the x >= 0 that makes x^T gram x - 2 x^T right least (Lawson and Hanson, 1974); `gram` has full rank."""
    x = np.zeros(len(right))
    free = np.zeros(len(right), np.bool_)
    scale = np.sqrt(np.diag(gram))
    tolerance = 1e-10 * max(1e-300, float(np.abs(right / scale).max(initial=0.0)))
    for _ in range(3 * len(right) + 1):
        gradient = np.where(free, -np.inf, (right - gram @ x) / scale)
        if not len(gradient) or gradient.max() <= tolerance:
            break
        free[int(np.argmax(gradient))] = True
        x = _feasible(gram, right, x, free)
    return x


def _feasible(gram: FloatArray, right: FloatArray, x: FloatArray, free: NDArray[np.bool_]) -> FloatArray:
    """Return the best x of the `free` unknowns, those taken out of it that would become negative."""
    while True:
        best = np.zeros(len(right))
        best[free] = np.linalg.solve(gram[np.ix_(free, free)], right[free])
        low = free & (best <= 0)
        if not low.any():
            return best
        step = float((x[low] / (x[low] - best[low])).min())
        x = x + step * (best - x)
        free &= ~(low & (x <= 1e-12 * (1 + np.abs(x).max())))
        if not free.any():
            return np.zeros(len(right))
