"""Placement: which PE each slice sits on. One algorithm per file, one row here; all share one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import MappingOptions
from s2studio.mapping.partition import Piece
from s2studio.mapping.place.sequential import place_sequential

Placer = Callable[[Sequence[Piece], Sequence[tuple[int, ...]], Machine, MappingOptions], tuple[PE, ...]]
"""(slices, for each slice the indices of those it sends to, machine, options) -> the PE of each slice.

A placer gives every slice a PE of its own among `available_pes`; there are at least as many as slices.
"""

PLACERS: Mapping[str, Placer] = {"sequential": place_sequential}
