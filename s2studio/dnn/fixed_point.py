"""Arithmetic on whole numbers that stand for fractions: shifts, clips, and the exponential unit.

The unit's formats (s16.15, s0.31) and its 1 to 16 iterations are published, its equation is not: `exp_s0_31` is our
reading of it, the shift-and-add method that such units use.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2studio.dnn.tensor import DTYPES, Integers

# Places behind the point.
S16_15, S0_31 = 15, 31
ONE = 1 << S0_31
INT32_MAX = ONE - 1
LN2 = round(math.log(2) * ONE)
# ln(1 + 2^-i): what a factor of 1 + 2^-i, which is a shift and an addition, takes off the exponent.
LOGARITHMS = tuple(round(math.log1p(2.0**-i) * ONE) for i in range(1, 17))


def clipped(values: Integers, bits: int = 8, least: int | None = None) -> Integers:
    """Return `values` clipped to signed numbers of `bits`, and to `least` from below."""
    limits = np.iinfo(DTYPES[bits])
    return np.asarray(np.clip(values, limits.min if least is None else least, limits.max), limits.dtype)


def shifted(values: Integers, places: int) -> Integers:
    """Return `values` 2^-places, rounded to nearest, halves up; negative places multiply."""
    if places <= 0:
        return np.asarray(values << -places)
    return np.asarray((values + (1 << (places - 1))) >> places)


def to_s16_15(values: Integers, exponent: int) -> Integers:
    """Return values 2^-exponent in s16.15, cut downwards and saturated."""
    places, wide = S16_15 - exponent, values.astype(np.int64)
    # Beyond 31 places everything but 0 saturates, beyond 63 nothing is left.
    moved = wide << min(places, S0_31) if places >= 0 else wide >> min(-places, 63)
    return np.asarray(np.clip(moved, -INT32_MAX - 1, INT32_MAX))


def exp_s0_31(x: Integers, iterations: int) -> Integers:
    """Return exp(x) in s0.31 for x <= 0 in s16.15; exp(0) is the largest number, just below 1.

    x = n ln 2 + r with 0 <= r < ln 2. For i = 1 ... `iterations`: where r >= ln(1 + 2^-i), r loses it and y, which
    starts at 1, gains y 2^-i, cut downwards. exp(x) = y 2^n, at most 2^-iterations too small.
    """
    wide = x.astype(np.int64) << (S0_31 - S16_15)
    halvings = -(wide // LN2)
    rest, y = wide + halvings * LN2, np.full(wide.shape, ONE, np.int64)
    for place, logarithm in enumerate(LOGARITHMS[:iterations], start=1):
        takes = rest >= logarithm
        rest = rest - np.where(takes, logarithm, 0)
        y = y + np.where(takes, y >> place, 0)
    return np.asarray(np.minimum(y >> np.minimum(halvings, 63), INT32_MAX))


def sigmoid_s0_31(x: Integers, iterations: int) -> Integers:
    """Return 1 / (1 + exp(-x)) in s0.31 for x in s16.15, from E = exp(-|x|): 1 / (1 + E) or E / (1 + E)."""
    small = exp_s0_31(-np.abs(x), iterations)
    return np.asarray((np.where(x >= 0, ONE, small) << S0_31) // (ONE + small))


def tanh_s0_31(x: Integers, iterations: int) -> Integers:
    """Return tanh(x) in s0.31 for x in s16.15, from E = exp(-2 |x|): (1 - E) / (1 + E) with the sign of x."""
    small = exp_s0_31(-2 * np.abs(x), iterations)
    return np.asarray(np.sign(x) * (((ONE - small) << S0_31) // (ONE + small)))


def erf_s0_31(x: Integers, iterations: int) -> Integers:
    """Return erf(x) in s0.31 for x in s16.15 (Abramowitz and Stegun, formula 7.1.26, from exp(-x^2))."""
    wide = np.abs(x)
    t = (1 << (S0_31 + S16_15)) // ((1 << S16_15) + scaled(wide, 0.3275911))
    series: Any = 0
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = ((series + round(coefficient * ONE)) * t) >> S0_31
    power = exp_s0_31(-np.minimum((wide * wide) >> S16_15, INT32_MAX), iterations)
    return np.asarray(np.sign(x) * (ONE - ((series * power) >> S0_31)))


def scaled(x: Integers, factor: float) -> Integers:
    """Return x times a number below 2, taken to 31 places, cut downwards."""
    return np.asarray((x * round(factor * ONE)) >> S0_31)
