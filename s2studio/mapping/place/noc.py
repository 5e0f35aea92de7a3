"""The NoC as arrays for the kernels that place: the way of a spike between any two QPEs, in numbered links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import Link, Routing
from s2studio.mapping.route.mc import way_in
from s2studio.mapping.route.paths import Cell, Mesh, links

Int64 = NDArray[np.int64]
_T = TypeVar("_T")
_CHIP = (0, 0)


class Ways(NamedTuple):
    """The ways of spikes; -1 ends a row.

    `into` (cells, n) are the links from a QPE to the event router (none by c2c). `out` (cells or 1, cells, n) are the
    branches from the QPE of the row (1: from the event router) to that of the column; `link_of` is the link of a
    branch. A spike's copies share equal branches if `shares`; else each is a flit of its own.
    """

    into: Int64
    out: Int64
    link_of: Int64
    shares: bool


class Noc(NamedTuple):
    """The QPEs of a chip, most central first, its links, and the ways over them by one kind of routing."""

    cells: tuple[Cell, ...]
    links: tuple[Link, ...]
    ways: Ways


def noc(spec: ChipSpec, routing: Routing) -> Noc:
    """Return the ways of spikes on a chip of kind `spec` by `routing`."""
    mesh = Mesh(spec)
    central = sorted(mesh.cells, key=lambda cell: (mesh.remoteness(cell), cell))
    return _multicast(central, mesh) if routing == "mc" else _direct(central, mesh)


def _multicast(cells: Sequence[Cell], mesh: Mesh) -> Noc:
    # Where all slices sit on the event router's ports, hops are fewest, so these come first.
    cells = sorted(cells, key=lambda cell: len(way_in(cell, mesh)) + len(mesh.way_out(cell)))
    into = [links(_CHIP, (*way_in(cell, mesh), None)) for cell in cells]
    link_of = mesh.branch_links(_CHIP)
    number = {link: index for index, link in enumerate(dict.fromkeys([*_flat(into), *link_of]))}
    ways = Ways(
        into=_table([[number[link] for link in way] for way in into]),
        out=_table([mesh.branches.to[cell] for cell in cells])[None],
        link_of=np.array([number[link] for link in link_of], np.int64),
        shares=True,
    )
    return Noc(tuple(cells), tuple(number), ways)


def _direct(cells: Sequence[Cell], mesh: Mesh) -> Noc:
    out = [links(_CHIP, mesh.path(source, target)) for source in cells for target in cells]
    number = {link: index for index, link in enumerate(dict.fromkeys(_flat(out)))}
    table = _table([[number[link] for link in way] for way in out])
    ways = Ways(
        into=np.full((len(cells), 1), -1, np.int64),
        out=table.reshape(len(cells), len(cells), -1),
        link_of=np.arange(len(number), dtype=np.int64),
        shares=False,
    )
    return Noc(tuple(cells), tuple(number), ways)


def _table(rows: Sequence[Sequence[int]]) -> Int64:
    """Return `rows` in one array, each ended by -1."""
    table = np.full((len(rows), 1 + max(map(len, rows))), -1, np.int64)
    for index, row in enumerate(rows):
        table[index, : len(row)] = row
    return table


def _flat(rows: Iterable[Iterable[_T]]) -> list[_T]:
    return [entry for row in rows for entry in row]
