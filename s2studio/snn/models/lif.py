"""Leaky integrate-and-fire without synaptic currents: `lif`, `lif_no_delay`, `lif_conv2d`."""

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
from s2studio.snn.models.model import NeuronModel, Parameter, Update

Float32 = NDArray[np.float32]
# Neurons whose spikes are looked for together.
GROUP = 4 * LANES
# A parameter of every neuron, or of all alike.
Value = Float32 | np.float32

SUBTRACT, TO_RESET = "reset_by_subtraction", "reset_to_v_reset"
EQUATION = """\
V <- alpha_decay * V + sum(w) + i_offset
V >= threshold: spike; V <- V - threshold (reset_by_subtraction) or V <- v_reset (reset_to_v_reset)"""
MEMBRANE = (
    Parameter("threshold", 1.0, "V at which the neuron spikes"),
    Parameter("alpha_decay", 1.0, "the share of V that is left after a tick"),
    Parameter("i_offset", 0.0, "added to V every tick"),
    Parameter("v_init", 0.0, "V before the first tick"),
    Parameter("v_reset", 0.0, "V after a spike, with reset_to_v_reset"),
    Parameter("reset", SUBTRACT, "what a spike does to V", choices=(SUBTRACT, TO_RESET)),
)

LIF = NeuronModel("lif", "LIF", EQUATION, MEMBRANE, ("v",), 1, Update.LIF)
LIF_NO_DELAY = NeuronModel("lif_no_delay", "LIF with 8-bit weights", EQUATION, MEMBRANE, ("v",), 1, Update.LIF)
LIF_CONV2D = NeuronModel(
    "lif_conv2d", "LIF behind a convolution", EQUATION, MEMBRANE, ("v",), 1, Update.LIF, takes_convolution=True
)


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
