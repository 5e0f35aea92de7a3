"""What of a chip is nowhere published and may be set: by its file, by a project, or on the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from s2studio.chip.spec import ChipSpec, Quantity
from s2studio.errors import UsageError

# Whom a chip's quantities name as their source where a project set them.
PROJECT = "project"
# The quantity of each setting, and its unit.
_QUANTITIES = {
    "sleep_level": ("settings.sleep_level", "level"),
    "unused_pes": ("settings.unused_pes", "asleep or off"),
    "switch_time_s": ("level_switch.time", "s"),
    "switch_energy_j": ("level_switch.energy", "J"),
}


@dataclass(frozen=True)
class ChipSettings:
    """The level at which PEs sleep, what unused ones do, and what a change of level costs; None: as the chip file says.

    A change of level takes `switch_time_s` at the busy power of the new level, and `switch_energy_j` besides. Raises
    UsageError where a cost is no number of at least 0.
    """

    sleep_level: str | None = None
    unused_pes: str | None = None
    switch_time_s: float | None = None
    switch_energy_j: float | None = None

    def __post_init__(self) -> None:
        for name in ("switch_time_s", "switch_energy_j"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and 0 <= value < math.inf):
                raise UsageError(name.rpartition("_")[0], f"is {value!r}", "a number of at least 0 is expected")

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """The quantities that stand in place of the chip file's, by key."""
        return {
            key: Quantity(key, getattr(self, name), unit, "estimate", PROJECT)
            for name, (key, unit) in _QUANTITIES.items()
            if getattr(self, name) is not None
        }


def settings_of(spec: ChipSpec) -> ChipSettings:
    """Return the settings that a project gave the chip `spec`, none where it is as its file says."""
    found = {name: spec.quantities.get(key) for name, (key, _) in _QUANTITIES.items()}
    return ChipSettings(**{name: one.value for name, one in found.items() if one is not None and one.source == PROJECT})  # type: ignore[arg-type]
