from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.errors import LoweringError
from s2studio.lowering.int8.network import quantise_network, run_int8, to_float
from s2studio.network.tensors import LayerGraph, evaluate
from tests.network.readers.onnx_models import Step, model_of, normal, read_here, saved


@pytest.fixture
def network(tmp_path: Path) -> LayerGraph:
    """Return a small CNN with attention at its end: every kind of product."""
    steps: list[Step] = [
        ("Conv", ["x", "k", "kb"], "c", {"pads": [1, 1, 1, 1], "group": 2}),
        ("Relu", ["c"], "r", {}),
        ("MaxPool", ["r"], "p", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Reshape", ["p", "to"], "rows", {}),
        ("MatMul", ["rows", "w"], "d", {}),
        ("Transpose", ["d"], "t", {"perm": [0, 2, 1]}),
        ("MatMul", ["d", "t"], "m", {}),
        ("Softmax", ["m"], "y", {}),
    ]
    constants = {"k": normal(6, 2, 3, 3), "kb": normal(6), "to": np.array([1, 6, 16]), "w": normal(16, 5) / 4}
    return read_here(saved(tmp_path / "m.onnx", model_of(steps, constants, [1, 4, 8, 8])))


def test_that_the_fast_kernel_computes_what_the_reference_in_int64_computes(network: LayerGraph) -> None:
    samples = [{"x": normal(1, 4, 8, 8)} for _ in range(4)]
    int8 = quantise_network(network, samples)
    for sample in samples:
        fast, reference = run_int8(int8, sample), run_int8(int8, sample, is_reference=True)

        assert fast.largest_sums == reference.largest_sums
        for name, value in reference.tensors.items():
            np.testing.assert_array_equal(fast.tensors[name], value)
            assert -128 <= value.min() <= value.max() <= 127


def test_that_a_dense_layer_is_the_published_equation(tmp_path: Path) -> None:
    steps: list[Step] = [("Gemm", ["x", "w", "b"], "y", {})]
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"w": normal(7, 3), "b": normal(3)}, [1, 7])))
    x = normal(1, 7)
    int8 = quantise_network(graph, [{"x": x}])
    layer, values = int8.layers["y"], run_int8(int8, {"x": x}).tensors
    for output in range(3):
        total = sum(int(a) * int(w) for a, w in zip(values["x"][0], layer.weights.values[output], strict=True)) + int(
            layer.bias[output]
        )

        assert values["y"][0, output] == max(-128, min(127, total >> int(layer.shift[output])))


def test_that_int8_stays_within_the_steps_of_the_float_network(tmp_path: Path) -> None:
    steps: list[Step] = [("Gemm", ["x", "w", "b"], "y", {})]
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"w": normal(30, 4), "b": normal(4)}, [1, 30])))
    samples = [{"x": normal(1, 30)} for _ in range(50)]
    int8 = quantise_network(graph, samples)
    floats = np.array([evaluate(graph, sample)["y"] for sample in samples])
    ours = np.array([to_float(int8, "y", run_int8(int8, sample).tensors["y"]) for sample in samples])

    assert ((floats - ours) ** 2).sum() < (floats**2).sum() * 1e-3
    assert abs((floats - ours).mean()) < 2.0 ** -int8.exponents["y"] / 4  # the shift alone would be half a step off


def test_that_quantising_needs_a_sample(network: LayerGraph) -> None:
    with pytest.raises(LoweringError, match="no samples"):
        quantise_network(network, [])
