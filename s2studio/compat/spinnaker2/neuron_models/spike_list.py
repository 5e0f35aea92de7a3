"""`spinnaker2.neuron_models.spike_list`, where scripts set the level of its PEs."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.neuron_models.application import SpikeListApplication

__all__ = ["SpikeListApplication"]
__getattr__ = unknown_name("spinnaker2.neuron_models.spike_list", __all__)
