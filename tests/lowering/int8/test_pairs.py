from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.app.lower_layers import describe_lowered
from s2studio.chip.loader import load_chip
from s2studio.dnn.operators.elementwise import Clip
from s2studio.dnn.operators.products import Conv, Dense
from s2studio.errors import NetworkError
from s2studio.lowering.fusion import fuse
from s2studio.lowering.int8.network import quantise_network, run_quantised
from s2studio.lowering.int8.report import report_int8
from s2studio.network.operators.arithmetic import Dense as FloatDense
from s2studio.network.tensors import LayerGraph, evaluate
from tests.network.readers.onnx_models import Arrays, Step, model_of, normal, read_here, saved

RANDOM = np.random.default_rng(3)
OPSET = 21
F32 = np.float32


def int8s(*shape: int) -> Any:
    return RANDOM.integers(-128, 128, size=shape).astype(np.int8)


def pair(source: str, scale: str, zero: str) -> list[Step]:
    return [
        ("QuantizeLinear", [source, scale, zero], f"{source}_q", {}),
        ("DequantizeLinear", [f"{source}_q", scale, zero], f"{source}_d", {}),
    ]


def convolution() -> tuple[list[Step], dict[str, Any]]:
    """Return a convolution and a dense layer as onnxruntime writes them: weights whole, a pair around each tensor."""
    steps: list[Step] = [
        *pair("x", "s_x", "zero"),
        ("DequantizeLinear", ["w", "s_w", "zeros"], "w_d", {"axis": 0}),
        ("DequantizeLinear", ["b", "s_b"], "b_d", {"axis": 0}),
        ("Conv", ["x_d", "w_d", "b_d"], "c", {"pads": [1, 1, 1, 1]}),
        *pair("c", "s_c", "zero"),
        ("Relu", ["c_d"], "r", {}),
        *pair("r", "s_c", "zero"),
        ("Flatten", ["r_d"], "f", {}),
        *pair("f", "s_c", "zero"),
        *pair("v", "s_v", "zero"),
        ("Gemm", ["f_d", "v_d"], "y", {"transB": 1}),
        *pair("y", "s_y", "zero"),
    ]
    steps_w = np.ldexp(F32(1), [-6, -7, -9]).astype(F32)
    constants = {
        "w": int8s(3, 2, 3, 3), "s_w": steps_w, "zeros": np.zeros(3, np.int8),
        "b": RANDOM.integers(-9000, 9000, size=3).astype(np.int32), "s_b": steps_w * F32(2**-5), "v": normal(4, 48),
        "s_x": F32(2**-5), "s_c": F32(2**-3), "s_v": F32(2**-5), "s_y": F32(2**-1), "zero": np.int8(0),
    }  # fmt: skip
    return steps, constants


def read(folder: Path, steps: list[Step], constants: Arrays, shape: list[int]) -> tuple[LayerGraph, Any]:
    from onnx.reference import ReferenceEvaluator

    model = model_of(steps, constants, shape, OPSET)
    return read_here(saved(folder / "qdq.onnx", model)), ReferenceEvaluator(model)


def test_that_steps_which_are_powers_of_two_are_kept_bit_for_bit(tmp_path: Path) -> None:
    steps, constants = convolution()
    graph, reference = read(tmp_path, steps, constants, [1, 2, 4, 4])
    samples = [{"x": normal(1, 2, 4, 4)} for _ in range(20)]
    quantised = quantise_network(graph, samples)
    assert [type(layer.operator).__name__ for layer in quantised.part.layers] == ["Conv", "Move", "Dense"]
    conv, _, dense = (layer.operator for layer in quantised.part.layers)
    assert isinstance(conv, Conv)
    assert isinstance(dense, Dense)
    assert conv.relu
    units = 5 + np.array([6, 7, 9]) - 3
    # Where all weights of an output are even the step may be coarser: the shift says by how much.
    finer = np.ldexp(conv.weight.astype(float), -(conv.shift - units).reshape(3, 1, 1, 1))
    np.testing.assert_array_equal(finer, constants["w"])
    np.testing.assert_array_equal(dense.weight, np.clip(np.rint(constants["v"] * 32), -128, 127))
    tensors = {tensor.name: tensor.exponent for tensor in quantised.part.tensors.values()}
    assert [tensors[quantised.part.inputs[0].name], *(layer.output.exponent for layer in quantised.part.layers)] == [
        5, 3, 3, 1,
    ]  # fmt: skip
    for sample in samples:
        floats, ours = evaluate(quantised.graph, sample), run_quantised(quantised.part, sample).tensors
        np.testing.assert_allclose(floats["y_d"], reference.run(None, sample)[0], atol=1e-6)
        image = ours[quantised.part.inputs[0].name]
        sums = conv.sums(image)
        tie = (sums & ((1 << conv.shift.astype(np.int64)) - 1).reshape(3, 1, 1)) == 0  # half a step is in the bias
        made = quantised.part.layers[0].output
        exact = np.ldexp(floats[made.name], 3)
        assert (np.abs(ours[made.name] - exact) <= tie).all()  # the chip rounds a half upwards, the file to even


