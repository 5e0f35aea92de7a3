"""The layout of graphs: no two boxes overlap, edges lead to the right, and those that close a cycle run below."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.draw.graph import Edge, layered

SIZES = st.lists(st.tuples(st.floats(20, 200), st.floats(20, 120)), min_size=1, max_size=12)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[Edge]]:
    sizes = draw(SIZES)
    node = st.integers(0, len(sizes) - 1)
    return sizes, [Edge(*pair) for pair in draw(st.lists(st.tuples(node, node), max_size=30))]


@given(graphs())
def test_that_no_two_boxes_overlap_and_all_lie_in_the_layout(
    graph: tuple[list[tuple[float, float]], list[Edge]],
) -> None:
    layout = layered(*graph, (50.0, 20.0))

    for one, two in combinations(layout.boxes, 2):
        assert one.right <= two.x or two.right <= one.x or one.bottom <= two.y or two.bottom <= one.y
    assert all(
        box.x >= 0 and box.y >= 0 and box.right <= layout.width and box.bottom <= layout.height for box in layout.boxes
    )


@given(graphs())
def test_that_every_edge_runs_from_its_source_to_its_target_past_all_other_boxes(
    graph: tuple[list[tuple[float, float]], list[Edge]],
) -> None:
    layout = layered(*graph, (50.0, 20.0))
    for edge in {edge for edge in graph[1] if edge.source != edge.target}:
        way = layout.ways[edge]
        source, target = layout.boxes[edge.source], layout.boxes[edge.target]
        assert way[0][0] == source.right
        assert source.y <= way[0][1] <= source.bottom
        assert way[-1][0] == target.x
        assert target.y <= way[-1][1] <= target.bottom
        for x, y in way[1:-1]:
            assert not any(box.x < x < box.right and box.y < y < box.bottom for box in layout.boxes)


def test_that_a_chain_goes_from_left_to_right_on_one_line() -> None:
    layout = layered([(100.0, 40.0)] * 3, [Edge(0, 1), Edge(1, 2)], (50.0, 20.0))

    assert [box.x for box in layout.boxes] == pytest.approx([0, 150, 300])
    assert len({box.centre[1] for box in layout.boxes}) == 1


def test_that_an_edge_back_runs_below_all_boxes() -> None:
    layout = layered([(100.0, 40.0)] * 3, [Edge(0, 1), Edge(1, 2), Edge(2, 0)], (50.0, 20.0))

    assert max(y for _, y in layout.ways[Edge(2, 0)]) > max(box.bottom for box in layout.boxes)


def test_that_a_cycle_is_entered_where_the_network_enters_it() -> None:
    layout = layered([(10.0, 10.0)] * 3, [Edge(0, 1), Edge(1, 0), Edge(2, 1)], (50.0, 20.0))

    assert layout.boxes[2].x < layout.boxes[1].x < layout.boxes[0].x
