"""What curves over time share: lines and areas that are level within each bin of a profile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.draw.scale import Scale

FloatArray = NDArray[np.float64]


def places(values: FloatArray, scale: Scale) -> FloatArray:
    """Return the px of `values` on `scale`; what is below its low end lies there if it goes by powers of ten."""
    low, high = scale.low, scale.high
    if scale.is_log:
        low, high, values = np.log10(low), np.log10(high), np.log10(np.maximum(values, low))
    share = (values - low) / (high - low) if high > low else np.zeros(np.shape(values))
    return np.asarray(scale.first + share * (scale.last - scale.first))


def steps(edges: FloatArray, values: FloatArray, across: Scale, up: Scale) -> FloatArray:
    """Return the corners, shape (corners, 2), of a line that is level within each bin."""
    xs, ys = places(edges, across), np.round(places(values, up), 2)
    # Bins at the same height are one piece: long runs are level for most of their time.
    first = np.concatenate([[0], np.flatnonzero(np.diff(ys)) + 1])
    last = np.append(first[1:], len(ys))
    return np.column_stack([np.column_stack([xs[first], xs[last]]).ravel(), np.repeat(ys[first], 2)])


def area(edges: FloatArray, low: FloatArray, high: FloatArray, across: Scale, up: Scale) -> FloatArray:
    """Return the corners, shape (corners, 2), of the area between two lines that are level within each bin."""
    return np.concatenate([steps(edges, high, across, up), steps(edges, low, across, up)[::-1]])
