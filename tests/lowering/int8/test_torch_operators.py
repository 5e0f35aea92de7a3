"""Every operator that s2studio covers, exported by torch's two exporters, read, and run in int8."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.lowering.int8.network import quantise_network, run_quantised
from s2studio.network.readers.torch_module import load_module
from s2studio.network.tensors import evaluate
from tests.lowering.int8.torch_modules import MODULES, torch
from tests.network.readers.onnx_models import read_here

# Torch's older exporter knows no RMSNorm.
EXPORTS = [(name, dynamo) for name in MODULES for dynamo in (True, False) if dynamo or name != "rms norm"]


@pytest.mark.parametrize(("name", "dynamo"), EXPORTS)
def test_that_an_operator_of_torch_runs_in_int8(name: str, dynamo: bool, tmp_path: Path) -> None:
    if dynamo:
        pytest.importorskip("onnxscript")
    module, given, operators = MODULES[name]
    module.eval()
    path = tmp_path / "module.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = io.BytesIO()
        if dynamo:
            torch.onnx.export(module, (given,), dynamo=True, verbose=False).save(content)
        else:
            torch.onnx.export(module, (given,), content, dynamo=False)
    path.write_bytes(content.getvalue())
    with torch.no_grad():
        exact = module(given).numpy()
    graph = read_here(path)
    sample = {graph.inputs[0]: given.numpy()}
    quantised = quantise_network(graph, [sample])
    ours, reference = (run_quantised(quantised.part, sample, is_reference) for is_reference in (False, True))
    output = quantised.part.outputs[0]
    back = output.to_float(ours.tensors[output.name])

    np.testing.assert_allclose(evaluate(graph, sample)[output.name], exact, atol=1e-5)
    for tensor, values in reference.tensors.items():
        np.testing.assert_array_equal(ours.tensors[tensor], values)
    assert ((exact - back) ** 2).sum() < (exact**2).sum() * 10**-2.8  # 28 dB: 5 bits, after up to six roundings
    assert set(operators.split()) <= {type(layer.operator).__name__ for layer in quantised.part.layers}


@pytest.mark.parametrize(
    ("pool", "shape"), [(torch.nn.AdaptiveAvgPool2d((3, 5)), (1, 4, 8, 8)), (torch.nn.AdaptiveAvgPool1d(5), (1, 4, 12))]
)
def test_that_adaptive_pools_of_unequal_windows_become_products(pool: Any, shape: tuple[int, ...]) -> None:
    given = torch.randn(shape)
    graph = load_module(pool, given)
    sample = {graph.inputs[0]: given.numpy()}
    quantised = quantise_network(graph, [sample])
    output = quantised.part.outputs[0]
    exact, back = pool(given).numpy(), output.to_float(run_quantised(quantised.part, sample).tensors[output.name])

    np.testing.assert_allclose(evaluate(graph, sample)[output.name], exact, atol=1e-5)
    assert ((exact - back) ** 2).sum() < (exact**2).sum() * 10**-2.8
