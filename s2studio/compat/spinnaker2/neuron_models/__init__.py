"""`spinnaker2.neuron_models`: the application classes, one for each neuron model that runs, and their levels."""

from __future__ import annotations

from s2studio.compat.names import unknown_name

SUBMODULES = (
    "application",
    "common",
    "lif_neuron",
    "lif_curr_exp",
    "lif_conv2d",
    "spike_list",
    "spikes_from_array",
    "poisson_process",
    "relay",
)
__getattr__ = unknown_name("spinnaker2.neuron_models", SUBMODULES)
