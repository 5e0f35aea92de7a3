"""Puts the synapses of a list in rows by source, each row ascending by target neuron, without a copy of the list."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel

IntArray = NDArray[np.int64]


@kernel
def fill_rows(
    pre: NDArray[np.int32],
    post: NDArray[np.int32],
    weight: NDArray[np.int8],
    delay: NDArray[np.uint8],
    place: NDArray[np.int32],
    inhibitory: int,
    slot: int,
    counts: bool,
    first: int,
    neuron_start: IntArray,
    order: NDArray[Any],
    row_start: IntArray,
    target: NDArray[Any],
    sorted_weight: NDArray[np.int8],
) -> None:
    """Fill `target`, `sorted_weight` and `row_start`, which counts from `first`, for sources numbered by `place`.

    The target of a synapse is its neuron, by which a row ascends, plus `inhibitory` where the weight is negative, which
    then loses its sign (0: signs stay), plus `slot` for each tick of delay. With `counts` every weight is 1.
    `neuron_start` holds a 0 for each target neuron and one more, `order` is room for a number per synapse.
    """
    for k in range(pre.size):
        neuron_start[post[k] + 1] += 1
        row_start[place[pre[k]] + 1] += 1
    for neuron in range(1, neuron_start.size):
        neuron_start[neuron] += neuron_start[neuron - 1]
    for k in range(pre.size):
        order[neuron_start[post[k]]] = k
        neuron_start[post[k]] += 1
    for row in range(1, row_start.size):
        row_start[row] += row_start[row - 1]
    for k in order:
        row = place[pre[k]]
        into = row_start[row]
        row_start[row] += 1
        target[into] = _key(post[k], weight[k], delay[k], inhibitory, slot)
        sorted_weight[into] = 1 if counts else abs(weight[k]) if inhibitory else weight[k]
    for row in range(row_start.size - 1, 0, -1):
        row_start[row] = first + row_start[row - 1]
    row_start[0] = first


@kernel
def _key(post: int, weight: int, delay: int, inhibitory: int, slot: int) -> np.int64:
    key = np.int64(post) + np.int64(delay) * slot
    return key + inhibitory if weight < 0 else key


@kernel
def count_in_rows(
    row_start: IntArray, target: NDArray[Any], size: int, slice_of: NDArray[np.int32], counts: NDArray[Any]
) -> int:
    """Count the targets of each row by slice and return the largest count.

    Row i of `counts` is filled; a table of one row is scratch space for all of them.
    """
    most = 0
    for row in range(row_start.size - 1):
        into = counts[row % counts.shape[0]]
        into[:] = 0
        for k in range(row_start[row], row_start[row + 1]):
            into[slice_of[np.int64(target[k]) % size]] += 1
        most = max(most, into.max())
    return most


@kernel
def split_rows(row_start: IntArray, target: NDArray[Any], size: int, bounds: IntArray, split: IntArray) -> None:
    """Fill `split` with where the targets from each of `bounds` on begin in every row, and where the last row ends.

    A row ascends by neuron, which is the target modulo `size`; bounds[0] is 0.
    """
    for row in range(row_start.size - 1):
        for part in range(bounds.size):
            low, high = row_start[row], row_start[row + 1]
            while low < high:
                middle = (low + high) // 2
                if np.int64(target[middle]) % size < bounds[part]:
                    low = middle + 1
                else:
                    high = middle
            split[row * bounds.size + part] = low
    split[split.size - 1] = row_start[row_start.size - 1]
