"""`spinnaker2.neuron_models.lif_curr_exp`, where scripts set the level of its PEs."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.neuron_models.application import LIFCurrExpApplication, LIFCurrExpNoDelayApplication

__all__ = ["LIFCurrExpApplication", "LIFCurrExpNoDelayApplication"]
__getattr__ = unknown_name("spinnaker2.neuron_models.lif_curr_exp", __all__)
