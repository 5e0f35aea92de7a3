"""Pinned slices: `POP[2]` is the third slice of population POP, and a pin says which PE it must have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from s2studio.chip.machine import PE, Machine
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.mapping.mapping import MappingOptions, Slice
from s2studio.mapping.partition import Piece

_SLICE_NAME = re.compile(r"(?P<population>.+)\[\s*(?P<ordinal>\d{1,6})\s*\]", re.DOTALL)


def slice_name(population: str, ordinal: int) -> str:
    """Return how slice `ordinal`, counted from 0, of a population is written."""
    return f"{population}[{ordinal}]"


def parse_slice_name(text: str) -> tuple[str, int]:
    """Return population and ordinal of `POP[2]`. Raises UsageError."""
    match = _SLICE_NAME.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"slice '{text}'", "not understood", hint="write 'POP[0]' for the first slice of POP")
    return match["population"], int(match["ordinal"])


def parse_pin(text: str) -> tuple[str, PE]:
    """Return the slice and its PE in `POP[2]=PE(1, 1, 0)`. Raises UsageError."""
    name, equals, pe = text.rpartition("=")
    if not equals:
        raise UsageError(f"pin '{text}'", "not understood", hint="write it as 'POP[0]=PE(1, 1, 0)'")
    return slice_name(*parse_slice_name(name)), PE.parse(pe)


def pinned_slices(pieces: Sequence[Piece | Slice], machine: Machine, options: MappingOptions) -> dict[int, PE]:
    """Return the PE of each pinned slice by its index in `pieces`.

    Raises UsageError for a slice or a PE that is not there or must not be used, and for a PE with two slices.
    """
    at: dict[str, list[int]] = {}
    for index, piece in enumerate(pieces):
        at.setdefault(piece.population, []).append(index)
    found: dict[int, PE] = {}
    holder: dict[PE, str] = {}
    for name, pe in options.pinned.items():
        index = _index(name, at)
        _check_pe(name, pe, machine, options)
        if pe in holder:
            raise UsageError(f"--pin {name}", f"{pe} is pinned to '{holder[pe]}' too", "one slice per PE")
        found[index], holder[pe] = pe, name
    return found


def _index(name: str, at: Mapping[str, Sequence[int]]) -> int:
    population, ordinal = parse_slice_name(name)
    if population not in at:
        raise UsageError(f"--pin {name}", f"no population '{population}'", hint=nearest(population, at))
    if ordinal >= len(at[population]):
        count = len(at[population])
        only = f"'{population}' has {count} slice{'s' if count > 1 else ''}"
        raise UsageError(f"--pin {name}", only, "slices are counted from 0")
    return at[population][ordinal]


def _check_pe(name: str, pe: PE, machine: Machine, options: MappingOptions) -> None:
    if pe not in machine.pes:
        raise UsageError(f"--pin {name}", f"{pe} is not a PE of chip '{machine.spec.name}'", hint="see `s2studio chip`")
    if pe in machine.reserved_pes:
        raise UsageError(f"--pin {name}", f"runtime '{machine.runtime.name}' reserves {pe}", hint="pin another PE")
    if pe in options.forbidden:
        raise UsageError(f"--pin {name}", f"{pe} is forbidden", hint="allow it or pin another PE")
