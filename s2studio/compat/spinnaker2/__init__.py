"""`spinnaker2`, as scripts for the board import it; a submodule is imported when it is first used."""

from __future__ import annotations

from importlib import import_module

from s2studio.compat.names import unknown_name

SUBMODULES = (
    "snn",
    "hardware",
    "brian2_sim",
    "helpers",
    "ann2snn_helpers",
    "s2_nir",
    "neuron_models",
    "experiment_backends",
)
__getattr__ = unknown_name("spinnaker2", SUBMODULES, lambda name: import_module(f"{__name__}.{name}"))
