from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.network.readers.onnx_models import mlp, normal, saved


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(tmp_path / "mlp.onnx", mlp())


def test_that_lower_sets_int8_beside_float_layer_by_layer(model: Path, cli: Any, cli_json: Any) -> None:
    data = model.with_name("samples.npy")
    np.save(data, normal(40, 4))
    about, said = cli_json("lower", model, "--data", data), cli("lower", model, "--data", data).stdout

    assert [row["operator"] for row in about["layers"]] == ["Dense + Relu", "Dense"]
    assert all(row["snr_db"] > 25 for row in about["layers"])
    assert all(0 < row["largest_sum"] <= about["accumulator_limit"] for row in about["layers"])
    assert about["overflows"] == []
    assert 36 <= about["same_answer"] <= about["samples"] == 40
    assert f"same answer  {about['same_answer']} of 40 samples" in said


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (normal(3, 5), "float32 of 3 x 5, samples x 1 x 4 is expected"),
        (np.full((2, 4), np.inf, np.float32), "values that are not finite"),
        (np.zeros((0, 4), np.float32), "samples x 1 x 4 is expected"),
    ],
)
def test_that_samples_that_do_not_fit_are_refused(model: Path, samples: Any, says: str, cli: Any) -> None:
    data = model.with_name("samples.npy")
    np.save(data, samples)
    result = cli("lower", model, "--data", data)

    assert result.exit_code == 1
    assert says in result.stderr


def test_that_lower_of_a_deep_network_asks_for_samples(model: Path, cli: Any) -> None:
    result = cli("lower", model)

    assert result.exit_code == 2
    assert "--data SAMPLES.npy" in result.stderr


def test_that_a_file_that_is_no_array_is_refused(model: Path, cli: Any) -> None:
    result = cli("lower", model, "--data", model)

    assert result.exit_code == 1
    assert "mlp.onnx" in result.stderr


def test_that_info_says_what_a_network_takes_in_whole_numbers(model: Path, cli: Any, cli_json: Any) -> None:
    sizes, said = cli_json("info", model)["int8"], cli("info", model).stdout

    # 12 and 6 weights, 5 outputs with a bias of 4 bytes and a shift of 1; 4 + 3 values of 8 bits, 2 of 16.
    assert sizes == {
        "weight_bytes": 18 + 5 * 5,
        "tensor_bytes": 4 + 3 + 4,
        "largest_layer_bytes": 7,
        "largest_layer": sizes["largest_layer"],
    }
    assert "int8     43 B of weights, tensors of 11 B, 7 B at most between two layers" in " ".join(said.split("\n"))
