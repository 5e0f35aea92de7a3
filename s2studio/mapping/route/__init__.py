"""Routing: the way of a slice's spikes over the NoC. One router per file, one row here; all share one signature."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from s2studio.chip.machine import PE
from s2studio.mapping.route.c2c import route_c2c
from s2studio.mapping.route.mc import route_mc
from s2studio.mapping.route.paths import Cell, Course, Mesh

Router = Callable[[PE, Collection[Cell], Mesh], Course]
"""(PE that sends, QPE cells on its chip that a spike must reach, at least one, the mesh) -> what one spike does."""

ROUTERS: Mapping[str, Router] = {"mc": route_mc, "c2c": route_c2c}
