"""Numbers with their units: conversion constants and how a number is written for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

NS_PER_S = 1_000_000_000

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))

# Units of more letters are words.
_LONGEST_SYMBOL = 4

# What names in JSON and files end on, and the unit it stands for.
_ENDINGS = {"s": "s", "j": "J", "w": "W", "hz": "Hz", "bytes": "B"}


def with_unit(value: float, unit: str, digits: int = 3) -> str:
    """Return `value` with an SI prefix and its unit: `with_unit(0.00123, "J")` is `1.23 mJ`, what is no number `–`.

    Of `1/s` the prefix takes the place of the 1: `5.85 M/s`; before words it stands apart: `5.85 M events/s`. A share
    of 1 is written in `%`, without prefix.
    """
    unit = unit.removeprefix("1") if unit.startswith("1/") else unit
    between = " " if len(unit.partition("/")[0]) > _LONGEST_SYMBOL else ""
    if not math.isfinite(value):
        return "–"
    if unit == "%":
        return f"{significant(100 * value, digits)} %"
    if value == 0:
        return f"0 {unit}"
    size = abs(value)
    # What rounds up to the next prefix has it already.
    factor, prefix = next((row for row in _PREFIXES if size >= row[0] * (1 - 0.5 * 10**-digits)), _PREFIXES[-1])
    scaled = value / factor
    whole = int(float(f"{abs(scaled):.{digits}g}"))
    decimals = max(0, digits - len(str(whole))) if whole else digits
    return f"{scaled:.{decimals}f} {prefix}{between if prefix else ''}{unit}"


def significant(value: float, digits: int = 3) -> str:
    """Return `value` to so many digits, at most six of them after the point, without powers of ten."""
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value)) + 1e-9))
    return f"{value:,.{min(decimals, 6)}f}"


def interval(low: float, high: float, unit: str) -> str:
    """Return the ends of an interval in as few digits as tell them apart: `551 to 640 µs`, one end where they agree."""
    for digits in range(3, 7):
        first, last = with_unit(low, unit, digits), with_unit(high, unit, digits)
        if first != last:
            break
    number, _, prefixed = first.partition(" ")
    return with_unit(high, unit) if first == last else f"{number if last.endswith(f' {prefixed}') else first} to {last}"


def estimated(value: float, low: float, high: float, unit: str) -> str:
    """Return an estimate with its error band, where that shows: `592 µs (551 to 640 µs)`."""
    text, ends = with_unit(value, unit), interval(low, high, unit)
    return text if ends == text else f"{text} ({ends})"


def said(about: Mapping[str, Any], name: str) -> str:
    """Return the estimate that stands under `name` in JSON, with the ends beside it: `592 µs (551 to 640 µs)`."""
    stem, _, unit = name.rpartition("_")
    value, low, high = (about[f"{stem}{end}_{unit}"] for end in ("", "_low", "_high"))
    return estimated(value, low, high, _ENDINGS[unit])


def numbered(value: int, low: int, high: int) -> str:
    """Return a number that is an estimate, with its error band where it has any: `3 (0 to 12)`."""
    return f"{value:,}" if low == high else f"{value:,} ({low:,} to {high:,})"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 spike`, `1,204 spikes`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def unit_of(name: str) -> str:
    """Return the unit of the numbers that stand under `name` in JSON (`energy_j.noc`: J), "" for what is counted."""
    endings = (part.rpartition("_")[2] for part in name.split("."))
    return next((_ENDINGS[ending] for ending in endings if ending in _ENDINGS), "")


def named(name: str, value: float, digits: int = 4) -> str:
    """Return the number `value` that stands under `name` in JSON, with its unit: `12.05 mJ`, `4,634`."""
    unit = unit_of(name)
    return with_unit(value, unit, digits) if unit else f"{value:,.6g}"
