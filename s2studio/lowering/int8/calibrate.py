"""What a calibration set says of a network's tensors: the step of each, and what each channel holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.tensor import quantised
from s2studio.errors import LoweringError
from s2studio.lowering.int8.weights import FINER, INT8
from s2studio.network.operators.arithmetic import Conv, Dense
from s2studio.network.tensors import LayerGraph, evaluate

Samples = Sequence[Mapping[str, NDArray[Any]]]
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Of each float tensor the exponent with the least squared error in int8 and the largest magnitude.

    Of what products read, each channel's mean and largest magnitude too: axis 1 of convolutions, the last of dense
    layers.
    """

    exponents: Mapping[str, int]
    largest: Mapping[str, float]
    channel_means: Mapping[str, Reals]
    channel_largest: Mapping[str, Reals]


def calibrate(graph: LayerGraph, samples: Samples) -> Calibration:
    """Return what `samples` say. Raises LoweringError where there are none, or values are not finite."""
    if not samples:
        raise LoweringError(f"network '{graph.name}'", "no samples", "at least 1 is needed to choose the steps")
    seen = _Seen(graph)
    for sample in samples:
        seen.add_ranges(evaluate(graph, sample))
    coarsest = {name: coarsest_exponent(most, -INT8.min) for name, most in seen.largest.items()}
    errors = {name: np.zeros(FINER + 1) for name in coarsest}
    for sample in samples:
        for name, value in evaluate(graph, sample).items():
            if name in errors:
                errors[name] += [_squared_error(value, coarsest[name] + place) for place in range(-1, FINER)]
    exponents = {name: coarsest[name] + int(error.argmin()) - 1 for name, error in errors.items()}
    means = {name: total / seen.counts[name] for name, total in seen.totals.items()}
    return Calibration(exponents, seen.largest, means, seen.channel_largest)


def coarsest_exponent(largest: float, limit: int) -> int:
    """Return the finest exponent at which `largest` is at most `limit` steps; 0 for what is always 0."""
    return int(np.floor(np.log2(limit / largest))) if largest else 0


class _Seen:
    """Ranges and sums over the samples so far."""

    def __init__(self, graph: LayerGraph) -> None:
        self.graph = graph
        self.axes = {
            layer.inputs[0]: 1 if isinstance(layer.operator, Conv) else -1
            for layer in graph.layers
            if isinstance(layer.operator, Conv | Dense)
        }
        self.largest: dict[str, float] = {}
        self.totals: dict[str, Reals] = {}
        self.channel_largest: dict[str, Reals] = {}
        self.counts: dict[str, int] = {}

    def add_ranges(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Add the tensors of one sample."""
        for name, value in values.items():
            if value.dtype.kind != "f":
                continue
            most = float(np.abs(value).max())
            if not np.isfinite(most):
                raise LoweringError(f"tensor '{name}'", "values that are not finite", hint="look at the samples")
            self.largest[name] = max(self.largest.get(name, 0.0), most)
            if name in self.axes:
                self._add_channels(
                    name, np.moveaxis(value, self.axes[name], 0).reshape(value.shape[self.axes[name]], -1)
                )

    def _add_channels(self, name: str, rows: NDArray[Any]) -> None:
        most = np.abs(rows).max(axis=1).astype(np.float64)
        self.totals[name] = self.totals.get(name, 0) + rows.sum(axis=1, dtype=np.float64)
        self.channel_largest[name] = np.maximum(self.channel_largest.get(name, 0), most)
        self.counts[name] = self.counts.get(name, 0) + rows.shape[1]


def _squared_error(value: NDArray[Any], exponent: int) -> float:
    back = np.ldexp(quantised(value, exponent).astype(np.float64), -exponent)
    return float(((value - back) ** 2).sum())
