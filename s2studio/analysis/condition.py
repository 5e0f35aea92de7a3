"""Conditions on a comparison, as `compare --fail-if` takes them: `energy>+5%`, `late_ticks>0`, `spikes`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from s2studio.analysis.compare import Comparison, Number
from s2studio.analysis.layer_compare import LayerComparison
from s2studio.documents import nearest
from s2studio.errors import UsageError

SPIKES, OUTPUTS = "spikes", "outputs"
_FORM = re.compile(
    r"\s*(?P<name>[\w.]+)\s*(?:(?P<sign>[<>])\s*(?P<number>[+-]?[\d.]+(?:e[+-]?\d+)?)\s*(?P<share>%?)\s*)?"
)
_SUFFIXES = ("_j", "_s", "_w")


@dataclass(frozen=True)
class Condition:
    """What must not be. `name` alone: the `spikes`, or of runs of layers the `outputs`, of both differ.

    A number with % is the relative change from A to B, one with + or - the absolute change, a bare one B's own value.
    """

    text: str
    name: str
    above: bool = True
    limit: float = 0.0
    kind: str = SPIKES

    def holds(self, comparison: Comparison | LayerComparison) -> bool:
        """Return whether the condition holds; raises UsageError for a number that the runs have not."""
        if self.kind in (SPIKES, OUTPUTS):
            if isinstance(comparison, LayerComparison) is not (self.kind == OUTPUTS):
                raise UsageError(f"--fail-if {self.name}", "the runs have none", "runs of layers have outputs alone")
            equal = comparison.equal if isinstance(comparison, LayerComparison) else comparison.spikes_equal
            return equal is not True
        value = self._value(_find(self.name, comparison.numbers))
        return value > self.limit if self.above else value < self.limit

    def _value(self, number: Number) -> float:
        if self.kind == "value":
            return number.b
        if self.kind == "change":
            return number.change
        if number.relative is None:
            return 0.0 if number.change == 0 else float("inf")
        return number.relative * 100


def parse_condition(text: str) -> Condition:
    """Return the condition in `text`; raises UsageError where it is none."""
    match = _FORM.fullmatch(text)
    if match is None or (match["sign"] is None) != (match["name"] in (SPIKES, OUTPUTS)):
        raise UsageError(f"--fail-if '{text}'", "not understood", hint="write 'energy>+5%', 'late_ticks>0' or 'spikes'")
    if match["sign"] is None:
        return Condition(text, match["name"], kind=match["name"])
    try:
        limit = float(match["number"])
    except ValueError:
        limit = float("nan")
    if not isfinite(limit):
        raise UsageError(f"--fail-if '{text}'", f"'{match['number']}' is no number")
    kind = "relative" if match["share"] else "change" if match["number"][0] in "+-" else "value"
    return Condition(text, match["name"], match["sign"] == ">", limit, kind)


def violated(conditions: Iterable[Condition], comparison: Comparison | LayerComparison) -> tuple[str, ...]:
    """Return the texts of the conditions that hold, though they must not."""
    return tuple(condition.text for condition in conditions if condition.holds(comparison))


def _find(name: str, numbers: Sequence[Number]) -> Number:
    """Return the number called `name`: its key, with or without units; `energy` is the total."""
    known = {number.key: number for number in numbers}
    short = {_without_units(key): number for key, number in known.items()}
    if "energy.total" in short:
        short["energy"] = short["energy.total"]
    found = known.get(name) or short.get(_without_units(name))
    if found is None:
        raise UsageError(f"--fail-if {name}", "both runs have no such number", hint=nearest(name, short))
    return found


def _without_units(key: str) -> str:
    parts = []
    for part in key.split("."):
        suffix = next((suffix for suffix in _SUFFIXES if part.endswith(suffix)), "")
        parts.append(part.removesuffix(suffix))
    return ".".join(parts)
