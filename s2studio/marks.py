"""How sure each number is that s2studio gives: one rule, by the name under which it stands in JSON and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Mark = Literal["exact", "measured", "derived", "estimate"]

# What ends so is a time, an energy or a power, which rests on cycle costs that are estimates.
_UNITS = ("_s", "_j", "_w")
# Times that are given, or a number of ticks of a given length.
_GIVEN = frozenset({"tick_s", "dt_s", "bin_s", "span_s", "wanted_tick_s", "duration_s", "latency_s"})
# Numbers without such a unit that follow from times, or from sizes of programs that are not published.
_ESTIMATES = frozenset(
    {
        *("late_ticks", "late_ticks_pessimistic", "late_ticks_share", "late_starts"),
        *(
            "cycles",
            "share",
            "phases",
            "packets_lost",
            "packets_late",
            "fullest_bytes",
            "memory_bytes",
            "free_bytes",
            "bytes",
        ),
        *("start_delay_ns", "stalled_ns", "arrival_ns"),
        *("dram_share", "mla_share", "mla_utilisation", "shares", "bytes_per_s"),
    }
)
# What `chip` prints beside the model's value.
_MARKED: Mapping[str, Mark] = {
    "measured_w": "measured",
    "model_w": "derived",
    # Levels follow from packets, which are counted, and from thresholds, which are given.
    **dict.fromkeys(("level", "pe_ticks_by_level", "fast_share"), "derived"),
}


def mark_of(name: str, is_measured: bool = False) -> Mark:
    """Return how sure the numbers under `name` are, and both ends of them; `is_measured` where a board gave them."""
    name = name.removesuffix("_low").removesuffix("_high")
    if name in _MARKED:
        return _MARKED[name]
    if name in _GIVEN or not (name in _ESTIMATES or name.endswith(_UNITS)):
        return "exact"
    return "measured" if is_measured else "estimate"


def marks_in(value: Any, is_measured: bool = False) -> dict[str, Mark]:
    """Return the marks of all names in `value`, at any depth, whose numbers are not exact."""
    is_measured = is_measured or (isinstance(value, Mapping) and value.get("origin") == "measured")
    found: dict[str, Mark] = {}
    for name, inner in value.items() if isinstance(value, Mapping) else (("", each) for each in value):
        mark = mark_of(name, is_measured)
        if mark != "exact" and _holds_number(inner):
            found[name] = mark
        elif isinstance(inner, Mapping | list | tuple):
            found |= marks_in(inner, is_measured)
    return found


def _holds_number(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_number, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_number, value))
    return isinstance(value, int | float) and not isinstance(value, bool)
