"""Multicast routing: a spike goes to the event router in the die centre, whose copies share the links they can."""

from __future__ import annotations

from collections.abc import Collection
from itertools import takewhile

from s2studio.chip.machine import PE
from s2studio.mapping.route.paths import Cell, Course, Mesh, Path, flits_over, links


def route_mc(source: PE, targets: Collection[Cell], mesh: Mesh) -> Course:
    """Return the course of one spike: one packet in, one look-up, a tree of copies, also to the sender's own QPE.

    Copies that leave the event router by the same first links are one flit on each of them until they part.
    """
    chip = (source.chip_x, source.chip_y)
    inward = links(chip, (*way_in(source.cell, mesh), None))
    branches = sorted({branch for target in targets for branch in mesh.branches.to[target]})
    of_branch = mesh.branch_links(chip)
    outward = tuple(of_branch[branch] for branch in branches)
    return Course(packets=1, flits=flits_over([inward, outward]), router_lookups=1)


def way_in(source: Cell, mesh: Mesh) -> Path:
    """Return the cells from `source` to the port where it meets the event router, towards its nearest cell."""
    paths = (mesh.path(source, cell) for cell in mesh.router_cells)
    nearest = min(paths, key=len)
    return tuple(takewhile(lambda cell: cell not in mesh.router_cells, nearest))
