"""Sparse synapse rows: a spike adds its row's weights to the sums of their targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.sim.rows import Targets


@inner_kernel
def add_row(sums: NDArray[np.int32], target: Targets, weight: NDArray[np.int8]) -> None:
    """Add `weight` to `sums` at `target`; `sums` is one slot of the ring."""
    for k in range(target.size):
        sums[target[k]] += weight[k]


@inner_kernel
def add_row_with_delays(ring: NDArray[np.int32], now: int, target: Targets, weight: NDArray[np.int8]) -> None:
    """Add `weight` to `ring`, all slots of a population, at `target` counted from `now`, around its end."""
    for k in range(target.size):
        place = now + np.int64(target[k])
        if place >= ring.size:
            place -= ring.size
        ring[place] += weight[k]
