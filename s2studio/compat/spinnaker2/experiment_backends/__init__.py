"""`spinnaker2.experiment_backends`: how a board is reached, which only decides about routing here."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.experiment_backends.backend_settings import ROUTING, BackendSettings
from s2studio.compat.spinnaker2.experiment_backends.base_experiment_backend import ExperimentBackendType

__all__ = ["ROUTING", "BackendSettings", "ExperimentBackendType"]
__getattr__ = unknown_name("spinnaker2.experiment_backends", __all__)
