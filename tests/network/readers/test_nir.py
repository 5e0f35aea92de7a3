from __future__ import annotations

import contextlib
import itertools
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.errors import NetworkError
from s2studio.network.layers import (
    IF,
    LIF,
    Affine,
    Conv2d,
    CubaLIF,
    Flatten,
    Input,
    Linear,
    Output,
    SumPool2d,
    Unsupported,
)
from s2studio.network.readers.child import ChildReading
from s2studio.network.readers.nir import read_nir


def ones(*shape: int) -> Any:
    return np.ones(shape)


def image_network() -> nir.NIRGraph:
    """Return one node of each layer for images and IF."""
    nodes = {
        "input": nir.Input({"input": np.array([2, 8, 8])}),
        "conv": nir.Conv2d((8, 8), ones(4, 2, 3, 3), 1, 1, 1, 1, ones(4)),
        "fire": nir.IF(r=ones(4, 8, 8), v_threshold=2 * ones(4, 8, 8), v_reset=0 * ones(4, 8, 8)),
        "pool": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "flat": nir.Flatten({"input": np.array([4, 4, 4])}, 0, -1),
        "dense": nir.Affine(ones(3, 64), ones(3)),
        "last": nir.IF(r=ones(3), v_threshold=ones(3), v_reset=ones(3)),
        "output": nir.Output({"output": np.array([3])}),
    }
    names = list(nodes)
    return nir.NIRGraph(nodes, list(itertools.pairwise(names)), type_check=False)


def recurrent_network() -> nir.NIRGraph:
    nodes = {
        "input": nir.Input({"input": np.array([2])}),
        "in": nir.Linear(ones(3, 2)),
        "cuba": nir.CubaLIF(
            tau_syn=0.01 * ones(3),
            tau_mem=0.02 * ones(3),
            r=ones(3),
            v_leak=0 * ones(3),
            v_threshold=ones(3),
            v_reset=0 * ones(3),
            w_in=2 * ones(3),
        ),
        "again": nir.Affine(ones(3, 3), 0 * ones(3)),
        "lif": nir.LIF(tau=ones(3), r=ones(3), v_leak=ones(3), v_threshold=ones(3), v_reset=ones(3)),
        "output": nir.Output({"output": np.array([3])}),
    }
    edges = [("input", "in"), ("in", "cuba"), ("cuba", "again"), ("again", "cuba"), ("cuba", "lif"), ("lif", "output")]
    return nir.NIRGraph(nodes, edges, type_check=False)


def saved(folder: Path, graph: nir.NIRGraph) -> Path:
    nir.write(folder / "model.nir", graph)
    return folder / "model.nir"


def test_that_every_covered_layer_is_read_with_its_values(tmp_path: Path) -> None:
    network = read_nir(saved(tmp_path, image_network()))
    layers = network.layers

    assert {name: type(layer) for name, layer in layers.items()} == {
        "input": Input,
        "conv": Conv2d,
        "fire": IF,
        "pool": SumPool2d,
        "flat": Flatten,
        "dense": Affine,
        "last": IF,
        "output": Output,
    }
    conv, pool, flat = layers["conv"], layers["pool"], layers["flat"]
    assert isinstance(conv, Conv2d)
    assert (conv.stride, conv.padding, conv.dilation, conv.groups) == ((1, 1), (1, 1), (1, 1), 1)
    assert conv.input_shape == (8, 8)
    assert pool == SumPool2d((2, 2), (2, 2), (0, 0))
    assert flat == Flatten(0, -1)
    assert layers["input"] == Input((2, 8, 8))
    assert network.repairs == ()
    assert network.name == "model"


def test_that_recurrent_edges_and_time_constants_are_kept(tmp_path: Path) -> None:
    network = read_nir(saved(tmp_path, recurrent_network()))
    cuba = network.layers["cuba"]

    assert isinstance(cuba, CubaLIF)
    assert (cuba.tau_syn[0], cuba.tau_mem[0], cuba.w_in[0]) == (0.01, 0.02, 2.0)
    assert isinstance(network.layers["lif"], LIF)
    assert isinstance(network.layers["in"], Linear)
    assert set(network.edges) >= {("cuba", "again"), ("again", "cuba")}


@pytest.mark.parametrize(("padding", "expected"), [("valid", (0, 0)), ("same", (1, 1)), (2, (2, 2))])
def test_that_padding_in_words_becomes_numbers(tmp_path: Path, padding: Any, expected: tuple[int, int]) -> None:
    graph = image_network()
    graph.nodes["conv"] = nir.Conv2d((8, 8), ones(4, 2, 3, 3), 1, padding, 1, 1, ones(4))
    conv = read_nir(saved(tmp_path, graph)).layers["conv"]

    assert isinstance(conv, Conv2d)
    assert conv.padding == expected


def change(path: Path, *changes: tuple[str, Any]) -> Path:
    """Set or (None) delete datasets of a file."""
    with h5py.File(path, "a") as file:
        for name, value in changes:
            if name in file:
                del file[name]
            if value is not None:
                file[name] = value
    return path


