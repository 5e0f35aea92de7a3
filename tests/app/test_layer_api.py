"""Deep networks from Python: a module of torch, in whole numbers, on the chip and in time."""

from __future__ import annotations

import numpy as np
import pytest

import s2studio
from s2studio.errors import UsageError
from s2studio.network.tensors import evaluate
from s2studio.resources import resource_path

torch = pytest.importorskip("torch")


def test_that_any_module_with_example_inputs_goes_from_python_to_times_on_the_chip() -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
    samples = torch.randn(5, 1, 64)
    graph = s2studio.load_module(module, samples[0], name="mlp")
    network = s2studio.quantise(graph, list(samples))
    lif = s2studio.lower(s2studio.load_network(resource_path("sample_projects", "lif_neuron", "model.nir")), dt=1e-3)
    spiking = s2studio.map_network(lif)
    mapping = s2studio.map_layers(network, level="high", forbid=["PE(1, 1, 0)"], beside=spiking)
    first, later = (s2studio.time_layers(mapping, is_first=is_first) for is_first in (True, False))
    (made,) = s2studio.run_layers(network, samples[0]).values()

    taken = {piece.pe for piece in spiking.slices}
    assert not taken & set(mapping.pes)
    assert "PE(1, 1, 0)" not in {str(pe) for pe in mapping.pes}
    assert first.latency_s >= later.latency_s > 0
    exact = evaluate(graph, {graph.inputs[0]: samples[0].numpy()})[graph.outputs[0]]
    np.testing.assert_allclose(made, exact, atol=0.05 * np.abs(exact).max())


def test_that_one_array_for_two_inputs_is_refused() -> None:
    class Both(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, a: object, b: object) -> object:
            return a + b  # type: ignore[operator]

    graph = s2studio.load_module(Both(), torch.randn(1, 4), torch.randn(1, 4))
    with pytest.raises(UsageError, match="give them by name"):
        s2studio.quantise(graph, [torch.randn(1, 4)])
