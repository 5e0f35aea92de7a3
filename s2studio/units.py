"""Numbers with their units: conversion constants and how a number is written for people."""

from __future__ import annotations

NS_PER_S = 1_000_000_000

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def with_unit(value: float, unit: str) -> str:
    """Return `value` with an SI prefix and its unit, to three digits: `with_unit(0.00123, "J")` is `1.23 mJ`."""
    if value == 0:
        return f"0 {unit}"
    size = abs(value)
    factor, prefix = next((row for row in _PREFIXES if size >= row[0] * 0.9995), _PREFIXES[-1])
    scaled = value / factor
    digits = max(0, 2 - (len(str(int(abs(scaled)))) - 1)) if abs(scaled) >= 1 else 3
    return f"{scaled:.{digits}f} {prefix}{unit}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 spike`, `1,204 spikes`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
