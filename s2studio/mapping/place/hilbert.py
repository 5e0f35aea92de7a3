"""Slices in order along a Hilbert curve over the mesh: neighbours in the network stay neighbours on the chip."""

from __future__ import annotations

from s2studio.chip.machine import PE
from s2studio.mapping.place.task import Task


def place_hilbert(task: Task) -> tuple[PE, ...]:
    """Return the free PEs along the curve, QPE by QPE, one for each slice that is not pinned; holes are skipped."""
    spec = task.machine.spec
    order = max(spec.columns, spec.rows).bit_length()
    return task.along(sorted(task.free_pes, key=lambda pe: (pe[:2], hilbert_index(pe.cell, order), pe.p)))


def hilbert_index(cell: tuple[int, int], order: int) -> int:
    """Return how far along the Hilbert curve through 2^order x 2^order cells `cell`, counted from (1, 1), lies.

    Neighbours along the curve are neighbours on the mesh. The curve of the smallest square is the one of a unit square
    turned and joined four times over (https://en.wikipedia.org/wiki/Hilbert_curve, xy2d).
    """
    x, y, index = cell[0] - 1, cell[1] - 1, 0
    side = 1 << order
    half = side >> 1
    while half:
        right, upper = int(bool(x & half)), int(bool(y & half))
        index += half * half * ((3 * right) ^ upper)
        if not upper:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        half >>= 1
    return index
