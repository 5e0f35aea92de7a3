"""What int8 does to a deep network, layer by layer, on a set of samples: the object that `lower` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.app.describe_layers import Json, operator_name
from s2studio.chip.spec import ChipSpec
from s2studio.errors import NetworkError, UsageError
from s2studio.lowering.int8.network import Int8Network, quantise_network, run_int8, to_float
from s2studio.lowering.int8.weights import INT8
from s2studio.network.arrays import load_npy
from s2studio.network.tensors import LayerGraph, evaluate

MAX_BYTES = 2**30


def lower_layers(graph: LayerGraph, data: Path | None, spec: ChipSpec) -> Json:
    """Return what `graph` computes in int8 beside float, on the samples in the .npy file `data`.

    The same samples choose the steps. Raises UsageError without `data`, NetworkError where it does not fit.
    """
    if data is None:
        raise UsageError("--data", "it is missing", "int8 steps are chosen on samples", "--data SAMPLES.npy")
    for layer in graph.unsupported:
        raise NetworkError(f"node '{layer.name}'", "it is not covered", hint="see `s2studio info`")
    samples = read_samples(graph, data)
    network = quantise_network(graph, samples)
    seen = _Seen(network)
    for sample in samples:
        seen.add(sample)
    limit = 2 ** (spec.whole("mac_array.accumulator_bits") - 1) - 1
    return {
        "network": graph.name,
        "samples": len(samples),
        "same_answer": seen.same_answers,
        "accumulator_limit": limit,
        "layers": seen.rows(),
        "overflows": [name for name, most in seen.largest.items() if most > limit],
    }


def read_samples(graph: LayerGraph, path: Path) -> list[dict[str, NDArray[Any]]]:
    """Return the samples in a .npy file (samples, *shape of the input), the batch axis left out where it is 1."""
    if len(graph.inputs) != 1:
        raise NetworkError(f"network '{graph.name}'", f"{len(graph.inputs)} inputs", "1 is expected with --data")
    try:
        values = np.asarray(load_npy(path, MAX_BYTES))
    except ValueError as problem:
        raise NetworkError(path.name, str(problem), "a .npy array is expected", "np.save(path, samples)") from problem
    shape = graph.shapes[graph.inputs[0]]
    if shape[0] == 1 and values.shape[1:] == shape[1:]:
        values = values[:, None]
    if values.shape[1:] != shape or not len(values) or values.dtype.kind not in "biuf":
        found = f"{values.dtype} of {' x '.join(map(str, values.shape))}"
        raise NetworkError(path.name, found, f"samples x {' x '.join(map(str, shape))} is expected")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise NetworkError(path.name, "values that are not finite", hint="leave them out")
    return [{graph.inputs[0]: value} for value in values]


class _Seen:
    """Sums over the samples, for each tensor that a layer makes."""

    def __init__(self, network: Int8Network) -> None:
        self.network, self.same_answers = network, 0
        made = [layer.output for layer in network.graph.layers]
        self.signal, self.noise, self.values, self.clipped = (dict.fromkeys(made, 0.0) for _ in range(4))
        self.largest: dict[str, int] = {}

    def add(self, sample: dict[str, NDArray[Any]]) -> None:
        """Run one sample both ways."""
        floats, ours = evaluate(self.network.graph, sample), run_int8(self.network, sample)
        for name in self.signal:
            exact = floats[name].astype(np.float64)
            self.signal[name] += float((exact**2).sum())
            self.noise[name] += float(((exact - to_float(self.network, name, ours.tensors[name])) ** 2).sum())
            self.values[name] += exact.size
            if name in self.network.exponents:
                scaled = np.rint(np.ldexp(exact, self.network.exponents[name]))
                self.clipped[name] += int(((scaled < INT8.min) | (scaled > INT8.max)).sum())
        for name, most in ours.largest_sums.items():
            self.largest[name] = max(most, self.largest.get(name, 0))
        output = self.network.graph.outputs[0]
        same = floats[output].argmax(-1) == ours.tensors[output].argmax(-1)
        self.same_answers += bool(np.all(same))

    def rows(self) -> list[Json]:
        """Return a row for each layer."""
        return [
            {
                "name": layer.name,
                "operator": operator_name(layer.operator),
                "exponent": self.network.exponents.get(layer.output),
                "snr_db": _decibel(self.signal[layer.output], self.noise[layer.output]),
                "clipped_share": self.clipped[layer.output] / self.values[layer.output],
                "largest_sum": self.largest.get(layer.output),
            }
            for layer in self.network.graph.layers
        ]


def _decibel(signal: float, noise: float) -> float | None:
    return None if noise == 0 or signal == 0 else float(10 * np.log10(signal / noise))
