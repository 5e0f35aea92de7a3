"""The placer of the chip's own tools: slices in order onto PEs in logical order, blind to traffic."""

from __future__ import annotations

from collections.abc import Sequence

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import MappingOptions
from s2studio.mapping.partition import Piece
from s2studio.mapping.place.available import available_pes


def place_sequential(
    slices: Sequence[Piece],
    targets: Sequence[tuple[int, ...]],  # noqa: ARG001 - all placers share one signature
    machine: Machine,
    options: MappingOptions,
) -> tuple[PE, ...]:
    """Return the first available PE for the first slice, the second for the second, and so on."""
    return available_pes(machine, options)[: len(slices)]
