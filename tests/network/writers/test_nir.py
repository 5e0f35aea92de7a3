from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest

from s2studio.errors import NetworkError
from s2studio.network.graph import Network
from s2studio.network.layers import (
    IF,
    LI,
    LIF,
    Affine,
    AvgPool2d,
    Conv2d,
    CubaLI,
    CubaLIF,
    Delay,
    Flatten,
    I,
    Input,
    Layer,
    Linear,
    Output,
    Scale,
    SumPool2d,
    Threshold,
    Unsupported,
)
from s2studio.network.readers.nir import read_nir
from s2studio.network.writers.nir import write_nir
from tests.conftest import REPOSITORY


def assert_same(one: Network, other: Network) -> None:
    assert one.edges == other.edges
    assert one.layers.keys() == other.layers.keys()
    for name, layer in one.layers.items():
        assert type(layer) is type(other.layers[name]), name
        for field in fields(layer):
            values = [getattr(each, field.name) for each in (layer, other.layers[name])]
            assert np.array_equal(*values), f"{name}.{field.name}"


def read_back(network: Network, tmp_path: Path) -> Network:
    path = tmp_path / "n.nir"
    write_nir(path, network, {})
    again = read_nir(path)
    assert again.repairs == ()
    return again


def values(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.random.default_rng(sum(shape)).random(shape)


def conv(**changes: object) -> Conv2d:
    plain = Conv2d(values(2, 1, 3, 3), values(2), (1, 1), (0, 0), (1, 1), 1, (8, 8))
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "between",
    [
        [Linear(values(3, 4)), IF(values(3), values(3), values(3))],
        [Affine(values(3, 4), values(3)), LIF(*(values(3) for _ in range(5)))],
        [Delay(values(4)), Linear(values(3, 4)), CubaLIF(*(values(3) for _ in range(7)))],
        [Scale(values(4)), Threshold(values(4))],
        [Scale(np.array(2.5)), Threshold(values(4))],
        [Linear(values(3, 4)), I(values(3))],
        [Linear(values(3, 4)), LI(*(values(3) for _ in range(3)))],
        [Linear(values(3, 4)), CubaLI(*(values(3) for _ in range(5)))],
    ],
    ids=lambda layers: type(layers[-1]).__name__,
)
def test_that_every_primitive_reads_back(tmp_path: Path, between: list[Layer]) -> None:
    names = ["in", *(f"n{number}" for number in range(len(between))), "out"]
    size = len(getattr(between[-1], fields(between[-1])[0].name))
    layers = dict(zip(names, [Input((4,)), *between, Output((size,))], strict=True))
    network = Network("n", layers, tuple(pairwise(names)))
    assert_same(network, read_back(network, tmp_path))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (conv(), (2, 6, 6)),
        (conv(stride=(2, 1), padding=(1, 0)), (2, 4, 6)),
        (conv(dilation=(2, 2)), (2, 4, 4)),
        (conv(weight=values(2, 1, 4, 4), padding=(1, 1), extra_padding=(1, 1)), (2, 8, 8)),
    ],
)
def test_that_convolutions_and_pools_read_back(tmp_path: Path, layer: Conv2d, shape: tuple[int, ...]) -> None:
    layers: dict[str, Layer] = {
        "in": Input((1, 8, 8)),
        "conv": layer,
        "if": IF(values(*shape), values(*shape), values(*shape)),
        "sum": SumPool2d((2, 2), (2, 2), (0, 0)),
        "avg": AvgPool2d((2, 2), (2, 2), (0, 0)),
        "flat": Flatten(0, -1),
        "last": IF(*(values(2 * (shape[1] // 4) * (shape[2] // 4)) for _ in range(3))),
        "out": Output((2 * (shape[1] // 4) * (shape[2] // 4),)),
    }
    network = Network("n", layers, tuple(pairwise(layers)))
    assert_same(network, read_back(network, tmp_path))


def test_that_the_sample_reads_back_and_metadata_is_there(tmp_path: Path) -> None:
    network = read_nir(REPOSITORY / "sample_projects/event_digits/model.nir")
    write_nir(tmp_path / "n.nir", network, {"dt": 1e-3, "reset": "zero", "v_scale": {"a": np.array([2.0])}})

    assert_same(network, read_nir(tmp_path / "n.nir"))
    metadata = nir.read(tmp_path / "n.nir").metadata
    assert (metadata["dt"], metadata["reset"]) == (1e-3, "zero")
    assert metadata["v_scale"]["a"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("name", "layer", "found"),
    [
        ("a", Unsupported("Sigmoid", "unknown", "use IF"), "a Sigmoid"),
        ("a/b", IF(values(3), values(3), values(3)), "a name that a NIR file cannot hold"),
        ("a", conv(extra_padding=(1, 0)), "more at the end"),
    ],
)
def test_that_what_nir_cannot_express_is_refused_by_name(tmp_path: Path, name: str, layer: Layer, found: str) -> None:
    with pytest.raises(NetworkError, match=found) as refused:
        write_nir(tmp_path / "n.nir", Network("n", {name: layer}, ()), {})
    assert name in refused.value.subject
    assert not (tmp_path / "n.nir").exists()
