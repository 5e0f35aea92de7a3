from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.dnn.operators.products import Dense
from s2studio.errors import LoweringError
from s2studio.lowering.int8.network import quantise_network, run_quantised
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
        fast, reference = run_quantised(int8.part, sample), run_quantised(int8.part, sample, is_reference=True)

        assert fast.largest_sums == reference.largest_sums
        for name, value in reference.tensors.items():
            np.testing.assert_array_equal(fast.tensors[name], value)
            assert value.dtype == int8.part.tensors[name].dtype


def test_that_a_dense_layer_is_the_published_equation(tmp_path: Path) -> None:
    steps: list[Step] = [("Gemm", ["x", "w", "b"], "y", {})]
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"w": normal(7, 3), "b": normal(3)}, [1, 7])))
    x = normal(1, 7)
    int8 = quantise_network(graph, [{"x": x}])
    layer, values = int8.part.layer("y").operator, run_quantised(int8.part, {"x": x}).tensors
    assert isinstance(layer, Dense)
    for output in range(3):
        total = sum(int(a) * int(w) for a, w in zip(values["x"][0], layer.weight[output], strict=True)) + int(
            layer.bias[output]
        )

        assert values["y"][0, output] == max(-(2**15), min(2**15 - 1, total >> int(layer.shift[output])))


def test_that_int8_stays_within_the_steps_of_the_float_network(tmp_path: Path) -> None:
    steps: list[Step] = [("Gemm", ["x", "w", "b"], "y", {})]
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"w": normal(30, 4), "b": normal(4)}, [1, 30])))
    samples = [{"x": normal(1, 30)} for _ in range(50)]
    int8 = quantise_network(graph, samples)
    floats = np.array([evaluate(graph, sample)["y"] for sample in samples])
    y = int8.part.tensors["y"]
    ours = np.array([y.to_float(run_quantised(int8.part, sample).tensors["y"]) for sample in samples])

    assert ((floats - ours) ** 2).sum() < (floats**2).sum() * 1e-3
    assert abs((floats - ours).mean()) < 0.02  # the shift alone would be half a step off


def test_that_quantising_needs_a_sample(network: LayerGraph) -> None:
    with pytest.raises(LoweringError, match="no samples"):
        quantise_network(network, [])


def test_that_what_the_user_alone_reads_has_16_bits(network: LayerGraph, tmp_path: Path) -> None:
    steps: list[Step] = [
        ("Gemm", ["x", "w"], "h", {}),
        ("Gemm", ["h", "v"], "y", {}),
    ]
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"w": normal(7, 3), "v": normal(3, 3)}, [1, 7])))
    tensors = quantise_network(graph, [{"x": normal(1, 7)}]).part.tensors

    assert {name: tensor.dtype for name, tensor in tensors.items()} == {"x": "int8", "h": "int8", "y": "int16"}


def test_that_outputs_with_tiny_weights_and_large_biases_keep_within_32_bits(tmp_path: Path) -> None:
    steps: list[Step] = [("Gemm", ["x", "w", "b"], "h", {}), ("Relu", ["h"], "r", {}), ("Gemm", ["r", "v"], "y", {})]
    weight, bias = normal(7, 4), normal(4)
    weight[:, 0], bias[0] = 1e-12, 3000
    weight[:, 1] = 0
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"w": weight, "b": bias, "v": normal(4, 2)}, [1, 7])))
    sample = {"x": normal(1, 7)}
    quantised = quantise_network(graph, [sample])
    part = quantised.part
    hidden = part.tensors["r"].to_float(run_quantised(part, sample).tensors["r"])

    assert hidden[0, 0] == pytest.approx(evaluate(quantised.graph, sample)["r"][0, 0], rel=0.05)


def test_that_a_square_outside_of_a_norm_is_refused_by_name(tmp_path: Path) -> None:
    model = model_of([("Pow", ["x", "two"], "y", {})], {"two": np.float32(2)}, [1, 7])
    with pytest.raises(LoweringError, match=r"layer 'pow_0': a Square outside of a norm.*use those"):
        quantise_network(read_here(saved(tmp_path / "m.onnx", model)), [{"x": normal(1, 7)}])
