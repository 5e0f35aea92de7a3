"""What a line of the log names: slices, PEs, populations and ticks, each with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# A slice as the studio writes it, a PE, a name in quotes or at the head of the line, a tick.
_PATTERNS = re.compile(
    r"(?P<slice>[^\s'(),:;]+\[\d+\])"
    r"|PE\((?P<pe>\d+(?:, \d+){2,4})\)"
    r"|'(?P<quoted>[^']+)'"
    r"|^(?P<head>[^\s'(),:;]+)(?=[:,] )"
    r"|\b[Tt]ick (?P<tick>\d[\d,]*)\b"
)


@dataclass(frozen=True)
class Mention:
    """The letters `start` to `stop` of a line name `target`: `slice:3`, `pe:1,1,0`, `population:lif1`, `tick:25`."""

    start: int
    stop: int
    target: str


def mentions(text: str, slices: Mapping[str, int], populations: frozenset[str]) -> Iterator[Mention]:
    """Yield what `text` names, in order; `slices` are the indices of the slices that there are, by name."""
    for match in _PATTERNS.finditer(text):
        kind = match.lastgroup or ""
        found = match.group(kind)
        start, stop = match.span() if kind in ("pe", "tick") else match.span(kind)
        target = _target(kind, found, slices, populations)
        if target:
            yield Mention(start, stop, target)


def _target(kind: str, found: str, slices: Mapping[str, int], populations: frozenset[str]) -> str:
    match kind:
        case "slice":
            return f"slice:{slices[found]}" if found in slices else ""
        case "pe":
            return f"pe:{found.replace(' ', '')}"
        case "tick":
            return f"tick:{found.replace(',', '')}"
    return f"population:{found}" if found in populations else ""
