"""Numbers with their units: conversion constants and how a number is written for people."""

from __future__ import annotations

import math

NS_PER_S = 1_000_000_000

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def with_unit(value: float, unit: str, digits: int = 3) -> str:
    """Return `value` with an SI prefix and its unit: `with_unit(0.00123, "J")` is `1.23 mJ`, what is no number `–`."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return f"0 {unit}"
    size = abs(value)
    # What rounds up to the next prefix has it already.
    factor, prefix = next((row for row in _PREFIXES if size >= row[0] * (1 - 0.5 * 10**-digits)), _PREFIXES[-1])
    scaled = value / factor
    decimals = max(0, digits - len(str(int(abs(scaled))))) if abs(scaled) >= 1 else digits
    return f"{scaled:.{decimals}f} {prefix}{unit}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 spike`, `1,204 spikes`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
