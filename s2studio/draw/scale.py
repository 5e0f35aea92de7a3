"""Scales of axes and legends: round numbers to mark, and one unit for all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from s2studio.units import significant, with_unit

_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
SI_UNITS = frozenset({"s", "J", "J/tick", "W", "Hz", "B", "B/s", "MAC/s"})
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` as px from `first` to `last`; by powers of ten if `is_log`, then both above 0."""

    low: float
    high: float
    first: float
    last: float
    is_log: bool = False

    def px(self, value: float) -> float:
        """Return where `value` lies."""
        low, high, at = (math.log10(number) if self.is_log else number for number in (self.low, self.high, value))
        share = (at - low) / (high - low) if high > low else 0.0
        return self.first + share * (self.last - self.first)


def round_steps(low: float, high: float, count: int) -> list[float]:
    """Return at most about `count` round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`."""
    if not high > low:
        return [low]
    step = _step(high - low, count)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def round_up(value: float, count: int = 4) -> float:
    """Return the first round number that is at least `value`, where an axis from 0 with `count` steps may end."""
    if value <= 0:
        return 1.0
    step = _step(value, count)
    return math.ceil(value / step - 1e-9) * step


def _step(span: float, count: int) -> float:
    """Return how far apart round numbers are of which `count` cover `span`."""
    rough = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in _STEPS if factor * power >= rough * (1 - 1e-9))


def powers(low: float, high: float) -> list[float]:
    """Return the powers of ten from `low` to `high`."""
    return [10.0**power for power in range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)]


def axis_unit(largest: float, unit: str) -> tuple[float, str]:
    """Return the factor and the name of the unit in which numbers up to `largest` are written: (1e-3, "ms").

    Numbers in `%` are shares of 1; units that are no SI unit (packets per tick) keep their name.
    """
    if unit == "%":
        return 0.01, "%"
    if unit not in SI_UNITS or largest <= 0 or not math.isfinite(largest):
        return 1.0, unit
    # Nobody counts time in kiloseconds.
    most = 0 if unit == "s" else 12
    power = min(most, max(-12, 3 * math.floor(math.log10(largest * (1 + 1e-9)) / 3)))
    return 10.0**power, _PREFIXES[power] + unit


def quantity(value: float, unit: str) -> str:
    """Return one number with its unit for people: `1.23 mJ`, `4.50 %`, `1,204 packets`."""
    if unit == "%" or unit in SI_UNITS:
        return with_unit(value, unit)
    return f"{f'{value:,.0f}' if float(value).is_integer() else significant(value)} {unit}".rstrip()


def written(value: float, step: float) -> str:
    """Return `value` with as many decimals as numbers `step` apart need, thousands parted: `12,000`, `0.25`."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{value + 0.0:,.{decimals}f}"
