"""Multicast routing: a spike goes to the event router in the die centre, which copies it to every target QPE."""

from __future__ import annotations

from collections.abc import Collection
from itertools import takewhile

from s2studio.chip.machine import PE
from s2studio.mapping.route.paths import Cell, Course, Mesh, Path, flits_over, links


def route_mc(source: PE, targets: Collection[Cell], mesh: Mesh) -> Course:
    """Return the course of one spike: one packet in, one look-up, one copy per target QPE, also for the sender's own.

    Each copy is a flit of its own on every link, also where copies share the first part of their way.
    """
    chip = (source.chip_x, source.chip_y)
    inward = links(chip, (*_way_in(source.cell, mesh), None))
    outward = (links(chip, (None, *_way_out(target, mesh))) for target in sorted(targets))
    return Course(packets=1, flits=flits_over([inward, *outward]), router_lookups=1)


def _way_in(source: Cell, mesh: Mesh) -> Path:
    """Return the cells from `source` to the port where it meets the event router, towards its nearest cell."""
    paths = (mesh.path(source, cell) for cell in mesh.router_cells)
    nearest = min(paths, key=len)
    return tuple(takewhile(lambda cell: cell not in mesh.router_cells, nearest))


def _way_out(target: Cell, mesh: Mesh) -> Path:
    """Return the cells from the best port to `target`: fewest holes crossed, then fewest hops, then the first port."""
    paths = (mesh.path(port, target) for port in mesh.ports)
    return min(paths, key=lambda path: (mesh.crossings(path), len(path)))
