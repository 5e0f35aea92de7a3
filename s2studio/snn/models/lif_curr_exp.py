"""Leaky integrate-and-fire with exponential synaptic currents: `lif_curr_exp`, `lif_curr_exp_no_delay`."""

from __future__ import annotations

from s2studio.snn.models.lif import MEMBRANE
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
