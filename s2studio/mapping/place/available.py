"""The PEs that a placer may use."""

from __future__ import annotations

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import MappingOptions


def available_pes(machine: Machine, options: MappingOptions) -> tuple[PE, ...]:
    """Return the PEs in logical order that are neither reserved by the runtime nor forbidden by the user."""
    return tuple(pe for pe in machine.usable_pes if pe not in options.forbidden)
