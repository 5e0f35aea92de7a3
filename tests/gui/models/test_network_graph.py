"""The network as boxes: every population is in exactly one, however groups are opened and closed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s2studio.draw.graph import Edge, layered
from s2studio.gui.models.network_graph import MOST_BOXES, groups_of, initially_open, network_graph
from s2studio.snn.connectivity import SynapseList
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection


def synapse() -> SynapseList:
    return SynapseList(np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones(1, np.int8), np.zeros(1, np.uint8))


def chain_of(*names: str) -> ChipNetwork:
    populations = tuple(Population(name, 4, "lif") for name in names)
    projections = tuple(Projection(pre, post, synapse()) for pre, post in pairwise(names))
    return ChipNetwork("chain", SpikingPart(populations, projections, (names[-1],)))


def test_that_groups_follow_the_parts_of_names() -> None:
    groups = groups_of(["input", "features.0.lif", "features.0.conv", "features.1", "head/lif"])
    assert groups == {
        "input": (),
        "features.0.lif": ("features", "features.0"),
        "features.0.conv": ("features", "features.0"),
        "features.1": ("features",),
        "head/lif": (),  # alone in its group
    }


def test_that_a_closed_group_is_one_box_and_its_inner_projections_are_hidden() -> None:
    network = chain_of("input", "block.a", "block.b", "out")
    groups = groups_of(["input", "block.a", "block.b", "out"])
    closed = network_graph(network, groups, frozenset())
    assert [node.title for node in closed.nodes] == ["input", "block", "out"]
    assert closed.nodes[1].populations == ("block.a", "block.b")
    assert [(edge.source, edge.target, edge.projections) for edge in closed.edges] == [(0, 1, (0,)), (1, 2, (2,))]
    opened = network_graph(network, groups, initially_open(groups))
    assert [node.title for node in opened.nodes] == ["input", "block.a", "block.b", "out"]
    assert len(opened.edges) == 3
    assert opened.nodes[3].is_output


@given(st.lists(st.text("ab./", min_size=1, max_size=6), min_size=1, max_size=12, unique=True), st.data())
def test_that_every_population_is_in_exactly_one_box(names: list[str], data: st.DataObject) -> None:
    groups = groups_of(names)
    every = sorted({group for chain in groups.values() for group in chain})
    is_open = frozenset(data.draw(st.lists(st.sampled_from(every), unique=True)) if every else [])
    graph = network_graph(chain_of(*names), groups, is_open)
    assert sorted(name for node in graph.nodes for name in node.populations) == sorted(names)


def test_that_thousands_of_populations_become_few_boxes_at_first() -> None:
    names = [f"population {number}" for number in range(5000)]
    groups = groups_of(names)
    graph = network_graph(chain_of(*names), groups, initially_open(groups))
    assert len(graph.nodes) <= MOST_BOXES
    assert sum(len(node.populations) for node in graph.nodes) == 5000
    assert len(graph.edges) == len(graph.nodes) - 1


def test_that_a_chain_of_thousands_is_laid_out_one_behind_the_other() -> None:
    """With quadratic work this would take minutes."""
    count = 5000
    edges = [Edge(number, number + 1) for number in range(count - 1)]
    layout = layered([(100.0, 50.0)] * count, edges, (40.0, 20.0))
    assert all(one.right < other.x for one, other in pairwise(layout.boxes))
    assert len({box.y for box in layout.boxes}) == 1
