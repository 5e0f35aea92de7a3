"""What a user may choose when a network is lowered, checked when it is chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.lowering.nir_rules import INTEGRATORS
from s2studio.lowering.schemes import ROUNDINGS, parse_scale

RESETS = {"zero": "reset_to_v_reset", "subtract": "reset_by_subtraction"}


@dataclass(frozen=True)
class LoweringOptions:
    """How a float network becomes one of integers.

    dt_s: model time of a tick in s, None where the user did not say; integrator: `forward` or `exponential` Euler;
    reset: what a spike does to v, `zero` (v becomes v_reset) or `subtract` (the threshold is taken off);
    scale: `none`, `max`, `percentile:P` or `fixed:F`; rounding: `nearest` or `truncate` (toward zero).
    Raises UsageError for a value that is none of these.
    """

    dt_s: float | None = None
    integrator: str = "exponential"
    reset: str = "subtract"
    scale: str = "max"
    rounding: str = "nearest"

    def __post_init__(self) -> None:
        if self.dt_s is not None and not (math.isfinite(self.dt_s) and self.dt_s > 0):
            raise UsageError("--dt", f"'{self.dt_s}'", "a positive number of seconds is expected")
        _known("--integrator", self.integrator, INTEGRATORS)
        _known("--reset", self.reset, RESETS)
        _known("--rounding", self.rounding, ROUNDINGS)
        parse_scale(self.scale)


def _known(option: str, value: str, known: Iterable[str]) -> None:
    names = tuple(known)
    if value not in names:
        raise UsageError(option, f"'{value}'", f"known are {' and '.join(names)}", nearest(value, names))
