"""The layout of a mesh: nothing overlaps, every PE is found where it is drawn, every route has its lines."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE, Machine
from s2studio.draw.mesh import Box, MeshLayout
from s2studio.mapping.mapping import Link, Node
from s2studio.mapping.place.noc import noc

ONE = make_machine(load_chip())
FOUR = replace(ONE, chips=((0, 0), (1, 0), (0, 1), (1, 1)))
LAYOUTS = {"one": MeshLayout(ONE), "four": MeshLayout(FOUR), "rows": MeshLayout(make_machine(load_chip("benchmark")))}


def overlap(one: Box, two: Box) -> bool:
    return one.x < two.right and two.x < one.right and one.y < two.bottom and two.y < one.bottom


@pytest.mark.parametrize("layout", [LAYOUTS["one"]], ids=["one"])
def test_that_no_two_pes_overlap(layout: MeshLayout) -> None:
    assert not any(overlap(one, two) for one, two in combinations(layout.pes.values(), 2))


@pytest.mark.parametrize("name", LAYOUTS)
def test_that_every_pe_of_the_machine_lies_in_its_cell_and_every_cell_in_the_bounds(name: str) -> None:
    layout = LAYOUTS[name]

    assert set(layout.pes) == set(layout.machine.pes)
    for pe, box in layout.pes.items():
        cell = layout.cells[Node(pe.chip_x, pe.chip_y, pe.x, pe.y)]
        assert cell.around(box) == cell
    assert all(layout.bounds.around(cell) == layout.bounds for cell in layout.cells.values())


@pytest.mark.parametrize("name", LAYOUTS)
def test_that_the_middle_of_a_pe_is_that_pe(name: str) -> None:
    layout = LAYOUTS[name]

    assert all(layout.pe_at(*box.centre) == pe for pe, box in layout.pes.items())


def test_that_between_cells_and_outside_there_is_no_pe() -> None:
    layout = LAYOUTS["four"]

    assert layout.pe_at(layout.bounds.x - 1, 5) is None
    assert layout.pe_at(*LAYOUTS["one"].holes[0].box.centre) is None
    chip = layout.chips[0, 0]
    assert layout.pe_at(chip.right + 1, chip.y + 20) is None


def test_that_y_grows_upwards_on_the_chip_and_downwards_on_paper() -> None:
    pes = LAYOUTS["four"].pes

    assert pes[PE(0, 0, 1, 6, 0)].y < pes[PE(0, 0, 1, 1, 0)].y
    assert pes[PE(0, 1, 1, 1, 0)].y < pes[PE(0, 0, 1, 6, 0)].y
    assert pes[PE(0, 0, 1, 1, 0)].x < pes[PE(0, 0, 2, 1, 0)].x < pes[PE(1, 0, 1, 1, 0)].x


def test_that_the_event_router_and_the_periphery_are_one_hole_each() -> None:
    holes = LAYOUTS["one"].holes

    assert [hole.kind for hole in holes] == ["router", "periphery"]
    assert not any(overlap(hole.box, cell) for hole in holes for cell in LAYOUTS["one"].cells.values())


@pytest.mark.parametrize("routing", ["mc", "c2c"])
def test_that_every_link_a_route_can_take_has_a_line(routing: str) -> None:
    links = noc(ONE.spec, "mc" if routing == "mc" else "c2c").links

    assert set(links) <= set(LAYOUTS["one"].links)


def test_that_no_two_links_share_a_line() -> None:
    lines = [tuple(sorted(line)) for line in LAYOUTS["four"].links.values()]

    assert len(set(lines)) == len(lines)


def test_that_a_link_is_found_on_its_line_and_nowhere_else() -> None:
    layout = LAYOUTS["one"]
    link = Link(Node(0, 0, 1, 1), Node(0, 0, 2, 1))
    (x1, y1), (x2, y2) = layout.links[link]

    assert layout.link_at((x1 + x2) / 2, (y1 + y2) / 2) == link
    assert layout.link_at(*layout.pes[PE(0, 0, 1, 1, 0)].centre) is None


@given(st.floats(-20, 260), st.floats(-20, 260))
def test_that_a_point_is_on_a_pe_exactly_where_its_box_says_so(x: float, y: float) -> None:
    layout = LAYOUTS["one"]

    assert layout.pe_at(x, y) == next((pe for pe, box in layout.pes.items() if box.contains(x, y)), None)


def test_that_a_chip_without_holes_has_none() -> None:
    spec = replace(ONE.spec, router_cells=(), periphery_cells=())

    assert MeshLayout(Machine(spec, ONE.runtime)).holes == ()
