"""The placer of the chip's own tools: slices in order onto PEs in logical order, blind to traffic."""

from __future__ import annotations

from s2studio.chip.machine import PE
from s2studio.mapping.place.task import Task


def place_sequential(task: Task) -> tuple[PE, ...]:
    """Return the first free PE for the first slice that is not pinned, the second for the second, and so on."""
    return task.along(task.free_pes)
