"""Leaky integrate-and-fire without synaptic currents: `lif`, `lif_no_delay`, `lif_conv2d`."""

from __future__ import annotations

from s2studio.snn.models.model import NeuronModel, Parameter, Update

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
