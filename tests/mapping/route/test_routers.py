from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise, product

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import Link, Node
from s2studio.mapping.route import ROUTERS
from s2studio.mapping.route.c2c import route_c2c
from s2studio.mapping.route.mc import route_mc
from s2studio.mapping.route.paths import Cell, Course, Mesh
from tests.mapping.route.walks import HOLES, PORTS, QPES, ROUTER, walk_xy

ROUTER_NODE = Node(0, 0, 0, 0, is_router=True)

qpes = st.sampled_from(sorted(QPES))
sources = qpes.map(lambda cell: PE(0, 0, *cell, 0))
target_sets = st.sets(qpes, min_size=1, max_size=38)


def counted(ways: list[tuple[Cell | None, ...]]) -> Counter[Link]:
    ends = [[ROUTER_NODE if cell is None else Node(0, 0, *cell) for cell in way] for way in ways]
    return Counter(Link(*step) for way in ends for step in pairwise(way))


def distance(source: Cell, target: Cell) -> int:
    return len(walk_xy(source, target)) - 1


def crossings(way: tuple[Cell, ...]) -> int:
    return sum(cell in HOLES for cell in way)


@pytest.fixture(scope="session")
def passing(machine: Machine) -> Mesh:
    return Mesh(replace(machine.spec, hole_crossing="pass"))


@pytest.fixture(scope="session")
def detouring(machine: Machine) -> Mesh:
    return Mesh(replace(machine.spec, hole_crossing="detour"))


@given(source=sources, targets=target_sets)
def test_that_c2c_sends_one_packet_per_target_qpe_straight_to_it(passing: Mesh, source: PE, targets: set[Cell]) -> None:
    course = route_c2c(source, targets, passing)

    assert (course.packets, course.router_lookups) == (len(targets), 0)
    assert Counter(course.flits) == counted([walk_xy(source.cell, target) for target in targets])


@given(source=sources, targets=target_sets)
def test_that_mc_sends_one_packet_in_and_a_flit_over_each_link_of_a_tree_out(
    passing: Mesh, source: PE, targets: set[Cell]
) -> None:
    course = route_mc(source, targets, passing)
    inward = counted([(*passing.path(source.cell, nearest_router_cell(source.cell))[:-1], None)])
    outward = Counter(course.flits) - inward
    ways = [(None, *passing.way_out(target)) for target in targets]
    # Two copies are one flit as long as they come the same way from the router.
    shared = {way[:length] for way in ways for length in range(2, len(way) + 1)}

    assert (course.packets, course.router_lookups) == (1, 1)
    assert outward == counted([way[-2:] for way in shared])


@given(source=sources, targets=target_sets)
def test_that_an_mc_tree_reaches_every_target_with_fewer_flits_than_copies(
    passing: Mesh, source: PE, targets: set[Cell]
) -> None:
    flits = route_mc(source, targets, passing).flits
    tree = networkx.DiGraph(link for link in flits if link.source == ROUTER_NODE or reached_from_router(link, flits))
    alone = [sum(route_mc(source, [target], passing).flits.values()) for target in targets]

    assert set(networkx.descendants(tree, ROUTER_NODE)) >= {Node(0, 0, *target) for target in targets}
    assert sum(flits.values()) <= sum(alone) - (len(targets) - 1)


def test_that_copies_on_one_way_are_one_flit_until_they_part(passing: Mesh) -> None:
    near, far, aside = (3, 3), (1, 3), (2, 2)
    flits = route_mc(PE(0, 0, 3, 3, 0), [near, far, aside], passing).flits
    outward = Counter(flits) - counted([((3, 3), None)])

    assert outward == counted([(None, (3, 3)), ((3, 3), (2, 3)), ((2, 3), (1, 3)), ((2, 3), (2, 2))])


@pytest.mark.parametrize("target", sorted(QPES))
def test_that_a_copy_takes_the_best_port_of_all(passing: Mesh, target: Cell) -> None:
    best = min((crossings(walk_xy(port, target)), distance(port, target)) for port in PORTS)
    for source in sorted(QPES):
        cell = min(ROUTER, key=lambda cell: distance(source, cell))
        inward = counted([(*walk_xy(source, cell)[:-1], None)])
        outward = Counter(route_mc(PE(0, 0, *source, 0), [target], passing).flits) - inward
        port = next(cell_of(link.target) for link in outward if link.source == ROUTER_NODE)

        assert outward == counted([(None, *walk_xy(port, target))])
        assert (crossings(walk_xy(port, target)), distance(port, target)) == best


