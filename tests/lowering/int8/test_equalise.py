from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.lowering.fusion import fuse
from s2studio.lowering.int8.calibrate import calibrate
from s2studio.lowering.int8.equalise import Equalise, equalise
from s2studio.lowering.int8.network import quantise_network, run_quantised
from s2studio.lowering.int8.options import Int8Options
from s2studio.network.tensors import LayerGraph, evaluate
from tests.network.readers import onnx_models
from tests.network.readers.onnx_models import Step, model_of, normal, read_here, saved

# Channels whose ranges differ by up to 2^6, as training with batch norms leaves them.
UNEVEN = np.exp2(np.linspace(-3, 3, 8)).astype(np.float32)


@pytest.fixture(autouse=True)
def _own_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test draw the same numbers, whichever tests ran before it."""
    monkeypatch.setattr(onnx_models, "RANDOM", np.random.default_rng(8))


@pytest.fixture
def network(tmp_path: Path) -> LayerGraph:
    """Return a CNN with two convolutions, one of them depthwise, a pool, a flattening and a dense layer."""
    steps: list[Step] = [
        ("Conv", ["x", "k", "b"], "c", {"pads": [1, 1, 1, 1]}),
        ("Relu", ["c"], "r", {}),
        ("Conv", ["r", "d"], "e", {"group": 8}),
        ("MaxPool", ["e"], "p", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Flatten", ["p"], "f", {}),
        ("Gemm", ["f", "w"], "y", {}),
    ]
    kernel = normal(8, 3, 3, 3) * UNEVEN.reshape(-1, 1, 1, 1)
    constants = {"k": kernel, "b": normal(8), "d": normal(8, 1, 3, 3), "w": normal(72, 5)}
    return read_here(saved(tmp_path / "m.onnx", model_of(steps, constants, [1, 3, 8, 8])))


@pytest.mark.parametrize("kind", ["tensor", "channel"])
def test_that_an_equalised_network_computes_the_same(network: LayerGraph, kind: Equalise) -> None:
    fused, sample = fuse(network), {"x": normal(1, 3, 8, 8)}
    equalised, count = equalise(fused, calibrate(fused, [sample]), kind)
    spread = np.ptp(np.log2(np.abs(evaluate(equalised, sample)["r"]).max(axis=(0, 2, 3))))

    assert count == 2
    assert (spread < 4) == (kind == "channel")
    np.testing.assert_allclose(evaluate(equalised, sample)["y"], evaluate(fused, sample)["y"], rtol=1e-4, atol=1e-3)


def test_that_equalising_brings_int8_closer_to_float(network: LayerGraph) -> None:
    samples = [{"x": normal(1, 3, 8, 8)} for _ in range(8)]
    kinds: tuple[Equalise, ...] = ("no", "channel")
    plain, equalised = (
        quantise_network(network, samples, Int8Options(equalise=kind, correct_bias=False)).trials[0].snr_db
        for kind in kinds
    )

    assert equalised > plain + 0.5


def test_that_a_tensor_uses_all_of_int8_once_it_is_scaled(tmp_path: Path) -> None:
    steps: list[Step] = [("LayerNormalization", ["x", "s"], "n", {}), ("MatMul", ["n", "w"], "y", {})]
    scale = np.full(64, 1.03, np.float32)
    model = model_of(steps, {"s": scale, "w": normal(64, 5)}, [1, 64])
    graph = read_here(saved(tmp_path / "m.onnx", model))
    sample = {"x": np.sign(normal(1, 64))}  # the norm makes about 1.03 of it, just above a power of two
    options = [Int8Options(equalise=kind, correct_bias=False) for kind in ("no", "tensor")]
    largest = [
        np.abs(run_quantised(quantise_network(graph, [sample], option).part, sample).tensors["n"].astype(int)).max()
        for option in options
    ]

    assert largest[0] < 90
    assert largest[1] >= 126


def test_that_the_best_of_all_ways_is_taken(network: LayerGraph) -> None:
    trials = quantise_network(network, [{"x": normal(1, 3, 8, 8)} for _ in range(4)]).trials

    assert {(trial.equalised, trial.corrected) for trial in trials} == {
        (kind, corrected) for kind in ("no", "tensor", "channel") for corrected in (True, False)
    }
    assert trials[0].snr_db == max(trial.snr_db for trial in trials)


def test_that_a_correction_takes_the_mean_error_away(tmp_path: Path) -> None:
    steps: list[Step] = [("Gemm", ["x", "w", "b"], "y", {})]
    weight = normal(60, 4)
    weight[0] *= 40  # coarse steps for the rest
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"w": weight, "b": normal(4)}, [1, 60])))
    samples = [{"x": np.abs(normal(1, 60)) + 1} for _ in range(30)]
    plain, corrected = (
        quantise_network(graph, samples, Int8Options(correct_bias=choice)).trials[0].snr_db for choice in (False, True)
    )

    assert corrected > plain + 3


def test_that_a_tensor_that_others_read_too_is_left_alone(tmp_path: Path) -> None:
    steps: list[Step] = [
        ("Gemm", ["x", "w"], "h", {}),
        ("Gemm", ["h", "v"], "g", {}),
        ("Add", ["h", "g"], "y", {}),
    ]
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {"w": normal(6, 6) * 8, "v": normal(6, 6)}, [1, 6])))
    equalised, count = equalise(graph, calibrate(graph, [{"x": normal(1, 6)}]), "channel")

    assert count == 0
    assert equalised.layers == graph.layers
