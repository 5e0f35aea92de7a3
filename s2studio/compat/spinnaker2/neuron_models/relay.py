"""`spinnaker2.neuron_models.relay`, where scripts set the level of its PEs."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.neuron_models.application import RelayApplication

__all__ = ["RelayApplication"]
__getattr__ = unknown_name("spinnaker2.neuron_models.relay", __all__)
