"""Numbers with their unit, as people write them: 12.3 µs, 4.05 mJ, 1,024."""

from __future__ import annotations

import math

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def quantity(value: float, unit: str, digits: int = 3) -> str:
    """Return `value` with `unit` and the prefix that leaves one to three digits before the point."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return f"0 {unit}"
    scale, prefix = next((row for row in _PREFIXES if abs(value) >= row[0]), _PREFIXES[-1])
    return f"{value / scale:.{digits}g} {prefix}{unit}"


def share(value: float) -> str:
    """Return a share as percent."""
    return f"{100 * value:.3g} %"
