"""Paths over the mesh of chip.md walked step by step, apart from the code under test."""

from __future__ import annotations

HOLES = frozenset({(4, 3), (4, 4), (7, 3), (7, 4)})
QPES = frozenset((x, y) for x in range(1, 8) for y in range(1, 7)) - HOLES
ROUTER = ((4, 3), (4, 4))
PORTS = frozenset({(3, 3), (5, 3), (4, 2), (3, 4), (5, 4), (4, 5)})

Cell = tuple[int, int]


def walk_xy(source: Cell, target: Cell) -> tuple[Cell, ...]:
    """Return the cells passed when x is brought to its goal first, then y."""
    (x, y), cells = source, [source]
    while (x, y) != target:
        if x != target[0]:
            x += 1 if x < target[0] else -1
        else:
            y += 1 if y < target[1] else -1
        cells.append((x, y))
    return tuple(cells)
