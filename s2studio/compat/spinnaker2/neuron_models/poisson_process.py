"""`spinnaker2.neuron_models.poisson_process`, where scripts set the level of its PEs."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.neuron_models.application import PoissonProcessApplication

__all__ = ["PoissonProcessApplication"]
__getattr__ = unknown_name("spinnaker2.neuron_models.poisson_process", __all__)
