from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.lowering.int8.network import quantise_network, run_quantised
from s2studio.lowering.int8.options import Int8Options
from s2studio.network.tensors import LayerGraph, evaluate
from tests.network.readers.onnx_models import Arrays, Step, model_of, normal, read_here, saved

# A block as transformers have them: x + a dense layer of x, scores of a softmax, a product that int8 goes into.
STEPS: list[Step] = [
    ("MatMul", ["x", "w"], "dense", {}),
    ("Add", ["dense", "x"], "sum", {}),
    ("LayerNormalization", ["sum", "scale"], "norm", {}),
    ("Transpose", ["norm"], "turned", {"perm": [0, 2, 1]}),
    ("MatMul", ["norm", "turned"], "scores", {}),
    ("Mul", ["scores", "half"], "scaled", {}),
    ("Softmax", ["scaled"], "shares", {}),
    ("MatMul", ["shares", "norm"], "seen", {}),
    ("Transpose", ["seen"], "seen turned", {"perm": [0, 2, 1]}),
    ("Transpose", ["seen turned"], "seen back", {"perm": [0, 2, 1]}),
    ("Add", ["seen back", "sum"], "last", {}),
    ("MatMul", ["last", "v"], "y", {}),
]
CONSTANTS: Arrays = {
    "w": normal(16, 16),
    "v": normal(16, 4),
    "scale": np.ones(16, np.float32),
    "half": np.float32(0.5),
}
WIDE = {"dense", "sum", "scores", "scaled", "seen", "seen turned", "seen back", "y"}


@pytest.fixture
def graph(tmp_path: Path) -> LayerGraph:
    return read_here(saved(tmp_path / "m.onnx", model_of(STEPS, CONSTANTS, [1, 6, 16])))


def test_that_what_no_mac_array_reads_has_16_bits(graph: LayerGraph) -> None:
    tensors = quantise_network(graph, [{"x": normal(1, 6, 16)}]).part.tensors

    assert {name for name, tensor in tensors.items() if tensor.dtype == "int16"} == WIDE
    narrow = {name: tensor.dtype for name, tensor in tensors.items() if name not in WIDE}
    assert {name for name, dtype in narrow.items() if dtype != "int8"} == {"seen (sums)"}


def test_that_all_tensors_have_8_bits_where_that_is_asked_for(graph: LayerGraph) -> None:
    part = quantise_network(graph, [{"x": normal(1, 6, 16)}], Int8Options(wide=False)).part

    assert {tensor.dtype for tensor in part.tensors.values()} == {"int8"}


def test_that_16_bits_come_closer_to_float(graph: LayerGraph) -> None:
    samples = [{"x": normal(1, 6, 16)} for _ in range(20)]
    noise = []
    for wide in (False, True):
        part = quantise_network(graph, samples, Int8Options(wide=wide)).part
        made = [part.outputs[0].to_float(run_quantised(part, sample).tensors["y"]) for sample in samples]
        noise.append(sum(((evaluate(graph, s)["y"] - y) ** 2).sum() for s, y in zip(samples, made, strict=True)))

    assert noise[1] < 0.8 * noise[0]


def test_that_the_reference_agrees_with_16_bits_in_between(graph: LayerGraph) -> None:
    sample = {"x": normal(1, 6, 16)}
    part = quantise_network(graph, [sample]).part
    fast, reference = (run_quantised(part, sample, is_reference) for is_reference in (False, True))

    for name, value in reference.tensors.items():
        np.testing.assert_array_equal(fast.tensors[name], value)
        assert value.dtype == part.tensors[name].dtype
