"""What lowering did to each population: how much its weights lost, and which neurons can no longer do anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from s2studio.lowering.schemes import Quantised
from s2studio.network.layers import FloatArray


@dataclass(frozen=True)
class PopulationReport:
    """One population's row.

    `scale` is w_scale, the factor between float and integer weights; `largest_weight` the largest |w| in the file and
    `largest_integer` on the chip; `clipped_share` the share of weights that the range cut off; `snr_db` the ratio of
    the weights' energy to that of their rounding and clipping errors, None where there is no error (or only zeros).
    `silent_units` can never reach their threshold, `saturated_units` fire in every tick without any input.
    """

    name: str
    model: str
    neurons: int
    scale: float
    weights: int
    largest_weight: float
    largest_integer: int
    clipped_share: float
    snr_db: float | None
    silent_units: int
    saturated_units: int
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return the JSON object of this row."""
        return {**asdict(self), "warnings": list(self.warnings)}


@dataclass(frozen=True)
class WeightLoss:
    """What rounding and clipping did to all weights into a population; the fields are those of PopulationReport."""

    weights: int
    largest_weight: float
    largest_integer: int
    clipped_share: float
    snr_db: float | None
    warnings: tuple[str, ...]


def weight_loss(before: Sequence[FloatArray], after: Sequence[Quantised], limit: int) -> WeightLoss:
    """Return what happened to the float weights `before` when they became `after` in the range -limit to limit."""
    total = sum(weight.size for weight in before)
    clipped = sum(quantised.clipped for quantised in after)
    largest = max((_most(weight) for weight in before), default=0.0)
    largest_integer = max((int(_most(quantised.weight)) for quantised in after), default=0)
    warnings = []
    if clipped:
        warnings.append(f"{clipped:,} of {total:,} weights are clipped to {limit}; --scale max clips none")
    if largest and not largest_integer:
        warnings.append("every weight becomes 0: take a larger --scale")
    signal, noise = (sum(getattr(part, name) for part in after) for name in ("signal", "noise"))
    return WeightLoss(
        total, largest, largest_integer, clipped / total if total else 0.0, _decibel(signal, noise), tuple(warnings)
    )


def unit_warnings(neurons: int, silent_units: int, saturated_units: int, driven: bool) -> tuple[str, ...]:
    """Return the warnings about neurons that can do nothing; `driven` says whether anything leads into them."""
    warnings = []
    if not driven:
        warnings.append("nothing leads into it")
    if silent_units:
        warnings.append(f"{silent_units:,} of {neurons:,} neurons can never reach their threshold")
    if saturated_units:
        warnings.append(f"{saturated_units:,} of {neurons:,} neurons fire in every tick without any input")
    return tuple(warnings)


def _most(weight: NDArray[Any]) -> float:
    """Return the largest absolute value, 0 where there is none; a copy of them all is spared."""
    return max(float(weight.max(initial=0)), -float(weight.min(initial=0)))


def _decibel(signal: float, noise: float) -> float | None:
    return 10 * math.log10(signal / noise) if signal > 0 and noise > 0 else None
