"""`spinnaker2.neuron_models.spikes_from_array`, where scripts set the level of its PEs."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.neuron_models.application import SpikesFromArrayApplication

__all__ = ["SpikesFromArrayApplication"]
__getattr__ = unknown_name("spinnaker2.neuron_models.spikes_from_array", __all__)
