"""`spinnaker2.neuron_models.lif_conv2d`, where scripts set the level of its PEs."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.neuron_models.application import LIFConv2dApplication

__all__ = ["LIFConv2dApplication"]
__getattr__ = unknown_name("spinnaker2.neuron_models.lif_conv2d", __all__)
