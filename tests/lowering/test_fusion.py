from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.lowering.fusion import fuse
from s2studio.network.tensors import LayerGraph, evaluate
from tests.network.readers.onnx_models import Arrays, Step, model_of, normal, read_here, saved

SCALE, HALF, ONE = np.float32(np.sqrt(2)), np.float32(0.5), np.float32(1)
NORM = {"s": normal(4), "b": normal(4), "m": normal(4), "v": np.abs(normal(4)) + np.float32(0.1)}
NORMED: Step = ("BatchNormalization", ["h", "s", "b", "m", "v"], "y", {})
CAUSAL = np.triu(np.full((5, 5), -1e4, np.float32), 1)
ERF: list[Step] = [("Div", ["x", "r"], "d", {}), ("Erf", ["d"], "e", {}), ("Add", ["e", "one"], "a", {})]

CASES: dict[str, tuple[list[Step], Arrays, list[int], list[str]]] = {
    "bias": (
        [("MatMul", ["x", "w"], "h", {}), ("Add", ["c", "h"], "y", {})],
        {"w": normal(4, 3), "c": normal(3)},
        [2, 5, 4],
        ["Dense"],
    ),
    "an addend of two axes is no bias": (
        [("MatMul", ["x", "w"], "h", {}), ("Add", ["h", "c"], "y", {})],
        {"w": normal(4, 3), "c": normal(5, 3)},
        [2, 5, 4],
        ["Dense", "Add"],
    ),
    "norm behind a convolution": (
        [("Conv", ["x", "w"], "h", {}), NORMED],
        {"w": normal(4, 2, 3, 3), **NORM},
        [1, 2, 6, 6],
        ["Conv"],
    ),
    "norm behind a dense layer": (
        [("Gemm", ["x", "w", "c"], "h", {}), NORMED],
        {"w": normal(3, 4), "c": normal(4), **NORM},
        [2, 3],
        ["Dense"],
    ),
    "norm along another axis than the dense layer's": (
        [("MatMul", ["x", "w"], "h", {}), NORMED],
        {"w": normal(3, 4), **NORM},
        [2, 4, 3],
        ["Dense", "BatchNorm"],
    ),
    "relu, then nothing more": (
        [("MatMul", ["x", "w"], "h", {}), ("Relu", ["h"], "r", {}), ("Add", ["r", "c"], "y", {})],
        {"w": normal(3, 4), "c": normal(4)},
        [2, 3],
        ["Dense", "Add"],
    ),
    "what is read twice stays": (
        [("MatMul", ["x", "w"], "h", {}), ("Relu", ["h"], "r", {}), ("Add", ["r", "h"], "y", {})],
        {"w": normal(3, 4)},
        [2, 3],
        ["Dense", "Relu", "Add"],
    ),
    "dropout goes": (
        [("Identity", ["x"], "i", {}), ("Relu", ["i"], "h", {}), ("Add", ["h", "i"], "y", {})],
        {},
        [2, 3],
        ["Relu", "Add"],
    ),
    "relu behind a dropout that is read elsewhere": (
        [
            ("MatMul", ["x", "w"], "h", {}),
            ("Identity", ["h"], "i", {}),
            ("Relu", ["i"], "r", {}),
            ("Add", ["r", "h"], "y", {}),
        ],
        {"w": normal(3, 4)},
        [2, 3],
        ["Dense", "Relu", "Add"],
    ),
    "silu": ([("Sigmoid", ["x"], "g", {}), ("Mul", ["g", "x"], "y", {})], {}, [2, 3], ["Silu"]),
    "a gate of something else": (
        [("Sigmoid", ["x"], "g", {}), ("Tanh", ["x"], "t", {}), ("Mul", ["g", "t"], "y", {})],
        {},
        [2, 3],
        ["Sigmoid", "Tanh", "Mul"],
    ),
    "gelu, halved at the end": (
        [*ERF, ("Mul", ["x", "a"], "p", {}), ("Mul", ["p", "half"], "y", {})],
        {"r": SCALE, "one": ONE, "half": HALF},
        [2, 3],
        ["Gelu"],
    ),
    "gelu, halved before": (
        [("Mul", ["x", "half"], "k", {}), *ERF, ("Mul", ["k", "a"], "y", {})],
        {"r": SCALE, "one": ONE, "half": HALF},
        [2, 3],
        ["Gelu"],
    ),
    "nearly gelu": (
        [*ERF, ("Mul", ["x", "a"], "p", {}), ("Mul", ["p", "half"], "y", {})],
        {"r": SCALE, "one": ONE, "half": np.float32(0.6)},
        [2, 3],
        ["Mul", "Erf", "Add", "Mul", "Mul"],
    ),
    "mask in a softmax": (
        [("Add", ["x", "c"], "a", {}), ("Softmax", ["a"], "y", {})],
        {"c": CAUSAL},
        [2, 5, 5],
        ["Softmax"],
    ),
    "a mask that leaves a row nothing": (
        [("Add", ["x", "c"], "a", {}), ("Softmax", ["a"], "y", {})],
        {"c": np.full((5, 5), np.finfo(np.float32).min)},
        [2, 5, 5],
        ["Add", "Softmax"],
    ),
    "an addend that is no mask": (
        [("Add", ["x", "c"], "a", {}), ("Softmax", ["a"], "y", {})],
        {"c": CAUSAL / 1e4},
        [2, 5, 5],
        ["Add", "Softmax"],
    ),
    "what nobody reads goes": (
        [("MatMul", ["x", "w"], "h", {}), ("Tanh", ["h"], "t", {}), ("Relu", ["h"], "y", {})],
        {"w": normal(3, 4)},
        [2, 3],
        ["Dense"],
    ),
    "a factor in the weights": (
        [("Gemm", ["x", "w", "c"], "h", {}), ("Relu", ["h"], "r", {}), ("Mul", ["r", "half"], "y", {})],
        {"w": normal(3, 4), "c": normal(4), "half": HALF},
        [2, 3],
        ["Dense"],
    ),
    "a factor past what only moves values": (
        [
            ("Gemm", ["x", "w", "c"], "h", {}),
            ("Reshape", ["h", "to"], "s", {}),
            ("Transpose", ["s"], "t", {}),
            ("Mul", ["t", "half"], "y", {}),
        ],
        {"w": normal(3, 4), "c": normal(4), "half": HALF, "to": np.array([2, 2, 2])},
        [2, 3],
        ["Dense", "Reshape", "Transpose"],
    ),
    "a factor below 0 behind a relu": (
        [("MatMul", ["x", "w"], "h", {}), ("Relu", ["h"], "r", {}), ("Mul", ["r", "minus"], "y", {})],
        {"w": normal(3, 4), "minus": -HALF},
        [2, 3],
        ["Dense", "Mul"],
    ),
}


def graph_of(name: str, path: Path) -> LayerGraph:
    steps, constants, shape, _ = CASES[name]
    return read_here(saved(path / "m.onnx", model_of(steps, constants, shape)))


@pytest.mark.parametrize("name", CASES)
def test_that_fusion_keeps_what_is_computed_and_takes_the_layers_it_should(name: str, tmp_path: Path) -> None:
    graph = graph_of(name, tmp_path)
    fused = fuse(graph)
    x = normal(*CASES[name][2])

    assert [type(layer.operator).__name__ for layer in fused.layers] == CASES[name][3]
    before, after = (evaluate(form, {"x": x})["y"] for form in (graph, fused))
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_that_fusing_twice_changes_nothing_more(name: str, tmp_path: Path) -> None:
    once = fuse(graph_of(name, tmp_path))

    assert [layer.output for layer in fuse(once).layers] == [layer.output for layer in once.layers]
