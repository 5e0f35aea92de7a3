from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.network.tensors import evaluate
from tests.network.readers.onnx_models import Step, mlp, model_of, normal, read_here, saved


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(tmp_path / "mlp.onnx", mlp())


def labelled(model: Path, samples: Any) -> Any:
    """Return what the float network itself answers, wrong for every tenth sample."""
    graph = read_here(model)
    answers = np.array([evaluate(graph, {"x": x[None]})["y"].argmax() for x in samples])
    answers[::10] = 1 - answers[::10]
    return answers


def test_that_evaluate_sets_int8_beside_float(model: Path, cli: Any, cli_json: Any) -> None:
    samples = normal(60, 4)
    labels = labelled(model, samples)
    data = model.with_name("data.npz")
    np.savez(data, x=samples, labels=labels)
    about, said = cli_json("evaluate", model, "--data", data), cli("evaluate", model, "--data", data).stdout

    assert (about["samples"], about["answers"]) == (60, 60)
    assert about["float"]["right"] == 54
    assert 50 <= about["int8"]["right"] <= 58
    assert about["int8"]["loss"] == pytest.approx(about["float"]["loss"], rel=0.1)
    assert np.sum(about["confusion"]) == 60
    assert np.trace(about["confusion"]) == about["int8"]["right"]
    assert f"int8         {about['int8']['accuracy']:.2%}, {about['int8']['right']} of 60" in said


def test_that_labels_and_calibration_may_stand_in_files_of_their_own(model: Path, cli_json: Any) -> None:
    samples = normal(30, 4)
    data, labels, calibration = (model.with_name(name) for name in ("d.npy", "l.npy", "c.npy"))
    np.save(data, samples)
    np.save(labels, labelled(model, samples))
    np.save(calibration, normal(30, 4) * 100)
    with_own = cli_json("evaluate", model, "--data", data, "--labels", labels)
    coarse = cli_json("evaluate", model, "--data", data, "--labels", labels, "--calibration", calibration)

    assert abs(with_own["int8"]["loss"] - with_own["float"]["loss"]) < abs(
        coarse["int8"]["loss"] - coarse["float"]["loss"]
    )


def test_that_without_labels_answers_are_compared_alone(model: Path, cli: Any, cli_json: Any) -> None:
    data = model.with_name("d.npy")
    np.save(data, normal(20, 4))
    about = cli_json("evaluate", model, "--data", data)

    assert about["float"] is about["int8"] is about["confusion"] is None
    assert 17 <= about["same_answer"] <= 20


def test_that_every_row_of_an_output_is_an_answer(tmp_path: Path, cli_json: Any) -> None:
    steps: list[Step] = [
        ("Gather", ["table", "x"], "e", {}),
        ("MatMul", ["e", "w"], "s", {}),
        ("Softmax", ["s"], "y", {}),
    ]
    constants = {"table": normal(9, 6), "w": normal(6, 9)}
    model = saved(tmp_path / "m.onnx", model_of(steps, constants, [1, 5], integers=True))
    data = tmp_path / "d.npz"
    np.savez(
        data, x=np.random.default_rng(1).integers(0, 9, (8, 5)), labels=np.random.default_rng(2).integers(0, 9, (8, 5))
    )
    about = cli_json("evaluate", model, "--data", data)

    assert about["answers"] == 40
    assert about["int8"]["loss"] == pytest.approx(about["float"]["loss"], rel=0.2)


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        (np.full((2, 5), 9), "'x' holds int64 from 9 to 9, tokens, whole numbers from 0 to 8, are expected"),
        (np.full((2, 5), -1), "from -1 to -1"),
        (np.zeros((2, 5)), "'x' holds float64"),
    ],
)
def test_that_what_is_no_token_is_refused(tokens: Any, says: str, tmp_path: Path, cli: Any) -> None:
    steps: list[Step] = [("Gather", ["table", "x"], "e", {}), ("MatMul", ["e", "w"], "y", {})]
    model = saved(
        tmp_path / "m.onnx",
        model_of(steps, {"table": normal(9, 6), "w": normal(6, 9)}, [1, 5], integers=True),
    )
    np.save(tmp_path / "d.npy", tokens)
    result = cli("evaluate", model, "--data", tmp_path / "d.npy")

    assert result.exit_code == 1
    assert says in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x": normal(5, 4), "labels": np.zeros(4, int)}, "int64 of 4, whole numbers of 5 x 1 are expected"),
        ({"x": normal(5, 4), "labels": np.full(5, 2)}, "labels from 2 to 2, 0 to 1 are possible"),
        ({"x": normal(5, 4), "labels": np.zeros(5)}, "whole numbers of 5 x 1 are expected"),
        ({"a": normal(5, 4), "b": normal(5, 4)}, "it holds a, b, input 'x' is expected"),
    ],
)
def test_that_data_that_do_not_fit_are_refused(model: Path, arrays: Any, says: str, cli: Any) -> None:
    data = model.with_name("data.npz")
    np.savez(data, **arrays)
    result = cli("evaluate", model, "--data", data)

    assert result.exit_code == 1
    assert says in " ".join(result.stderr.split())
