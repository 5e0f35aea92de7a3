"""Dense synapse rows: spikes add their rows, one int8 weight for each target, to the sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.compiled.vectors import LANES, at_least, choose, lane, load, store, to_int16, to_int32, zeros

# So many weights of a column fit an int16 sum, whatever they are: 255 x 128 < 2^15.
MOST_ROWS = 255
# Columns of so many vectors are summed in registers: their width is a cache line.
FOUR = 4 * LANES


# The first neuron of those that a thread advances, and the one behind the last.
Share = tuple[int, int]


@inner_kernel
def add_dense_rows(sums: NDArray[np.int32], sources: NDArray[np.int32], weight: NDArray[np.int8], share: Share) -> None:
    """Add the columns of `share` of the rows of `sources`, which stand in `weight` one after the other, to `sums`.

    Rows are as wide as `sums`.
    """
    width = np.int64(sums.size)
    for first in range(0, sources.size, MOST_ROWS):
        rows = sources[first : first + MOST_ROWS]
        i = share[0]
        while i + FOUR <= share[1]:
            add_line(sums, rows, weight, i)
            i += FOUR
        while i + LANES <= share[1]:
            total = zeros(np.int16)
            for row in rows:
                total = total + to_int16(load(weight, np.int64(row) * width + i))
            store(sums, i, load(sums, i) + to_int32(total))
            i += LANES
        if i < share[1]:
            add_last(sums, rows, weight, i, share[1])


@inner_kernel
def add_last(sums: NDArray[np.int32], rows: NDArray[np.int32], weight: NDArray[np.int8], first: int, last: int) -> None:
    """Add the columns `first` to `last`, fewer than LANES, of at most MOST_ROWS rows."""
    whole, total = weight.size - LANES, zeros(np.int16)
    for row in rows:
        place = np.int64(row) * sums.size + first
        if place <= whole:
            total = total + to_int16(load(weight, place))
        else:
            # A vector would reach beyond the last row.
            for k in range(first, last):
                sums[k] += weight[place + k - first]
    for k in range(first, last):
        sums[k] += lane(total, k - first)


@inner_kernel
def add_line(sums: NDArray[np.int32], rows: NDArray[np.int32], weight: NDArray[np.int8], i: int) -> None:
    """Add the columns i to i + FOUR of at most MOST_ROWS rows."""
    a = b = c = d = zeros(np.int16)
    for row in rows:
        place = np.int64(row) * sums.size + i
        a = a + to_int16(load(weight, place))
        b = b + to_int16(load(weight, place + LANES))
        c = c + to_int16(load(weight, place + 2 * LANES))
        d = d + to_int16(load(weight, place + 3 * LANES))
    store(sums, i, load(sums, i) + to_int32(a))
    store(sums, i + LANES, load(sums, i + LANES) + to_int32(b))
    store(sums, i + 2 * LANES, load(sums, i + 2 * LANES) + to_int32(c))
    store(sums, i + 3 * LANES, load(sums, i + 3 * LANES) + to_int32(d))


@inner_kernel
def add_dense_rows_apart(
    sums: NDArray[np.int32], sources: NDArray[np.int32], weight: NDArray[np.int8], share: Share
) -> None:
    """Add positive weights to the first half of `sums` and the size of negative ones to the second half."""
    width = sums.size // 2
    whole = share[1] - (share[1] - share[0]) % LANES
    for first in range(0, sources.size, MOST_ROWS):
        rows = sources[first : first + MOST_ROWS]
        for i in range(share[0], whole, LANES):
            positive = negative = none = zeros(np.int16)
            for row in rows:
                added = to_int16(load(weight, np.int64(row) * width + i))
                is_positive = at_least(added, none)
                positive = positive + choose(is_positive, added, none)
                negative = negative - choose(is_positive, none, added)
            store(sums, i, load(sums, i) + to_int32(positive))
            store(sums, width + i, load(sums, width + i) + to_int32(negative))
        for row in rows:
            for k in range(whole, share[1]):
                added = np.int32(weight[np.int64(row) * width + k])
                sums[k] += max(added, 0)
                sums[width + k] += max(-added, 0)
