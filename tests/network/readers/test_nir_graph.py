"""Graphs in memory: what is read from them is what is read from their file."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import nir
import numpy as np
import pytest

from s2studio.errors import NetworkError
from s2studio.network.layers import Output
from s2studio.network.readers.nir import read_nir
from s2studio.network.readers.nir_graph import add_output, read_graph


def _graph() -> nir.NIRGraph:
    """Return two layers with a pool, a convolution and a recurrent edge."""
    ones = np.ones(4)
    return nir.NIRGraph(
        nodes={
            "input": nir.Input(input_type={"input": np.array([2, 4, 4])}),
            "pool": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
            "conv": nir.Conv2d((2, 2), np.ones((1, 2, 1, 1)), 1, 0, 1, 1, np.zeros(1)),
            "flat": nir.Flatten(input_type={"input": np.array([1, 2, 2])}, start_dim=0, end_dim=-1),
            "lif": nir.LIF(tau=ones * 1e-2, r=ones, v_leak=ones * 0, v_threshold=ones),
            "back": nir.Linear(np.eye(4)),
            "output": nir.Output(output_type={"output": np.array([4])}),
        },
        edges=[
            *(("input", "pool"), ("pool", "conv"), ("conv", "flat"), ("flat", "lif")),
            *(("lif", "back"), ("back", "lif"), ("lif", "output")),
        ],
        type_check=False,
    )


def test_that_a_graph_and_its_file_are_the_same_network(tmp_path: Path) -> None:
    nir.write(tmp_path / "net.nir", _graph())

    of_file, of_graph = read_nir(tmp_path / "net.nir"), read_graph(_graph(), "net")

    assert of_graph.name == of_file.name
    assert set(of_graph.edges) == set(of_file.edges)
    assert set(of_graph.layers) == set(of_file.layers)
    for name, layer in of_file.layers.items():
        for column in fields(layer):
            np.testing.assert_array_equal(getattr(of_graph.layers[name], column.name), getattr(layer, column.name))


def test_that_nodes_keep_the_order_of_the_graph() -> None:
    assert list(read_graph(_graph()).layers) == list(_graph().nodes)


def test_that_an_output_is_added_behind_a_node() -> None:
    graph = _graph()
    add_output(graph, "lif", "spikes")
    network = read_graph(graph)

    assert network.layers["spikes"] == Output((4,))
    assert ("lif", "spikes") in network.edges
    with pytest.raises(NetworkError, match="'nowhere': it is not in the graph"):
        add_output(graph, "nowhere", "more")
    with pytest.raises(NetworkError, match="'spikes': there is one with this name"):
        add_output(graph, "lif", "spikes")


@pytest.mark.parametrize("graph", [None, "net.nir", {"nodes": {}, "edges": []}])
def test_that_what_is_no_graph_is_refused(graph: object) -> None:
    with pytest.raises(NetworkError, match=r"a nir\.NIRGraph is expected"):
        read_graph(graph)