def test_that_what_older_versions_left_out_is_repaired_and_reported(tmp_path: Path) -> None:
    path = saved(tmp_path, recurrent_network())
    change(path, ("node/nodes/lif/v_reset", None), ("node/nodes/cuba/w_in", None), ("node/nodes/again/bias", None))
    network = read_nir(path)

    lif, cuba, again = (network.layers[name] for name in ("lif", "cuba", "again"))
    assert isinstance(lif, LIF)
    assert isinstance(cuba, CubaLIF)
    assert isinstance(again, Affine)
    assert (lif.v_reset.tolist(), cuba.w_in.tolist(), again.bias.tolist()) == ([0] * 3, [1] * 3, [0] * 3)
    assert {repair.node for repair in network.repairs} == {"lif", "cuba", "again"}


def test_that_a_node_that_is_not_covered_is_named_with_reason_and_remedy(tmp_path: Path) -> None:
    path = change(saved(tmp_path, recurrent_network()), ("node/nodes/again/type", "Mystery"))
    layer = read_nir(path).layers["again"]

    assert isinstance(layer, Unsupported)
    assert layer.type_name == "Mystery"
    assert layer.reason == "it is no NIR primitive that s2studio knows"
    assert "use one of Input, Output, Linear" in layer.remedy


def test_that_every_conformance_network_loads_and_the_nested_one_equals_the_flat_one(conformance: Path) -> None:
    networks = {path.stem: read_nir(path) for path in sorted(conformance.glob("*/*.nir"))}
    nested, flat = networks["braille_noDelay_bias_zero_subgraph"], networks["braille_noDelay_bias_zero"]

    assert len(networks) == 6
    assert any("put in its place" in repair.action for repair in nested.repairs)
    renamed = {"lif1.lin": "lif1.w_rec"}
    assert {tuple(renamed.get(name, name) for name in edge) for edge in nested.edges} == set(flat.edges)
    for name, layer in nested.layers.items():
        np.testing.assert_equal(vars(layer), vars(flat.layers[renamed.get(name, name)]))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([("node/nodes/lif/tau", None)], "node 'lif' in model.nir: its LIF is incomplete"),
        ([("node/nodes/lif/type", None)], "node 'lif' in model.nir: it has no type"),
        ([("node/nodes/in/weight", np.full((3, 2), np.nan))], "node 'in' in model.nir: 6 of the values of 'weight'"),
        ([("node/nodes/lif/tau", ones(4))], "node 'lif' in model.nir: its LIF is malformed"),
        (
            [("node/nodes/input/shape", np.array([0]))],
            r"node 'input' in model.nir: its Input is malformed: its shape is",
        ),
        ([("node/nodes/lif", None)], "edge 'cuba' -> 'lif' in model.nir: there is no node 'lif'"),
        ([("node/edges", None)], "holds no NIR graph"),
        ([("node", None)], "holds no NIR graph"),
        ([("node/nodes/lif/r", h5py.SoftLink("/node/nodes/lif/tau"))], "/node/nodes/lif/r is a link"),
        ([("node/nodes/lif/r", h5py.ExternalLink("/etc/passwd", "x"))], "/node/nodes/lif/r is a link"),
    ],
)
def test_that_a_malformed_file_is_refused_with_its_node(
    tmp_path: Path, changes: list[tuple[str, Any]], says: str
) -> None:
    with pytest.raises(NetworkError, match=says):
        read_nir(change(saved(tmp_path, recurrent_network()), *changes))


def test_that_sizes_are_checked_before_memory_is_taken(tmp_path: Path) -> None:
    path = saved(tmp_path, recurrent_network())
    with h5py.File(path, "a") as file:
        del file["node/nodes/in/weight"]
        file.create_dataset("node/nodes/in/weight", (10**6, 10**6), "f4", chunks=(1024, 1024), compression="gzip")
    assert path.stat().st_size < 10**6

    with pytest.raises(NetworkError, match="at most 1,073,741,824 B are read"):
        read_nir(path)


def test_that_groups_without_end_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, recurrent_network())
    with h5py.File(path, "a") as file:
        file["node/nodes/again/loop"] = file["node/nodes"]  # a hard link to a group above it

    with pytest.raises(NetworkError, match=r"nested more than|more than"):
        read_nir(path)


@settings(max_examples=10)
@given(content=st.binary(max_size=200))
def test_that_any_bytes_are_refused_in_words(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "model.nir"
    path.write_bytes(content)
    with pytest.raises(NetworkError, match="cannot be read as HDF5"):
        read_nir(path)


# HDF5 2.0 reads the second without end and dies of the third; the others are there for what comes next.
@pytest.mark.parametrize("seed", [0, 128, 955, 1568, 4261])
def test_that_flipped_bytes_never_take_the_program_with_them(tmp_path: Path, seed: int) -> None:
    path = saved(tmp_path, recurrent_network())
    content, random = bytearray(path.read_bytes()), np.random.default_rng(seed)
    for place in random.integers(0, len(content), 20):
        content[place] = random.integers(256)
    path.write_bytes(content)
    with contextlib.suppress(NetworkError):
        ChildReading(path, "hdf5").result(time_limit_s=2)


def test_that_a_file_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="it took more than 0 s; save it again"):
        ChildReading(saved(tmp_path, recurrent_network()), "hdf5").result(time_limit_s=0)
