"""What `info` says of a deep network: the JSON object that other tools rely on (docs/interface.md)."""

from __future__ import annotations

from s2studio.lowering.fusion import fuse
from s2studio.network.operators.arithmetic import Conv, Dense
from s2studio.network.operators.operator import Unsupported
from s2studio.network.tensors import Layer, LayerGraph

Json = dict[str, object]


def describe_layers(graph: LayerGraph) -> Json:
    """Return the layers of `graph` as they are in the file and as the chip would run them, with their sizes."""
    return {
        "name": graph.name,
        "inputs": [{"name": name, "shape": list(graph.shapes[name])} for name in graph.inputs],
        "outputs": [{"name": name, "shape": _shape(graph, name)} for name in graph.outputs],
        "parameters": graph.parameters,
        "macs": graph.macs,
        "unsupported": [_unsupported(layer) for layer in graph.unsupported],
        "unreached": graph.unreached,
        "layers": _rows(graph),
        "fused": _rows(fuse(graph)),
    }


def _rows(graph: LayerGraph) -> list[Json]:
    return [
        {
            "name": layer.name,
            "operator": _operator(layer),
            "inputs": list(layer.inputs),
            "output": layer.output,
            "shape": _shape(graph, layer.output),
            "parameters": layer.operator.parameters,
            "macs": graph.macs_of(layer),
        }
        for layer in graph.layers
    ]


def _operator(layer: Layer) -> str:
    """Return the operator's name: `Dense`, with what was fused into it: `Conv + Relu`; else the file's own."""
    operator = layer.operator
    if isinstance(operator, Unsupported):
        return operator.type_name
    relu = isinstance(operator, Conv | Dense) and operator.relu
    return type(operator).__name__ + (" + Relu" if relu else "")


def _shape(graph: LayerGraph, name: str) -> list[int] | None:
    return list(graph.shapes[name]) if name in graph.shapes else None


def _unsupported(layer: Layer) -> Json:
    return {"node": layer.name, **vars(layer.operator)}
