"""Advances neurons of the models `lif_curr_exp` and `lif_curr_exp_no_delay` by a tick."""

from __future__ import annotations

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
from s2studio.sim.kernels.lif import GROUP, Float32, Value, reset


@inner_kernel
def update_lif_curr_exp(
    tick: int,
    number: int,
    v: Float32,
    i_exc: Float32,
    i_inh: Float32,
    ready: NDArray[np.int32],
    exc_sums: NDArray[np.int32],
    inh_sums: NDArray[np.int32],
    exc_decay: Value,
    inh_decay: Value,
    alpha_decay: Value,
    i_offset: Value,
    threshold: Value,
    v_reset: Value,
    t_refrac: NDArray[np.int32] | np.int32,
    subtracts: bool,
    fired: NDArray[np.int32],
) -> int:
    """Advance the neurons by a tick, clear the sums, write who fired to `fired`, ascending, and return how many did.

    The first neuron has this `number`; `ready` is the first tick in which a neuron integrates again. `fired` has room
    for GROUP more than can fire. Parameters are arrays, or numbers where they are the
    same for all neurons.
    """
    now = np.int32(tick)
    count, whole = 0, v.size - v.size % GROUP
    subtracting = np.uint16(0xFFFF if subtracts else 0)
    for first in range(0, whole, GROUP):
        reached = np.uint64(0)
        for i in range(first, first + GROUP, LANES):
            exc = load(i_exc, i) * lanes_at(exc_decay, i) + to_float32(load(exc_sums, i))
            inh = load(i_inh, i) * lanes_at(inh_decay, i) + to_float32(load(inh_sums, i))
            store(i_exc, i, exc)
            store(i_inh, i, inh)
            store(exc_sums, i, zeros(np.int32))
            store(inh_sums, i, zeros(np.int32))
            before, active = load(v, i), at_least(now, load(ready, i))
            integrated = lanes_at(alpha_decay, i) * before + (exc - inh) + lanes_at(i_offset, i)
            found = active & at_least(integrated, lanes_at(threshold, i))
            after = choose(found, reset(subtracting, integrated, threshold, v_reset, i), integrated)
            store(v, i, choose(active, after, before))
            reached |= np.uint64(found) << np.uint64(i - first)
        if reached:
            for i in range(first, first + GROUP, LANES):
                found = np.uint16(reached >> np.uint64(i - first))
                again = zeros(np.int32) + (now + np.int32(1)) + lanes_at(t_refrac, i)
                store(ready, i, choose(found, again, load(ready, i)))
            count = append(fired, count, number + first, reached)
    for k in range(whole, v.size):
        i_exc[k] = i_exc[k] * at(exc_decay, k) + np.float32(exc_sums[k])
        i_inh[k] = i_inh[k] * at(inh_decay, k) + np.float32(inh_sums[k])
        exc_sums[k] = inh_sums[k] = 0
        if now < ready[k]:
            continue
        v[k] = at(alpha_decay, k) * v[k] + (i_exc[k] - i_inh[k]) + at(i_offset, k)
        if v[k] >= at(threshold, k):
            v[k] = v[k] - at(threshold, k) if subtracts else at(v_reset, k)
            ready[k] = now + 1 + at(t_refrac, k)
            fired[count] = number + k
            count += 1
    return count
