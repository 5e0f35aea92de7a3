from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.lowering.int8.attention import divide_late
from s2studio.lowering.int8.network import quantise_network
from s2studio.lowering.int8.options import Int8Options
from s2studio.network.tensors import LayerGraph, evaluate
from tests.network.readers.onnx_models import Step, model_of, normal, read_here, saved


@pytest.fixture
def attention(tmp_path: Path) -> LayerGraph:
    """Return a head of attention over 64 places, most of them about as likely as the others."""
    steps: list[Step] = [
        ("LayerNormalization", ["x", "scale"], "n", {}),
        ("MatMul", ["n", "q"], "a", {}),
        ("Transpose", ["n"], "t", {"perm": [0, 2, 1]}),
        ("MatMul", ["a", "t"], "scores", {}),
        ("Softmax", ["scores"], "p", {}),
        ("MatMul", ["p", "n"], "mixed", {}),
        ("MatMul", ["mixed", "w"], "y", {}),
    ]
    constants = {"scale": np.ones(16, np.float32), "q": normal(16, 16) / 16, "w": normal(16, 4)}
    return read_here(saved(tmp_path / "m.onnx", model_of(steps, constants, [1, 64, 16])))


def test_that_dividing_late_computes_the_same(attention: LayerGraph) -> None:
    late, sample = divide_late(attention), {"x": normal(1, 64, 16)}

    assert [type(layer.operator).__name__ for layer in late.layers[4:7]] == ["Softmax", "MatMul", "Normalise"]
    np.testing.assert_allclose(evaluate(late, sample)["y"], evaluate(attention, sample)["y"], rtol=1e-4, atol=1e-5)


def test_that_a_softmax_along_columns_or_that_others_read_stays(tmp_path: Path) -> None:
    for axis, other in ((1, "v"), (-1, "p")):
        steps: list[Step] = [("Softmax", ["x"], "p", {"axis": axis}), ("Mul", ["x", "c"], "v", {})]
        steps.append(("MatMul", ["p", other], "y", {}))
        graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"c": np.float32(2)}, [1, 6, 6])))

        assert divide_late(graph).layers == graph.layers


def test_that_scores_sums_and_what_norms_read_have_more_than_8_bits(attention: LayerGraph) -> None:
    sample = {"x": normal(1, 64, 16)}
    wide, narrow = (
        quantise_network(attention, [sample], Int8Options(wide=wide)).part.tensors for wide in (True, False)
    )

    assert {name: tensor.dtype for name, tensor in wide.items() if tensor.dtype != "int8"} == {
        "scores": "int16",
        "mixed (sums)": "int32",
        "y": "int16",
    }
    assert narrow["scores"].dtype == "int8"


def test_that_int8_is_close_to_float_where_no_place_stands_out(attention: LayerGraph) -> None:
    samples = [{"x": normal(1, 64, 16)} for _ in range(4)]

    assert quantise_network(attention, samples).trials[0].snr_db > 30
