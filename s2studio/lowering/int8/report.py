"""What int8 does to a deep network, tensor by tensor, over a set of samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.tensor import Tensor
from s2studio.lowering.int8.calibrate import Samples
from s2studio.lowering.int8.network import Quantised, run_quantised
from s2studio.network.tensors import Layer, evaluate

# The noise of a layer has twice the share of what it came in with.
GROWTH_DB = 10 * np.log10(2)


@dataclass(frozen=True)
class TensorReport:
    """A tensor in int8 beside float.

    `layer` is the name of the layer that makes it, None for an input. `snr_db` is 10 log10(sum x^2 / sum (x - x')^2),
    None where nothing was lost; `growth_db` how much less that is than of the worst tensor that the layer reads.
    `clipped_share` of its float values lie beyond its largest step. `largest_sum` is the largest magnitude that was in
    an accumulator, None where no MAC array makes it.
    """

    name: str
    layer: str | None
    exponent: int | None
    dtype: str
    snr_db: float | None
    growth_db: float | None
    clipped_share: float
    largest_sum: int | None


@dataclass(frozen=True)
class Int8Report:
    """What int8 does over `samples` samples, of which `same_answers` have the largest output in the same place.

    `first_growth` is the first layer whose noise has twice the share of what it came in with, None where there is none.
    """

    samples: int
    same_answers: int
    tensors: tuple[TensorReport, ...]
    first_growth: str | None


def report_int8(quantised: Quantised, samples: Samples) -> Int8Report:
    """Return what int8 does to `quantised` over `samples`."""
    seen = _Seen(quantised)
    for sample in samples:
        seen.add(sample)
    rows = seen.rows()
    first = next((row.layer for row in rows if row.growth_db is not None and row.growth_db > GROWTH_DB), None)
    return Int8Report(len(samples), seen.same_answers, rows, first)


class _Seen:
    """Sums over the samples so far, for each tensor."""

    def __init__(self, quantised: Quantised) -> None:
        self.quantised, self.same_answers = quantised, 0
        self.tensors = quantised.part.tensors
        self.signal, self.noise, self.values, self.clipped = (dict.fromkeys(self.tensors, 0.0) for _ in range(4))
        self.largest: dict[str, int] = {}

    def add(self, sample: Mapping[str, NDArray[Any]]) -> None:
        """Run one sample both ways."""
        floats, ours = evaluate(self.quantised.graph, sample), run_quantised(self.quantised.part, sample)
        for name, tensor in self.tensors.items():
            exact = floats[name].astype(np.float64)
            self.signal[name] += float((exact**2).sum())
            self.noise[name] += float(((exact - tensor.to_float(ours.tensors[name])) ** 2).sum())
            self.values[name] += exact.size
            self.clipped[name] += _clipped(tensor, exact)
        for name, most in ours.largest_sums.items():
            self.largest[name] = max(most, self.largest.get(name, 0))
        output = self.quantised.graph.outputs[0]
        self.same_answers += bool(np.all(floats[output].argmax(-1) == ours.tensors[output].argmax(-1)))

    def rows(self) -> tuple[TensorReport, ...]:
        """Return a row for each tensor: the inputs, then what each layer makes."""
        layers = {layer.output: layer for layer in self.quantised.graph.layers}
        return tuple(self._row(tensor, layers.get(name)) for name, tensor in self.tensors.items())

    def _row(self, tensor: Tensor, layer: Layer | None) -> TensorReport:
        name, snr = tensor.name, self._snr(tensor.name)
        before = [found for source in (layer.inputs if layer else ()) if (found := self._snr(source)) is not None]
        growth = min(before) - snr if before and snr is not None else None
        return TensorReport(
            name,
            None if layer is None else layer.name,
            tensor.exponent,
            tensor.dtype,
            snr,
            growth,
            self.clipped[name] / max(self.values[name], 1),
            self.largest.get(name),
        )

    def _snr(self, name: str) -> float | None:
        signal, noise = self.signal[name], self.noise[name]
        return None if noise == 0 or signal == 0 else float(10 * np.log10(signal / noise))


def _clipped(tensor: Tensor, exact: NDArray[np.float64]) -> int:
    """Return how many of the float values `exact` lie beyond the largest step of `tensor`."""
    if tensor.exponent is None:
        return 0
    steps, limits = np.rint(np.ldexp(exact, tensor.exponent)), np.iinfo(tensor.dtype)
    return int(((steps < limits.min) | (steps > limits.max)).sum())
