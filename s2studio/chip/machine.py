"""The machine a program runs on: a grid of chips, their PEs by name, and which of them a runtime may use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from s2studio.chip.spec import ChipSpec, Runtime
from s2studio.errors import UsageError

_PE_NAME = re.compile(r"PE\(\s*(\d{1,6}(?:\s*,\s*\d{1,6})*)\s*\)")


class PE(NamedTuple):
    """One processing element: the chip it is on, the QPE cell on that chip's mesh, and its number 0..3 in the QPE."""

    chip_x: int
    chip_y: int
    x: int
    y: int
    p: int

    def __str__(self) -> str:
        if (self.chip_x, self.chip_y) == (0, 0):
            return f"PE({self.x}, {self.y}, {self.p})"
        return f"PE({self.chip_x}, {self.chip_y}, {self.x}, {self.y}, {self.p})"

    @classmethod
    def parse(cls, text: str) -> PE:
        """Return the PE that `PE(x, y, p)` or `PE(chip_x, chip_y, x, y, p)` names."""
        match = _PE_NAME.fullmatch(text.strip())
        numbers = [int(part) for part in match.group(1).split(",")] if match else []
        if len(numbers) == 3:
            return cls(0, 0, numbers[0], numbers[1], numbers[2])
        if len(numbers) == 5:
            return cls(*numbers)
        raise UsageError(f"PE name '{text}'", "not understood", hint="write it as 'PE(1, 1, 0)'")

    @property
    def cell(self) -> tuple[int, int]:
        """The QPE cell (x, y) on its chip."""
        return self.x, self.y


@dataclass(frozen=True)
class Machine:
    """A grid of chips of one kind under one runtime. `chips` are the positions (chip_x, chip_y) that exist."""

    spec: ChipSpec
    runtime: Runtime
    chips: tuple[tuple[int, int], ...] = ((0, 0),)

    @cached_property
    def pes(self) -> tuple[PE, ...]:
        """Every PE, in the chip's logical core order."""
        return tuple(
            PE(chip_x, chip_y, x, y, p)
            for chip_x, chip_y in self.chips
            for x, y in self.spec.qpe_order
            for p in range(self.spec.pes_per_qpe)
        )

    @cached_property
    def reserved_pes(self) -> frozenset[PE]:
        """The PEs that the runtime keeps for itself (`runtimes.*.reserved` of the chip file, per chip)."""
        return frozenset(
            PE(chip_x, chip_y, x, y, p) for chip_x, chip_y in self.chips for x, y, p in self.runtime.reserved
        )

    @cached_property
    def usable_pes(self) -> tuple[PE, ...]:
        """The PEs that a program may use, in logical order."""
        reserved = self.reserved_pes
        return tuple(pe for pe in self.pes if pe not in reserved)
