from __future__ import annotations

from itertools import pairwise, product

import pytest

from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import MappingOptions
from s2studio.mapping.partition import Piece
from s2studio.mapping.place.hilbert import hilbert_index, place_hilbert
from s2studio.mapping.place.task import Task


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_that_the_curve_passes_every_cell_once_from_neighbour_to_neighbour(order: int) -> None:
    cells = list(product(range(1, 2**order + 1), range(1, 2**order + 1)))
    along = sorted(cells, key=lambda cell: hilbert_index(cell, order))

    assert sorted(hilbert_index(cell, order) for cell in cells) == list(range(4**order))
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in pairwise(along))


def test_that_slices_fill_a_qpe_before_the_next_and_stay_close(machine: Machine) -> None:
    slices = [Piece("hidden", index, index + 1) for index in range(148)]
    pes = place_hilbert(Task(slices, [()] * 148, machine, MappingOptions()))
    cells = list(dict.fromkeys(pe.cell for pe in pes))
    steps = [abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairwise(cells)]

    assert [pe.cell for pe in pes] == [cell for cell in cells for _ in range(4)]
    # Only the holes and the part of the square that the chip lacks make the curve jump.
    assert sum(step > 1 for step in steps) <= 5
