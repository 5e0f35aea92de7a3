from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.lowering.fusion import fuse
from s2studio.network.tensors import evaluate
from tests.network.readers.onnx_models import Step, model_of, normal, read_here, saved

EPSILON = np.float32(1e-3)
CENTRED: list[Step] = [("ReduceMean", ["x", "last"], "m", {}), ("Sub", ["x", "m"], "c", {})]


def spelled(source: str, square: Step, end: list[Step]) -> list[Step]:
    return [
        square,
        ("ReduceMean", ["q", "last"], "v", {}),
        ("Add", ["v", "e"], "a", {}),
        ("Sqrt", ["a"], "s", {}),
        *end,
    ]


SPELLINGS: dict[str, tuple[list[Step], str]] = {
    "layer norm of older opsets": (
        [*CENTRED, *spelled("c", ("Pow", ["c", "two"], "q", {}), [("Div", ["c", "s"], "n", {})])],
        "LayerNorm",
    ),
    "rms norm of torch's exporter": (
        spelled(
            "x",
            ("Pow", ["x", "two"], "q", {}),
            [("Reciprocal", ["s"], "i", {}), ("Mul", ["x", "i"], "n", {})],
        ),
        "RMSNorm",
    ),
    "rms norm of x times x": (spelled("x", ("Mul", ["x", "x"], "q", {}), [("Div", ["x", "s"], "n", {})]), "RMSNorm"),
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("is_trained", [True, False])
def test_that_a_norm_that_is_spelled_out_becomes_one_layer(name: str, is_trained: bool, tmp_path: Path) -> None:
    steps, kind = SPELLINGS[name]
    trained: list[Step] = [("Mul", ["n", "scale"], "g", {})]
    trained += [("Add", ["g", "shift"], "y", {})] if kind == "LayerNorm" else []
    constants = {
        "last": np.array([-1]),
        "two": np.float32(2),
        "e": EPSILON,
        "scale": normal(6),
        "shift": normal(6),
    }
    graph = read_here(
        saved(tmp_path / "m.onnx", model_of([*steps, *(trained if is_trained else [])], constants, [2, 5, 6]))
    )
    fused, x = fuse(graph), normal(2, 5, 6)

    assert [type(layer.operator).__name__ for layer in fused.layers] == [kind]
    np.testing.assert_allclose(
        evaluate(fused, {"x": x})[fused.outputs[0]], evaluate(graph, {"x": x})[graph.outputs[0]], rtol=1e-5, atol=1e-5
    )


def test_that_a_square_of_something_else_stays(tmp_path: Path) -> None:
    steps = spelled("x", ("Pow", ["other", "two"], "q", {}), [("Div", ["x", "s"], "n", {})])
    steps.insert(0, ("Sigmoid", ["x"], "other", {}))
    constants = {"last": np.array([-1]), "two": np.float32(2), "e": EPSILON}
    fused = fuse(read_here(saved(tmp_path / "m.onnx", model_of(steps, constants, [2, 6]))))

    assert [type(layer.operator).__name__ for layer in fused.layers] == [
        "Sigmoid",
        "Square",
        "Mean",
        "Add",
        "Root",
        "Divide",
    ]
