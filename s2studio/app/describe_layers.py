"""What `info` says of a deep network: the JSON object that other tools rely on (docs/interface.md)."""

from __future__ import annotations

from dataclasses import asdict

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError, NetworkError
from s2studio.lowering.fusion import fuse
from s2studio.lowering.int8.network import part_of_sizes
from s2studio.lowering.int8.weights import quantise_weights, report_weights
from s2studio.network.operators.arithmetic import Conv, Dense
from s2studio.network.operators.elementwise import Add
from s2studio.network.operators.operator import Operator, Unsupported
from s2studio.network.tensors import Layer, LayerGraph

Json = dict[str, object]


def describe_layers(graph: LayerGraph, spec: ChipSpec) -> Json:
    """Return the layers of `graph` as they are in the file and as the chip would run them, with their sizes.

    `weights` says what becomes of the trained weights as int8 of the chip's MAC arrays.
    """
    fused = fuse(graph)
    return {
        "name": graph.name,
        "inputs": [{"name": name, "shape": list(graph.shapes[name])} for name in graph.inputs],
        "outputs": [{"name": name, "shape": _shape(graph, name)} for name in graph.outputs],
        "parameters": graph.parameters,
        "macs": graph.macs,
        "unsupported": [_unsupported(layer) for layer in graph.unsupported],
        "unreached": graph.unreached,
        "layers": _rows(graph),
        "fused": _rows(fused),
        "weights": [
            _weights(layer.name, layer.operator)
            for layer in fused.layers
            if isinstance(layer.operator, Dense | Conv) and layer.operator.weight.any()
        ],
        "int8": _sizes(graph),
        "accumulator_limit": 2 ** (spec.whole("mac_array.accumulator_bits") - 1) - 1,
    }


def _sizes(graph: LayerGraph) -> Json | None:
    """Return what the network takes in whole numbers, in bytes; None where a layer is not covered."""
    try:
        part = None if graph.unsupported else part_of_sizes(graph)
    except (NetworkError, LoweringError):
        part = None
    if part is None:
        return None
    held = [layer.input_bytes + layer.output.bytes for layer in part.layers]
    return {
        "weight_bytes": part.weight_bytes,
        "tensor_bytes": sum(tensor.bytes for tensor in part.tensors.values()),
        "largest_layer_bytes": max(held),
        "largest_layer": part.layers[held.index(max(held))].name,
    }


def _weights(name: str, operator: Dense | Conv) -> Json:
    weight = operator.weight
    report = report_weights(weight, quantise_weights(weight))
    per_tensor = report_weights(weight, quantise_weights(weight, per_output=False))
    return {"name": name, "weights": weight.size, **asdict(report), "snr_db_per_tensor": per_tensor.snr_db}


def _rows(graph: LayerGraph) -> list[Json]:
    return [
        {
            "name": layer.name,
            "operator": operator_name(layer.operator),
            "inputs": list(layer.inputs),
            "output": layer.output,
            "shape": _shape(graph, layer.output),
            "parameters": layer.operator.parameters,
            "macs": graph.macs_of(layer),
        }
        for layer in graph.layers
    ]


def operator_name(operator: Operator) -> str:
    """Return the operator's name: `Dense`, with what was fused into it: `Conv + Relu`; else the file's own."""
    if isinstance(operator, Unsupported):
        return operator.type_name
    relu = isinstance(operator, Conv | Dense | Add) and operator.relu
    return type(operator).__name__ + (" + Relu" if relu else "")


def _shape(graph: LayerGraph, name: str) -> list[int] | None:
    return list(graph.shapes[name]) if name in graph.shapes else None


def _unsupported(layer: Layer) -> Json:
    return {"node": layer.name, **vars(layer.operator)}
