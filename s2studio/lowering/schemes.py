"""How float weights become integers: the factor they are multiplied with, the rounding, and the clipping to a range."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.lowering.refusal import NodeError
from s2studio.network.layers import FloatArray

# A product this close to an integer is that integer: w * (127 / max|w|) may miss 127 by a rounding error of float64.
_ROUNDING_ERROR = 1e-9
# Weights rounded at a time.
BLOCK = 2**14
# The square of a scaled weight and sums of such squares stay within float64.
_LARGEST_SCALED = 1e100


@dataclass(frozen=True)
class ScaleScheme:
    """A way to choose w_scale: `factor(magnitudes, limit, value)` from all |w| into a population and the model's range.

    `value` is the number behind the colon, which `accepts` judges; schemes without one have `accepts` None. A factor of
    0 means that the scheme has none.
    """

    factor: Callable[[FloatArray, int, float], float]
    accepts: Callable[[float], bool] | None = None
    value_rule: str = ""
    example: str = ""


def _to_range(reference: float, limit: int) -> float:
    return limit / reference if reference > limit / sys.float_info.max else 0.0


SCALES: Mapping[str, ScaleScheme] = {
    "none": ScaleScheme(lambda magnitudes, limit, value: 1.0),
    "max": ScaleScheme(lambda magnitudes, limit, value: _to_range(float(magnitudes.max(initial=0.0)), limit)),
    # arXiv:2504.06748: |w|max is replaced by the p-th percentile of |w|.
    "percentile": ScaleScheme(
        lambda magnitudes, limit, value: _to_range(float(np.percentile(magnitudes, value)), limit),
        lambda value: 0 < value <= 100,
        "P is above 0 and at most 100",
        "percentile:99.9",
    ),
    "fixed": ScaleScheme(
        lambda magnitudes, limit, value: value,
        lambda value: 0 < value < math.inf,
        "F is a positive number",
        "fixed:100",
    ),
}


def _truncate(scaled: FloatArray) -> FloatArray:
    whole = np.rint(scaled)
    return np.where(np.abs(scaled - whole) <= _ROUNDING_ERROR * np.maximum(1.0, np.abs(whole)), whole, np.trunc(scaled))


ROUNDINGS: Mapping[str, Callable[[FloatArray], FloatArray]] = {"nearest": np.rint, "truncate": _truncate}


def parse_scale(text: str) -> tuple[ScaleScheme, float]:
    """Return the scheme that `--scale` names and its value (0 where it takes none). Raises UsageError."""
    name, colon, number = text.partition(":")
    if name not in SCALES:
        raise UsageError("--scale", f"'{text}'", "known are none, max, percentile:P and fixed:F", nearest(name, SCALES))
    scheme = SCALES[name]
    if scheme.accepts is None:
        if colon:
            raise UsageError("--scale", f"'{text}'", f"{name} takes no value", f"write --scale {name}")
        return scheme, 0.0
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not scheme.accepts(value):
        raise UsageError("--scale", f"'{text}'", scheme.value_rule, f"write for example --scale {scheme.example}")
    return scheme, value


@dataclass(frozen=True)
class Quantised:
    """Integer weights of the shape of the float ones; `clipped` counts those that the range cut off."""

    weight: NDArray[np.int8]
    clipped: int
    signal: float
    noise: float


def quantise(weight: FloatArray, w_scale: float, rounding: str, limit: int) -> Quantised:
    """Return `clip(round(weight * w_scale), -limit, limit)` with the energies of signal and of quantisation noise.

    `signal` is the sum of (w * w_scale)^2, `noise` that of (integer - w * w_scale)^2.
    """
    integers = np.empty(weight.shape, np.int8)
    clipped, signal, noise = 0, 0.0, 0.0
    floats, into = weight.reshape(-1), integers.reshape(-1)
    # In blocks, so that little memory is taken beside the result.
    for start in range(0, floats.size, BLOCK):
        scaled = floats[start : start + BLOCK] * w_scale
        rounded = ROUNDINGS[rounding](scaled)
        values = np.clip(rounded, -limit, limit)
        into[start : start + BLOCK] = values
        clipped += int(np.count_nonzero(values != rounded))
        signal += float(np.vdot(scaled, scaled))
        difference = values - scaled
        noise += float(np.vdot(difference, difference))
    return Quantised(integers, clipped, signal, noise)


def weight_scale(node: str, magnitudes: FloatArray, text: str, limit: int) -> float:
    """Return w_scale for all |w| into the population `node`, 1 where all of them are 0.

    `text` is what `--scale` says, `limit` the largest integer weight of the model. Raises NodeError where the scheme
    gives no usable factor, such as a percentile that is 0.
    """
    if not magnitudes.any():
        return 1.0
    scheme, value = parse_scale(text)
    factor = scheme.factor(magnitudes, limit, value)
    if not (0 < factor < math.inf and factor * float(magnitudes.max()) < _LARGEST_SCALED):
        raise NodeError(
            node,
            f"--scale {text} gives its weights the factor {factor:g}",
            f"the largest of them is {magnitudes.max():g}",
            "raise the percentile or take --scale max",
        )
    return factor
