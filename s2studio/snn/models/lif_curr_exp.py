"""Leaky integrate-and-fire with exponential synaptic currents: `lif_curr_exp`, `lif_curr_exp_no_delay`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.snn.models.lif import GROUP, MEMBRANE, Float32
from s2studio.snn.models.model import NeuronModel, Parameter, Update

EQUATION = """\
Ie <- Ie * exc_decay + sum(w > 0);  Ii <- Ii * inh_decay + sum(|w < 0|)
V <- alpha_decay * V + (Ie - Ii) + i_offset, but not for t_refrac ticks after a spike
V >= threshold: spike; V <- V - threshold (reset_by_subtraction) or V <- v_reset (reset_to_v_reset)"""
PARAMETERS = (
    *MEMBRANE,
    Parameter("exc_decay", 0.0, "the share of Ie that is left after a tick"),
    Parameter("inh_decay", 0.0, "the share of Ii that is left after a tick"),
    Parameter("t_refrac", 0.0, "ticks after a spike in which V stays as it is", least=0, most=2**20, whole=True),
)
STATE = ("v", "i_exc", "i_inh")

LIF_CURR_EXP = NeuronModel(
    "lif_curr_exp", "LIF with exponential currents", EQUATION, PARAMETERS, STATE, 2, Update.LIF_CURR_EXP
)
LIF_CURR_EXP_NO_DELAY = NeuronModel(
    "lif_curr_exp_no_delay",
    "LIF with exponential currents and 8-bit weights",
    EQUATION,
    PARAMETERS,
    STATE,
    2,
    Update.LIF_CURR_EXP,
)


@kernel
def update_lif_curr_exp(
    tick: int,
    v: Float32,
    i_exc: Float32,
    i_inh: Float32,
    ready: NDArray[np.int32],
    exc_sums: NDArray[np.int32],
    inh_sums: NDArray[np.int32],
    exc_decay: Float32,
    inh_decay: Float32,
    alpha_decay: Float32,
    i_offset: Float32,
    threshold: Float32,
    v_reset: Float32,
    t_refrac: NDArray[np.int32],
    subtracts: bool,
    fired: NDArray[np.int32],
) -> int:
    """Advance the neurons by a tick, clear the sums, write who fired to `fired`, ascending, and return how many did.

    `ready` is the first tick in which a neuron integrates again.
    """
    now = np.int32(tick)
    decay_and_add(i_exc, exc_decay, exc_sums)
    decay_and_add(i_inh, inh_decay, inh_sums)
    # Each loop writes one array and reads few: more, and the compiler no longer turns it into vector instructions.
    for i in range(v.size):
        integrated = alpha_decay[i] * v[i] + (i_exc[i] - i_inh[i]) + i_offset[i]
        v[i] = integrated if now >= ready[i] else v[i]
    count = 0
    for start in range(0, v.size, GROUP):
        group, limit, from_tick = (
            v[start : start + GROUP],
            threshold[start : start + GROUP],
            ready[start : start + GROUP],
        )
        reached = np.int32(0)
        for k in range(group.size):
            reached += np.int32(group[k] >= limit[k]) & np.int32(now >= from_tick[k])
        k = 0
        while reached:
            if group[k] >= limit[k] and now >= from_tick[k]:
                i = start + k
                v[i] = v[i] - threshold[i] if subtracts else v_reset[i]
                ready[i] = now + 1 + t_refrac[i]
                fired[count] = i
                count += 1
                reached -= 1
            k += 1
    return count


@kernel
def decay_and_add(current: Float32, decay: Float32, sums: NDArray[np.int32]) -> None:
    """Advance a synaptic current by a tick and clear the sums that flow into it."""
    for i in range(current.size):
        current[i] = current[i] * decay[i] + np.float32(sums[i])
    sums[:] = 0