def test_that_equally_good_ports_are_taken_in_their_order(passing: Mesh) -> None:
    for target in sorted(QPES):
        ranks = [(crossings(walk_xy(port, target)), distance(port, target)) for port in passing.ports]
        first = passing.ports[ranks.index(min(ranks))]
        flits = route_mc(PE(0, 0, 1, 1, 0), [target], passing).flits

        assert Link(ROUTER_NODE, Node(0, 0, *first)) in flits


def test_that_the_way_in_ends_at_the_nearest_router_cell(passing: Mesh) -> None:
    for source in sorted(QPES):
        flits = route_mc(PE(0, 0, *source, 0), [(1, 1)], passing).flits
        outward = route_mc(PE(0, 0, 3, 3, 0), [(1, 1)], passing).flits
        inward = sum(flits.values()) - (sum(outward.values()) - 1)

        assert inward == min(distance(source, cell) for cell in ROUTER)


def test_that_a_target_on_the_senders_qpe_costs_no_link_by_c2c_but_a_round_trip_by_mc(passing: Mesh) -> None:
    source = PE(0, 0, 3, 3, 1)

    assert route_c2c(source, [(3, 3)], passing) == Course(1, {}, 0)
    there, back = Link(Node(0, 0, 3, 3), ROUTER_NODE), Link(ROUTER_NODE, Node(0, 0, 3, 3))
    assert route_mc(source, [(3, 3)], passing) == Course(1, {there: 1, back: 1}, 1)


def test_that_copies_count_on_each_link_they_share(passing: Mesh) -> None:
    flits = route_c2c(PE(0, 0, 1, 1, 0), [(3, 1), (2, 1)], passing).flits

    assert flits == {Link(Node(0, 0, 1, 1), Node(0, 0, 2, 1)): 2, Link(Node(0, 0, 2, 1), Node(0, 0, 3, 1)): 1}


@pytest.mark.parametrize("routing", sorted(ROUTERS))
def test_that_no_flit_crosses_a_hole_where_packets_detour(detouring: Mesh, routing: str) -> None:
    for source in sorted(QPES):
        for link in ROUTERS[routing](PE(0, 0, *source, 0), QPES, detouring).flits:
            assert not {cell_of(node) for node in link if not node.is_router} & HOLES


@pytest.mark.parametrize("routing", sorted(ROUTERS))
def test_that_hops_are_the_shortest_there_are_where_packets_detour(detouring: Mesh, routing: str) -> None:
    steps = [(a, b) for a, b in product(QPES, QPES) if distance(a, b) == 1]
    grid = networkx.Graph([*steps, *((port, "router") for port in PORTS)] if routing == "mc" else steps)
    for source, target in product(sorted(QPES), sorted(QPES)):
        hops = sum(ROUTERS[routing](PE(0, 0, *source, 0), [target], detouring).flits.values())
        stops = [source, "router", target] if routing == "mc" else [source, target]

        assert hops == sum(networkx.shortest_path_length(grid, *step) for step in pairwise(stops))


@pytest.mark.parametrize("routing", sorted(ROUTERS))
@given(source=sources, targets=target_sets)
def test_that_a_course_does_not_depend_on_the_order_of_targets(
    passing: Mesh, routing: str, source: PE, targets: set[Cell]
) -> None:
    forward, backward = sorted(targets), sorted(targets, reverse=True)

    assert ROUTERS[routing](source, forward, passing) == ROUTERS[routing](source, backward, passing)


@pytest.mark.parametrize("routing", sorted(ROUTERS))
def test_that_links_carry_the_chip_they_are_on(passing: Mesh, routing: str) -> None:
    for link in ROUTERS[routing](PE(2, 5, 1, 1, 0), [(7, 6)], passing).flits:
        assert {(node.chip_x, node.chip_y) for node in link} == {(2, 5)}


def cell_of(node: Node) -> Cell:
    return node.x, node.y


def nearest_router_cell(source: Cell) -> Cell:
    return min(ROUTER, key=lambda cell: distance(source, cell))


def reached_from_router(link: Link, flits: Mapping[Link, int]) -> bool:
    graph = networkx.DiGraph(list(flits))
    return link.source in networkx.descendants(graph, ROUTER_NODE)
