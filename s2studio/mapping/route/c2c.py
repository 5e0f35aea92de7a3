"""Core-to-core routing: a spike goes as one packet to each target QPE, straight over the mesh."""

from __future__ import annotations

from collections.abc import Collection

from s2studio.chip.machine import PE
from s2studio.mapping.route.paths import Cell, Course, Mesh, flits_over, links


def route_c2c(source: PE, targets: Collection[Cell], mesh: Mesh) -> Course:
    """Return the course of one spike: a packet per target QPE, none over any link for the sender's own QPE.

    Each packet is a flit of its own on every link, also where packets share the first part of their way.
    """
    chip = (source.chip_x, source.chip_y)
    ways = (links(chip, mesh.path(source.cell, target)) for target in sorted(targets))
    return Course(packets=len(targets), flits=flits_over(ways), router_lookups=0)
