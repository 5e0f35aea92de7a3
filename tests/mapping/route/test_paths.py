from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, permutations, product

import networkx
import pytest

from s2studio.chip.machine import Machine
from s2studio.errors import MappingError
from s2studio.mapping.route.paths import Cell, Mesh, Path, xy_path
from tests.mapping.route.walks import HOLES, QPES, walk_xy


@pytest.fixture
def passing(machine: Machine) -> Mesh:
    return Mesh(replace(machine.spec, hole_crossing="pass"))


@pytest.fixture
def detouring(machine: Machine) -> Mesh:
    return Mesh(replace(machine.spec, hole_crossing="detour"))


def paths(mesh: Mesh) -> Iterator[tuple[Cell, Cell, Path]]:
    for source, target in permutations(sorted(mesh.cells), 2):
        yield source, target, mesh.path(source, target)


def distance(source: Cell, target: Cell) -> int:
    return abs(source[0] - target[0]) + abs(source[1] - target[1])


def test_that_the_mesh_has_38_qpes_and_four_holes(passing: Mesh) -> None:
    assert passing.cells == QPES
    assert passing.holes == HOLES


def test_that_336_of_1406_pairs_cross_a_hole_where_holes_pass_traffic(passing: Mesh) -> None:
    crossing = [passing.crossings(path) > 0 for _, _, path in paths(passing)]

    assert (sum(crossing), len(crossing)) == (336, 1_406)


def test_that_paths_go_x_first_where_holes_pass_traffic(passing: Mesh) -> None:
    for source, target, path in paths(passing):
        assert path == walk_xy(source, target)
        assert len(path) - 1 == distance(source, target)


def test_that_a_detour_is_a_shortest_way_between_neighbours_without_a_hole(detouring: Mesh) -> None:
    grid = networkx.Graph((a, b) for a, b in product(QPES, QPES) if distance(a, b) == 1)
    lengths = dict(networkx.all_pairs_shortest_path_length(grid))
    for source, target, path in paths(detouring):
        assert (path[0], path[-1]) == (source, target)
        assert not HOLES & set(path)
        assert all(distance(a, b) == 1 for a, b in pairwise(path))
        assert len(path) - 1 == lengths[source][target]


def test_that_a_detour_keeps_to_xy_then_to_yx_where_they_are_free(detouring: Mesh) -> None:
    for source, target, path in paths(detouring):
        xy, yx = walk_xy(source, target), walk_xy(target, source)[::-1]
        free = [way for way in (xy, yx) if not HOLES & set(way)]
        if free:
            assert path == free[0]


def test_that_a_path_to_itself_has_no_link(passing: Mesh, detouring: Mesh) -> None:
    assert passing.path((1, 1), (1, 1)) == detouring.path((1, 1), (1, 1)) == ((1, 1),)


def test_that_the_event_router_has_six_ports_beside_it(passing: Mesh) -> None:
    assert set(passing.ports) == {(3, 3), (5, 3), (4, 2), (3, 4), (5, 4), (4, 5)}
    assert len(passing.ports) == 6


def test_that_a_qpe_shut_in_by_holes_is_refused(machine: Machine) -> None:
    walled = replace(machine.spec, hole_crossing="detour", qpe_order=((1, 1), (3, 1)), periphery_cells=((2, 1),))

    with pytest.raises(MappingError, match="no way around the holes"):
        Mesh(walled).path((1, 1), (3, 1))


def test_that_a_path_against_the_axes_changes_x_first() -> None:
    assert xy_path((3, 2), (1, 1)) == ((3, 2), (2, 2), (1, 2), (1, 1))
