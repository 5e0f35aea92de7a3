"""Paths over the mesh of one chip: x first, then y, and what happens at the holes that the mesh leaves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from s2studio.chip.spec import ChipSpec
from s2studio.errors import MappingError
from s2studio.mapping.mapping import Link, Node

Cell = tuple[int, int]
Path = tuple[Cell, ...]

_STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1))


class Course(NamedTuple):
    """What one spike does: packets that enter the NoC, flits over each link, look-ups of the event router."""

    packets: int
    flits: Mapping[Link, int]
    router_lookups: int


class Branches(NamedTuple):
    """The ways from the event router to all cells, cut into branches: each is a link and the way that leads to it.

    `ends` are the two cells of a branch's link (None: the event router); `to` the branches on the way to each cell. Two
    cells share a branch where they share the way up to it.
    """

    ends: tuple[tuple[Cell | None, Cell], ...]
    to: Mapping[Cell, tuple[int, ...]]


class Mesh:
    """The mesh of a kind of chip: QPE cells, and the holes (event router, periphery) that have no QPE."""

    def __init__(self, spec: ChipSpec) -> None:
        self.cells = frozenset(spec.qpe_order)
        self.router_cells = spec.router_cells
        self.holes = frozenset(spec.router_cells) | frozenset(spec.periphery_cells)
        self._detours = spec.hole_crossing == "detour"
        self._paths: dict[tuple[Cell, Cell], Path] = {}
        self._ways_out: dict[Cell, Path] = {}
        self._branch_links: dict[Cell, tuple[Link, ...]] = {}
        self._coordinates = np.array(sorted(self.cells), np.int64).T

    @property
    def ports(self) -> tuple[Cell, ...]:
        """The QPE cells beside the event router, through which packets enter and leave it, in a fixed order."""
        beside = (near for cell in self.router_cells for near in _neighbours(cell))
        return tuple(dict.fromkeys(cell for cell in beside if cell in self.cells))

    def path(self, source: Cell, target: Cell) -> Path:
        """Return the cells from `source` to `target`, both included.

        Where holes pass traffic, the XY path. Where they do not: the XY path if it is free of holes, else the YX path
        if that is, else the first shortest way around.
        """
        key = (source, target)
        if key not in self._paths:
            self._paths[key] = self._detour(source, target) if self._detours else xy_path(source, target)
        return self._paths[key]

    def remoteness(self, cell: Cell) -> int:
        """Return the hops from `cell` to all cells together."""
        if self._detours:
            return sum(len(self.path(cell, other)) - 1 for other in self.cells)
        columns, rows = self._coordinates
        return int(abs(columns - cell[0]).sum() + abs(rows - cell[1]).sum())

    def way_out(self, target: Cell) -> Path:
        """Return the cells from the event router's best port to `target`, both included.

        The best crosses the fewest holes, then takes the fewest hops, then is the first of `ports`.
        """
        if target not in self._ways_out:
            paths = (self.path(port, target) for port in self.ports)
            self._ways_out[target] = min(paths, key=lambda path: (self.crossings(path), len(path)))
        return self._ways_out[target]

    @cached_property
    def branches(self) -> Branches:
        """The branches of the ways out, in the order of their cells."""
        ways = {cell: self.way_out(cell) for cell in sorted(self.cells)}
        starts = sorted({way[:length] for way in ways.values() for length in range(1, len(way) + 1)})
        number = {start: index for index, start in enumerate(starts)}
        return Branches(
            ends=tuple((start[-2] if len(start) > 1 else None, start[-1]) for start in starts),
            to={cell: tuple(number[way[:length]] for length in range(1, len(way) + 1)) for cell, way in ways.items()},
        )

    def branch_links(self, chip: Cell) -> tuple[Link, ...]:
        """Return the link of each of `branches` on a chip."""
        if chip not in self._branch_links:
            self._branch_links[chip] = tuple(link for ends in self.branches.ends for link in links(chip, ends))
        return self._branch_links[chip]

    def crossings(self, path: Sequence[Cell]) -> int:
        """Return how many holes a path crosses."""
        return sum(cell in self.holes for cell in path[1:-1])

    def _detour(self, source: Cell, target: Cell) -> Path:
        for path in (xy_path(source, target), xy_path(target, source)[::-1]):
            if not self.crossings(path):
                return path
        return self._shortest(source, target)

    def _shortest(self, source: Cell, target: Cell) -> Path:
        came_from = {source: source}
        waiting = deque([source])
        while target not in came_from:
            if not waiting:
                found = f"no way around the holes to QPE{target}"
                raise MappingError(f"QPE{source}", found, hint="set hole_crossing to pass")
            cell = waiting.popleft()
            for near in _neighbours(cell):
                if near not in came_from and (near in self.cells or near == target):
                    came_from[near] = cell
                    waiting.append(near)
        path = [target]
        while path[-1] != source:
            path.append(came_from[path[-1]])
        return tuple(reversed(path))


def xy_path(source: Cell, target: Cell) -> Path:
    """Return the cells from `source` to `target` that change x first, then y."""
    along_x = [(x, source[1]) for x in _between(source[0], target[0])]
    return (*along_x, *((target[0], y) for y in _between(source[1], target[1])), target)


# Slices far apart share most of their ways; the window asks for them again with every edit.
@lru_cache(maxsize=1 << 14)
def links(chip: Cell, nodes: tuple[Cell | None, ...]) -> tuple[Link, ...]:
    """Return the links along cells of a chip's mesh; None stands for the chip's event router."""
    ends = [Node(*chip, 0, 0, is_router=True) if cell is None else Node(*chip, *cell) for cell in nodes]
    return tuple(Link(source, target) for source, target in pairwise(ends))


def flits_over(ways: Iterable[tuple[Link, ...]]) -> dict[Link, int]:
    """Return how many of `ways` use each link."""
    flits: dict[Link, int] = {}
    for way in ways:
        for link in way:
            flits[link] = flits.get(link, 0) + 1
    return flits


def _between(start: int, stop: int) -> range:
    return range(start, stop, 1 if stop > start else -1)


def _neighbours(cell: Cell) -> tuple[Cell, ...]:
    return tuple((cell[0] + dx, cell[1] + dy) for dx, dy in _STEPS)