def test_that_other_steps_become_powers_of_two_and_the_relu_that_they_imply_is_kept(tmp_path: Path) -> None:
    steps: list[Step] = [
        *pair("x", "s_x", "middle"),
        ("DequantizeLinear", ["w", "s_w"], "w_d", {}),
        ("Gemm", ["x_d", "w_d"], "h", {"transB": 1}),
        *pair("h", "s_h", "least"),
        ("DequantizeLinear", ["v", "s_w"], "v_d", {}),
        ("Gemm", ["h_d", "v_d"], "y", {"transB": 1}),
    ]
    constants = {
        "w": int8s(40, 30), "v": int8s(5, 40), "s_w": F32(0.011), "s_x": F32(0.03), "s_h": F32(0.07),
        "middle": np.uint8(128), "least": np.uint8(0),
    }  # fmt: skip
    graph, reference = read(tmp_path, steps, constants, [1, 30])
    samples = [{"x": normal(1, 30)} for _ in range(20)]
    quantised = quantise_network(graph, samples)
    first = quantised.graph.layers[0].operator
    assert isinstance(first, FloatDense)
    assert (len(quantised.graph.layers), first.relu) == (2, True)
    np.testing.assert_allclose(
        evaluate(quantised.graph, samples[0])["y"], reference.run(None, samples[0])[0], rtol=1e-4, atol=1e-4
    )
    report = report_int8(quantised, samples)
    assert min(row.snr_db or 0 for row in report.tensors) > 25
    np.savez(tmp_path / "x.npz", x=np.stack([sample["x"] for sample in samples]))
    said = describe_lowered(graph, tmp_path / "x.npz", load_chip("spinnaker2"))
    rows = [*said["inputs"], *said["layers"]]  # type: ignore[misc]
    assert [row["pair"] and row["pair"]["is_kept"] for row in rows] == [False, False, None]


def test_that_a_relu6_which_the_largest_step_implies_stays_a_cut(tmp_path: Path) -> None:
    steps: list[Step] = [("Gemm", ["x", "w"], "h", {"transB": 1}), *pair("h", "s_h", "least")]
    constants = {"w": normal(8, 6) * 4, "s_h": F32(6 / 255), "least": np.uint8(0)}
    graph, _ = read(tmp_path, steps, constants, [1, 6])
    samples = [{"x": normal(1, 6)} for _ in range(20)]
    quantised = quantise_network(graph, samples)
    assert isinstance(quantised.part.layers[-1].operator, Clip)
    made = [
        quantised.part.outputs[0].to_float(run_quantised(quantised.part, sample).tensors["h_d"]) for sample in samples
    ]
    assert 0 == np.min(made) < np.max(made) <= 6


def test_that_pairs_are_folded_and_the_network_computes_the_same(tmp_path: Path) -> None:
    steps, constants = convolution()
    graph, _ = read(tmp_path, steps, {**constants, "s_c": F32(0.1), "s_y": F32(0.3)}, [1, 2, 4, 4])
    sample = {"x": normal(1, 2, 4, 4)}
    fused = fuse(graph)
    assert (len(fused.layers), len(fused.pairs)) == (3, 3)
    # The pair between product and ReLU is left out: the same step comes again behind the ReLU.
    np.testing.assert_allclose(evaluate(fused, sample)["y_d"], evaluate(graph, sample)["y_d"], atol=1e-5)


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([("DynamicQuantizeLinear", ["x"], "y", {})], "no such layer"),
        ([("QLinearMatMul", ["x", "s", "z", "m", "s", "z", "s", "z"], "y", {})], "no such layer"),
        ([("DequantizeLinear", ["x", "s", "z"], "y", {})], "no QuantizeLinear makes"),
        ([("QuantizeLinear", ["x", "s", "z"], "q", {}), ("DequantizeLinear", ["q", "t", "z"], "y", {})], "its step is"),
        ([("QuantizeLinear", ["x", "s", "z"], "q", {}), ("Relu", ["q"], "y", {})], "whole numbers"),
        ([("QuantizeLinear", ["x", "many", "z"], "y", {})], "4 steps for one tensor"),
        ([("DequantizeLinear", ["m", "many"], "n", {"block_size": 2}), ("MatMul", ["x", "n"], "y", {})], "each block"),
    ],
)
def test_that_other_forms_of_quantisation_are_refused_by_name(tmp_path: Path, steps: list[Step], found: str) -> None:
    constants = {"s": F32(0.5), "t": F32(0.25), "z": np.int8(0), "m": int8s(4, 4), "many": np.full(4, 0.5, F32)}
    graph, _ = read_here(saved(tmp_path / "q.onnx", model_of(steps, constants, [1, 4], OPSET))), None
    assert found in graph.unsupported[0].operator.reason  # type: ignore[attr-defined]


def test_that_an_output_of_whole_numbers_is_refused(tmp_path: Path) -> None:
    steps: list[Step] = [("QuantizeLinear", ["x", "s"], "y", {})]
    with pytest.raises(NetworkError, match="whole numbers"):
        read_here(saved(tmp_path / "q.onnx", model_of(steps, {"s": F32(0.5)}, [1, 4], OPSET)))
