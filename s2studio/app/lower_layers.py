"""What int8 does to a deep network, layer by layer, on a set of samples: the object that `lower` prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from s2studio.app.describe_layers import Json, operator_name
from s2studio.app.layer_samples import LayerSamples, read_samples
from s2studio.chip.spec import ChipSpec
from s2studio.dnn.operators.products import Conv, Dense
from s2studio.errors import NetworkError
from s2studio.lowering.int8.network import Quantised, quantise_network
from s2studio.lowering.int8.options import Int8Options
from s2studio.lowering.int8.report import Int8Report, TensorReport, report_int8
from s2studio.network.tensors import LayerGraph

# Samples that choose the steps: more hardly move them.
CALIBRATION = 64


@dataclass(frozen=True)
class LoweredLayers:
    """A deep network in int8, and what that costs over the samples; `accumulator_limit` is the largest sum."""

    quantised: Quantised
    report: Int8Report
    accumulator_limit: int

    @property
    def overflows(self) -> tuple[str, ...]:
        """The tensors whose sums left the accumulator."""
        rows = self.report.tensors
        return tuple(row.name for row in rows if row.largest_sum and row.largest_sum > self.accumulator_limit)


def quantise_layers(
    graph: LayerGraph, data: LayerSamples, spec: ChipSpec, options: Int8Options | None = None
) -> Quantised:
    """Return `graph` in int8, its steps chosen on the first samples. Raises NetworkError for layers not covered."""
    for layer in graph.unsupported:
        raise NetworkError(f"node '{layer.name}'", "it is not covered", hint="see `s2studio info`")
    options = options or Int8Options(iterations=spec.most("exponential_unit.iterations"))
    return quantise_network(graph, data.samples[:CALIBRATION], options)


def lower_layers(
    graph: LayerGraph, data: LayerSamples, spec: ChipSpec, options: Int8Options | None = None
) -> LoweredLayers:
    """Return `graph` in int8 beside float over the samples of `data`, of which the first choose the steps."""
    quantised = quantise_layers(graph, data, spec, options)
    limit = 2 ** (spec.whole("mac_array.accumulator_bits") - 1) - 1
    return LoweredLayers(quantised, report_int8(quantised, data.samples), limit)


def describe_lowered(graph: LayerGraph, data: Path | None, spec: ChipSpec, options: Int8Options | None = None) -> Json:
    """Return what `lower` says of a deep network on the samples in the file `data`."""
    lowered = lower_layers(graph, read_samples(graph, data), spec, options)
    report = lowered.report
    operators = {layer.output: operator_name(layer.operator) for layer in lowered.quantised.graph.layers}
    return {
        "network": graph.name,
        "samples": report.samples,
        "same_answer": report.same_answers,
        "accumulator_limit": lowered.accumulator_limit,
        "inputs": [_row(lowered, row) for row in report.tensors if row.layer is None],
        "layers": [
            {**_row(lowered, row), "operator": operators[row.name]} for row in report.tensors if row.layer is not None
        ],
        "first_growth": report.first_growth,
        "trials": [asdict(trial) for trial in lowered.quantised.trials],
        "overflows": list(lowered.overflows),
    }


def _row(lowered: LoweredLayers, row: TensorReport) -> Json:
    found = asdict(row)
    found["name"], found["tensor"] = found.pop("layer") or row.name, row.name
    return {**found, **_weights(lowered, row), "pair": _pair(lowered.quantised.graph, row)}


def _pair(graph: LayerGraph, row: TensorReport) -> Json | None:
    """Return the steps to which the file itself rounds a tensor, and whether int8 has the same; None without any."""
    pair = graph.pairs.get(row.name)
    if pair is None:
        return None
    kept = row.dtype == "int8" and row.exponent is not None and pair.exponent == row.exponent
    return {"scale": pair.scale, "zero_point": pair.zero_point, "is_kept": kept}


def _weights(lowered: LoweredLayers, row: TensorReport) -> Json:
    """Return the exponents of a layer's weights, from the shift of each output and the exponents around it."""
    layer = next((layer for layer in lowered.quantised.part.layers if layer.output.name == row.name), None)
    if layer is None or not isinstance(layer.operator, Dense | Conv):
        return {"weight_exponent_least": None, "weight_exponent_most": None}
    exponents = layer.operator.shift.astype(int) + (layer.output.exponent or 0) - (layer.inputs[0].exponent or 0)
    return {"weight_exponent_least": int(exponents.min()), "weight_exponent_most": int(exponents.max())}
