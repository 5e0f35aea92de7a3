"""Dense synapse rows: a spike adds its row, one int8 weight for each target, to the sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel


@kernel
def add_dense_row(sums: NDArray[np.int32], weight: NDArray[np.int8]) -> None:
    """Add `weight` to `sums`, neuron by neuron."""
    for i in range(weight.size):
        sums[i] += weight[i]


@kernel
def add_dense_row_apart(sums: NDArray[np.int32], weight: NDArray[np.int8]) -> None:
    """Add positive weights to the first half of `sums` and the size of negative ones to the second half."""
    size = weight.size
    for i in range(size):
        sums[i] += max(weight[i], 0)
    for i in range(size):
        sums[size + i] += max(-np.int32(weight[i]), 0)
