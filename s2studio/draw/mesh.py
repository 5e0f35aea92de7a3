"""Where everything of a machine's mesh lies on paper: cells, PEs, holes and links, in units of a tenth of a PE's side.

Chips stand in their grid with y upwards, as in the chip's own coordinates; on paper y grows downwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import Link, Node

Cell = tuple[int, int]
Point = tuple[float, float]

# In units: a PE's side, the gap between PEs of a cell, the gap between cells, the gap between chips.
PE_SIDE = 10.0
PE_GAP = 0.75
CELL_GAP = 6.0
CHIP_GAP = 20.0
# How far a link's two directions, and links into the event router, lie from the line through the cells' centres.
LANE = 1.2
ROUTER_LANE = 3.6
_PES_PER_ROW = 2


class Box(NamedTuple):
    """A rectangle: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """The point in its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height

    def contains(self, x: float, y: float) -> bool:
        """Return whether a point lies in it; of two that touch, only one contains a point between them."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def around(self, other: Box) -> Box:
        """Return the smallest box around both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)


class Hole(NamedTuple):
    """Cells without a QPE: `kind` is `router` or `periphery`, `name` what to write into `box`."""

    kind: str
    name: str
    box: Box


@dataclass(frozen=True)
class MeshLayout:
    """The layout of `machine`'s mesh, every number in units, from (0, 0) at the upper left of `bounds`."""

    machine: Machine

    @cached_property
    def cell_side(self) -> float:
        """The side of a cell: its PEs in rows of two with gaps around them."""
        return max(self._columns_in_cell, self._rows_in_cell) * (PE_SIDE + PE_GAP) + PE_GAP

    @cached_property
    def pitch(self) -> float:
        """From a cell to its neighbour."""
        return self.cell_side + CELL_GAP

    @cached_property
    def bounds(self) -> Box:
        """The box around all chips."""
        boxes = list(self.chips.values())
        whole = boxes[0]
        for box in boxes[1:]:
            whole = whole.around(box)
        return whole

    @cached_property
    def chips(self) -> dict[Cell, Box]:
        """The box around each chip, with half a gap beside its outer cells."""
        width, height = self._columns * self.pitch, self._rows * self.pitch
        return {(x, y): Box(*self._chip_corner(x, y), width, height) for x, y in self.machine.chips}

    @cached_property
    def cells(self) -> dict[Node, Box]:
        """The box of each QPE cell."""
        return {
            Node(*chip, *cell): self._cell_box(chip, cell)
            for chip in self.machine.chips
            for cell in self.machine.spec.qpe_order
        }

    @cached_property
    def pes(self) -> dict[PE, Box]:
        """The box of each PE: p = 0 is the upper left of its cell, 1 beside it, 2 and 3 below.

        Where the PEs of a QPE really lie is not published.
        """
        return {pe: self._pe_box(pe) for pe in self.machine.pes}

    @cached_property
    def holes(self) -> tuple[Hole, ...]:
        """The event router and the periphery of each chip; cells that touch make one hole."""
        spec = self.machine.spec
        kinds = (("router", "Router", spec.router_cells), ("periphery", "Periphery", spec.periphery_cells))
        return tuple(
            Hole(kind, name, self._box_around(chip, group))
            for chip in self.machine.chips
            for kind, name, cells in kinds
            for group in _touching(cells)
        )

    @cached_property
    def links(self) -> dict[Link, tuple[Point, Point]]:
        """The line of each link of the NoC: both directions between neighbours, and in and out of the event router."""
        spec = self.machine.spec
        routers = set(spec.router_cells)
        cells = {*spec.qpe_order, *routers, *spec.periphery_cells}
        lines: dict[Link, tuple[Point, Point]] = {}
        for chip in self.machine.chips:
            router = Node(*chip, 0, 0, is_router=True)
            for cell in sorted(cells):
                for near in cells.intersection(_neighbours(cell)):
                    lines[Link(Node(*chip, *cell), Node(*chip, *near))] = self._line(chip, cell, near, LANE)
                    if near in routers and cell not in routers:
                        lines[Link(Node(*chip, *cell), router)] = self._line(chip, cell, near, ROUTER_LANE)
                        lines[Link(router, Node(*chip, *cell))] = self._line(chip, near, cell, ROUTER_LANE)
        return lines

    def pe_at(self, x: float, y: float) -> PE | None:
        """Return the PE at a point, None beside them all."""
        cell = self.cell_at(x, y)
        if cell is None:
            return None
        pes = (PE(cell.chip_x, cell.chip_y, cell.x, cell.y, p) for p in range(self.machine.spec.pes_per_qpe))
        return next((pe for pe in pes if self.pes[pe].contains(x, y)), None)

    def cell_at(self, x: float, y: float) -> Node | None:
        """Return the QPE cell at a point, None beside them all."""
        chip = next((chip for chip, box in self.chips.items() if box.contains(x, y)), None)
        if chip is None:
            return None
        left, top = self._chip_corner(*chip)
        column, row = int((x - left) // self.pitch), int((y - top) // self.pitch)
        node = Node(*chip, self._first[0] + column, self._first[1] + self._rows - 1 - row)
        box = self.cells.get(node)
        return node if box is not None and box.contains(x, y) else None

    def link_at(self, x: float, y: float, reach: float = LANE) -> Link | None:
        """Return the link nearest to a point, None where none is within `reach`."""
        near = min(self.links.items(), key=lambda entry: _distance((x, y), *entry[1]), default=None)
        return near[0] if near is not None and _distance((x, y), *near[1]) <= reach else None

    @cached_property
    def _span(self) -> tuple[Cell, Cell]:
        spec = self.machine.spec
        cells = (*spec.qpe_order, *spec.router_cells, *spec.periphery_cells)
        columns, rows = [x for x, _ in cells], [y for _, y in cells]
        return (min(columns), min(rows)), (max(columns), max(rows))

    @property
    def _first(self) -> Cell:
        return self._span[0]

    @property
    def _columns(self) -> int:
        return self._span[1][0] - self._span[0][0] + 1

    @property
    def _rows(self) -> int:
        return self._span[1][1] - self._span[0][1] + 1

    @property
    def _columns_in_cell(self) -> int:
        return min(_PES_PER_ROW, self.machine.spec.pes_per_qpe)

    @property
    def _rows_in_cell(self) -> int:
        return -(-self.machine.spec.pes_per_qpe // self._columns_in_cell)

    def _chip_corner(self, chip_x: int, chip_y: int) -> Point:
        first = min(x for x, _ in self.machine.chips)
        last = max(y for _, y in self.machine.chips)
        width, height = self._columns * self.pitch + CHIP_GAP, self._rows * self.pitch + CHIP_GAP
        return (chip_x - first) * width, (last - chip_y) * height

    def _cell_box(self, chip: Cell, cell: Cell) -> Box:
        left, top = self._chip_corner(*chip)
        column, row = cell[0] - self._first[0], self._span[1][1] - cell[1]
        half = CELL_GAP / 2
        return Box(left + column * self.pitch + half, top + row * self.pitch + half, self.cell_side, self.cell_side)

    def _pe_box(self, pe: PE) -> Box:
        cell = self._cell_box((pe.chip_x, pe.chip_y), pe.cell)
        row, column = divmod(pe.p, self._columns_in_cell)
        step = PE_SIDE + PE_GAP
        return Box(cell.x + PE_GAP + column * step, cell.y + PE_GAP + row * step, PE_SIDE, PE_SIDE)

    def _box_around(self, chip: Cell, cells: Iterable[Cell]) -> Box:
        boxes = [self._cell_box(chip, cell) for cell in cells]
        whole = boxes[0]
        for box in boxes[1:]:
            whole = whole.around(box)
        return whole

    def _line(self, chip: Cell, source: Cell, target: Cell, lane: float) -> tuple[Point, Point]:
        """Return the line across the gap from `source` to `target`, on the right-hand side of its direction."""
        one, two = self._cell_box(chip, source).centre, self._cell_box(chip, target).centre
        along = ((two[0] - one[0]) / self.pitch, (two[1] - one[1]) / self.pitch)
        across = (-along[1] * lane, along[0] * lane)
        near, far = self.cell_side / 2, self.pitch - self.cell_side / 2
        return (
            (one[0] + along[0] * near + across[0], one[1] + along[1] * near + across[1]),
            (one[0] + along[0] * far + across[0], one[1] + along[1] * far + across[1]),
        )


def _neighbours(cell: Cell) -> tuple[Cell, ...]:
    return tuple((cell[0] + dx, cell[1] + dy) for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)))


def _touching(cells: Iterable[Cell]) -> list[tuple[Cell, ...]]:
    """Return `cells` in groups of those in one column that touch, so that each group fills its box."""
    groups: list[tuple[Cell, ...]] = []
    for x, y in sorted(cells):
        if groups and groups[-1][-1] == (x, y - 1):
            groups[-1] = (*groups[-1], (x, y))
        else:
            groups.append(((x, y),))
    return groups


def _distance(point: Point, start: Point, stop: Point) -> float:
    """Return how far `point` is from the line between `start` and `stop`."""
    dx, dy = stop[0] - start[0], stop[1] - start[1]
    length = dx * dx + dy * dy
    share = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / length if length else 0.0
    share = min(1.0, max(0.0, share))
    return float(((start[0] + share * dx - point[0]) ** 2 + (start[1] + share * dy - point[1]) ** 2) ** 0.5)
