"""Advances neurons of the models `lif`, `lif_no_delay` and `lif_conv2d` by a tick."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.compiled.vectors import (
    LANES,
    append,
    at,
    at_least,
    choose,
    lanes_at,
    load,
    store,
    to_float32,
    zeros,
)

Float32 = NDArray[np.float32]
# Neurons whose spikes are looked for together.
GROUP = 4 * LANES
# A parameter of every neuron, or of all alike.
Value = Float32 | np.float32


@inner_kernel
def update_lif(
    number: int,
    v: Float32,
    sums: NDArray[np.int32],
    alpha_decay: Value,
    i_offset: Value,
    threshold: Value,
    v_reset: Value,
    subtracts: bool,
    fired: NDArray[np.int32],
) -> int:
    """Advance the neurons by a tick, clear `sums`, write who fired to `fired`, ascending, and return how many did.

    The first neuron has this `number`. `fired` has room for GROUP more than can fire. Parameters are arrays, or numbers
    where they are the same for all neurons.
    """
    count, whole = 0, v.size - v.size % GROUP
    subtracting = np.uint16(0xFFFF if subtracts else 0)
    for first in range(0, whole, GROUP):
        # Four vectors, then their spikes: the processor cannot foresee how many there are.
        reached = np.uint64(0)
        for i in range(first, first + GROUP, LANES):
            integrated = lanes_at(alpha_decay, i) * load(v, i) + to_float32(load(sums, i)) + lanes_at(i_offset, i)
            found = at_least(integrated, lanes_at(threshold, i))
            store(v, i, choose(found, reset(subtracting, integrated, threshold, v_reset, i), integrated))
            store(sums, i, zeros(np.int32))
            reached |= np.uint64(found) << np.uint64(i - first)
        if reached:
            count = append(fired, count, number + first, reached)
    for k in range(whole, v.size):
        v[k] = at(alpha_decay, k) * v[k] + np.float32(sums[k]) + at(i_offset, k)
        sums[k] = 0
        if v[k] >= at(threshold, k):
            v[k] = v[k] - at(threshold, k) if subtracts else at(v_reset, k)
            fired[count] = number + k
            count += 1
    return count


@inner_kernel
def reset(subtracting: np.uint16, v: Any, threshold: Value, v_reset: Value, i: int) -> Any:
    """Return `v`, of the neurons from `i` on, as spikes leave it; `subtracting` has all bits set or none."""
    return choose(subtracting, v - lanes_at(threshold, i), zeros(np.float32) + lanes_at(v_reset, i))
