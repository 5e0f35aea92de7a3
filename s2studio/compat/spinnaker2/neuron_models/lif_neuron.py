"""`spinnaker2.neuron_models.lif_neuron`, where scripts set the level of its PEs."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.neuron_models.application import LIFApplication, LIFNoDelayApplication

__all__ = ["LIFApplication", "LIFNoDelayApplication"]
__getattr__ = unknown_name("spinnaker2.neuron_models.lif_neuron", __all__)
