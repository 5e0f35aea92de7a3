"""Leaky integrate-and-fire without synaptic currents: `lif`, `lif_no_delay`, `lif_conv2d`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.snn.models.model import NeuronModel, Parameter, Update

Float32 = NDArray[np.float32]

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

# Neurons are looked at one by one for spikes only in groups that have one, and only up to the last of them.
GROUP = 64


@kernel
def update_lif(
    v: Float32,
    sums: NDArray[np.int32],
    alpha_decay: Float32,
    i_offset: Float32,
    threshold: Float32,
    v_reset: Float32,
    subtracts: bool,
    fired: NDArray[np.int32],
) -> int:
    """Advance the neurons by a tick, clear `sums`, write who fired to `fired`, ascending, and return how many did."""
    for i in range(v.size):
        v[i] = alpha_decay[i] * v[i] + np.float32(sums[i]) + i_offset[i]
    sums[:] = 0
    count = 0
    for start in range(0, v.size, GROUP):
        group, limit = v[start : start + GROUP], threshold[start : start + GROUP]
        reached = np.int32(0)
        for k in range(group.size):
            reached += np.int32(group[k] >= limit[k])
        k = 0
        while reached:
            if group[k] >= limit[k]:
                i = start + k
                v[i] = v[i] - threshold[i] if subtracts else v_reset[i]
                fired[count] = i
                count += 1
                reached -= 1
            k += 1
    return count
