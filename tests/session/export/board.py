"""A stand-in for `spinnaker2` that writes down what a script asks of the board and gives it what it is told to."""

from __future__ import annotations

import runpy
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest


@dataclass
class Asked:
    """All that one script asked for: networks in the order of `run`, with ticks and keywords, and the boards."""

    runs: list[tuple[Any, int, dict[str, Any]]] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    levels: dict[str, Any] = field(default_factory=dict)
    routing: str | None = None


class FakePopulation(SimpleNamespace):
    """Keeps its arguments. Its spikes are one of neuron 0 in tick 1; voltages count the ticks; PEs are two."""

    max_atoms = 0

    def set_max_atoms_per_core(self, number: int) -> None:
        self.max_atoms = number

    def get_spikes(self) -> dict[int, list[int]]:
        return {0: [1]} | {neuron: [] for neuron in range(1, self.size)}

    def get_voltages(self) -> dict[int, Any]:
        return {neuron: np.arange(self.steps, dtype=np.float32) + neuron for neuron in range(self.size)}

    def get_time_done_times(self) -> dict[str, Any]:
        return {f"PE(1, 1, {self.place})": np.full(self.steps, 0.25)}

    def get_n_packets(self) -> dict[str, Any]:
        return {f"PE(1, 1, {self.place})": np.full(self.steps, 7)}


class FakeNetwork:
    """Keeps what was added."""

    def __init__(self, name: str) -> None:
        self.name, self.populations, self.projections = name, [], []  # type: ignore[var-annotated]

    def add(self, *parts: Any) -> None:
        for part in parts:
            (self.populations if isinstance(part, FakePopulation) else self.projections).append(part)


def run_script(script: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Run the script `script` in `folder` with the stand-in and return what it asked for."""
    asked = Asked()
    settings = SimpleNamespace(routing_type=None)

    class Chip:
        def __init__(self, eth_ip: str) -> None:
            asked.addresses.append(eth_ip)

        def run(self, network: FakeNetwork, steps: int, **keywords: Any) -> None:
            for place, population in enumerate(network.populations):
                population.steps, population.place = steps, place
            asked.runs.append((network, steps, keywords))

    def conv(pre: Any, post: Any, weights: Any, params: Any) -> SimpleNamespace:
        return SimpleNamespace(pre=pre, post=post, weights=weights, params=params)

    applications = {
        "lif_neuron": ("LIFApplication", "LIFNoDelayApplication"),
        "lif_conv2d": ("LIFConv2dApplication",),
    }
    modes = ("PL_MODE_LOW", "PL_MODE_HIGH", "PL_MODE_AUTO")
    modules: dict[str, dict[str, Any]] = {
        "spinnaker2": {},
        "spinnaker2.hardware": {"SpiNNaker2Chip": Chip},
        "spinnaker2.snn": {
            "Population": FakePopulation,
            "Projection": SimpleNamespace,
            "Conv2DProjection": conv,
            "Network": FakeNetwork,
        },
        "spinnaker2.experiment_backends": {},
        "spinnaker2.experiment_backends.backend_settings": {
            "ROUTING": SimpleNamespace(MC="mc", C2C="c2c"),
            "BackendSettings": lambda: settings,
        },
        "spinnaker2.neuron_models": {},
        "spinnaker2.neuron_models.common": {
            "DVFSParams": SimpleNamespace,
            "PmgtMode": SimpleNamespace(**{mode: mode for mode in modes}),
        },
    }
    for module, names in applications.items():
        modules[f"spinnaker2.neuron_models.{module}"] = {name: SimpleNamespace(dvfs_params=None) for name in names}
    made = {}
    for name, content in modules.items():
        made[name] = ModuleType(name)
        vars(made[name]).update(content)
        monkeypatch.setitem(sys.modules, name, made[name])
        parent, _, word = name.rpartition(".")
        if parent:
            setattr(made[parent], word, made[name])
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", [str(script), "10.0.0.1"])
    runpy.run_path(str(script), run_name="__main__")
    asked.routing = settings.routing_type
    for module, names in applications.items():
        for name in names:
            asked.levels[name] = getattr(made[f"spinnaker2.neuron_models.{module}"], name).dvfs_params
    return asked
