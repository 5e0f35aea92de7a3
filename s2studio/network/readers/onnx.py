"""Reads ONNX models, as data, into layers: nodes in the file's order, constants worked out, shapes followed through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from s2studio.errors import NetworkError
from s2studio.network.operators.operator import Operator, Shape, Unsupported, text
from s2studio.network.operators.pairs import QuantisePair
from s2studio.network.readers.child import ChildReading
from s2studio.network.readers.not_covered import NotCovered
from s2studio.network.readers.onnx_attention import Spelled, spell_attention
from s2studio.network.readers.onnx_constants import constant_of
from s2studio.network.readers.onnx_operators import CONVERTERS, Node, split
from s2studio.network.readers.onnx_pairs import MOVERS, PAIR
from s2studio.network.tensors import MAX_VALUES, Layer, LayerGraph, check_size, shape_of

MAX_NODES = 100_000


@dataclass
class _Reading:
    """A graph while it is read: constants and shapes by tensor, layers, and the nodes that could not be looked at."""

    path: Path
    constants: dict[str, NDArray[Any]]
    shapes: dict[str, Shape]
    declared: Mapping[str, Shape]
    # Tensors behind a node that is not covered, whose shapes nobody knows.
    unknown: set[str] = field(default_factory=set)
    layers: list[Layer] = field(default_factory=list)
    unreached: int = 0
    opset: int = 0
    # The steps of tensors that the file holds as whole numbers; here they are the floats that those stand for.
    pairs: dict[str, QuantisePair] = field(default_factory=dict)
    # How many values the constants have that were worked out here.
    worked_out: int = 0


def read_onnx(path: Path) -> LayerGraph:
    """Return the layers in the ONNX file `path`.

    Raises NetworkError for files that are damaged, of shapes that depend on the input, or larger than is read.
    """
    return layers_of(path, ChildReading(path, "onnx").result())


def layers_of(path: Path, content: Mapping[str, Any]) -> LayerGraph:
    """Return the layers in `content`, what the other process found in the file; `path` is what errors call it."""
    graph = json.loads(str(content["graph"]))
    if len(graph["nodes"]) > MAX_NODES:
        raise NetworkError(path.name, f"{len(graph['nodes']):,} nodes", f"at most {MAX_NODES:,} are read")
    declared = {value["name"]: tuple(value["shape"]) for value in graph["declared"] if _is_fixed(value["shape"])}
    inputs = {value["name"]: _input_shape(path, value) for value in graph["inputs"]}
    reading = _Reading(path, dict(content.get("tensors", {})), dict(inputs), declared, opset=graph["opset"])
    for index, node in enumerate(graph["nodes"]):
        _read_node(reading, node, node["name"] or f"{node['type']}_{index}")
    return _graph(reading, tuple(inputs), tuple(graph["outputs"]))


def _graph(reading: _Reading, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> LayerGraph:
    for name in outputs:
        if name not in reading.shapes and name not in reading.unknown:
            raise NetworkError(f"output '{name}' in {reading.path.name}", "no node makes it from the input")
        if name in reading.pairs:
            hint = "let the model end with a DequantizeLinear"
            raise NetworkError(f"output '{name}' in {reading.path.name}", "it is of whole numbers", hint=hint)
    return LayerGraph(reading.path.stem, inputs, outputs, tuple(reading.layers), reading.shapes, reading.unreached)


def _is_fixed(shape: list[Any] | None) -> bool:
    return shape is not None and all(isinstance(length, int) and length > 0 for length in shape)


def _input_shape(path: Path, value: dict[str, Any]) -> Shape:
    """Return the shape of an input, which must be fixed: tiles are cut before anything runs."""
    subject = f"input '{value['name']}' in {path.name}"
    hint = "export the model with example inputs and without dynamic axes"
    if value["shape"] is None:
        raise NetworkError(subject, "its shape is missing", hint=hint)
    if not _is_fixed(value["shape"]):
        axis = next(i for i, length in enumerate(value["shape"]) if not isinstance(length, int) or length < 1)
        found = f"its axis {axis} is {value['shape'][axis] or 'unknown'}"
        raise NetworkError(subject, found, "the chip needs fixed lengths", hint)
    shape = tuple(value["shape"])
    check_size(subject, shape)
    return shape


def _read_node(reading: _Reading, node: dict[str, Any], name: str) -> None:
    """Add the layers of one node; a constant is kept as one, and what cannot be read is said."""
    inputs, outputs = list(node["inputs"]), [output for output in node["outputs"] if output]
    while inputs and not inputs[-1]:
        inputs.pop()
    if any(source in reading.unknown for source in inputs):
        reading.unknown.update(outputs)
        reading.unreached += 1
        return
    subject = f"node '{name}' in {reading.path.name}"
    for source in inputs:
        if source and source not in reading.constants and source not in reading.shapes:
            raise NetworkError(subject, f"nothing before it makes its input '{source}'", hint="export the model again")
    if outputs and outputs[0] in reading.constants:  # a Constant, which was read with the tensors
        return
    for output in outputs:
        if output in reading.constants or output in reading.shapes:
            raise NetworkError(subject, f"it makes '{output}', which is there already", hint="export the model again")
    # onnxruntime has the two of a pair in its own domain where older opsets have not the type.
    domain = "" if node["type"] in PAIR and node["domain"] == "com.microsoft" else node["domain"]
    seen = Node(
        name, node["type"], domain, node["attributes"], inputs, reading.constants, reading.shapes, reading.opset,
        reading.pairs,
    )  # fmt: skip
    _take(reading, seen, outputs, subject)


def _take(reading: _Reading, seen: Node, outputs: list[str], subject: str) -> None:
    """Keep the constant that a node makes, or add its layers; `subject` is what errors call it."""
    try:
        constant = constant_of(seen)
        if constant is not None:
            reading.constants[outputs[0]] = constant
            reading.worked_out += constant.size
        else:
            _add(reading, seen, outputs)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise NetworkError(subject, f"its {seen.type} is malformed: {reason}", hint="export it again") from problem
    if reading.worked_out > MAX_VALUES:
        found = f"constants worked out up to it have {reading.worked_out:,} values"
        raise NetworkError(subject, found, f"at most {MAX_VALUES:,} are")


def _add(reading: _Reading, node: Node, outputs: list[str]) -> None:
    """Add the layers that `node` becomes: one after the other, the last makes the node's output."""
    try:
        if node.type == "Split" and node.domain in ("", "ai.onnx"):
            parts = [Layer(node.name, part, (node.tensor(),), output) for part, output in split(node, outputs)]
            for layer in parts:
                _add_layer(reading, layer)
            return
        if node.type == "Attention" and node.domain in ("", "ai.onnx") and len(outputs) == 1:
            _add_spelled(reading, node, spell_attention(node, outputs[0]))
            return
        steps, sources = _steps(node, outputs)
    except NotCovered as problem:
        _add_unsupported(reading, node, outputs, Unsupported(node.type, *problem.args))
        return
    for index, step in enumerate(steps):
        last = index == len(steps) - 1
        layer = Layer(node.name, step, sources, outputs[0] if last else f"{outputs[0]} ({index + 1})")
        _add_layer(reading, layer)
        sources = (layer.output,)
    if isinstance(steps[0], QuantisePair):
        reading.pairs[outputs[0]] = steps[0]
    elif node.inputs[0] in reading.pairs and node.type in MOVERS:
        reading.pairs[outputs[0]] = reading.pairs[node.inputs[0]]


def _add_spelled(reading: _Reading, node: Node, spelled: Spelled) -> None:
    """Add the layers of the nodes that a single one stands for, all by its name."""
    reading.constants.update(spelled.constants)
    for piece in spelled.nodes:
        _read_node(reading, piece, node.name)


def _add_layer(reading: _Reading, layer: Layer) -> None:
    reading.shapes[layer.output] = shape_of(layer, reading.shapes)
    reading.layers.append(layer)


def _steps(node: Node, outputs: list[str]) -> tuple[tuple[Operator, ...], tuple[str, ...]]:
    if node.domain not in ("", "ai.onnx") or node.type not in CONVERTERS:
        reason = f"no such layer is known (its input is {_shapes(node)})"
        if node.domain not in ("", "ai.onnx"):
            reason = f"it is from '{node.domain}' (its input is {_shapes(node)})"
        remedy = _QUANTISED if node.type.startswith("QLinear") else _READ
        raise NotCovered(reason, _REMEDIES.get(node.type, remedy))
    if node.type not in (*MOVERS, *PAIR) and any(name in node.pairs for name in node.inputs):
        raise NotCovered("it computes with whole numbers", _QUANTISED)
    if len(outputs) != 1:
        raise NotCovered(f"{len(outputs)} of its outputs are used", "use the first alone, in inference")
    return CONVERTERS[node.type](node)


def _add_unsupported(reading: _Reading, node: Node, outputs: list[str], operator: Unsupported) -> None:
    """Add a layer that is not covered; what its outputs look like is known where the file says so."""
    sources = tuple(name for name in node.inputs if name in reading.shapes)
    reading.layers.append(Layer(node.name, operator, sources, outputs[0] if outputs else ""))
    for output in outputs:
        if output in reading.declared:
            check_size(f"node '{node.name}' in {reading.path.name}", reading.declared[output])
            reading.shapes[output] = reading.declared[output]
        else:
            reading.unknown.add(output)


def _shapes(node: Node) -> str:
    return ", ".join(text(node.shape(name)) for name in node.inputs if name) or "nothing"


_READ = "the operators that are read stand in docs/interface.md: express it in them"
_QUANTISED = "quantise into pairs (QDQ: quant_format=QuantFormat.QDQ in onnxruntime), or export the float model"
_REMEDIES: Mapping[str, str] = {
    "GatherND": (
        "for places of a tensor use slices and Concat; an AdaptiveAvgPool whose windows differ in size is read "
        "where s2studio exports the module (s2studio.load_module, s2studio import)"
    ),
    "Einsum": "write it as MatMul with Transpose",
    "ConstantOfShape": "let the tensor be a trained parameter or an input",
    "DynamicQuantizeLinear": "quantise statically: the chip's steps are chosen before anything runs",
    "QGemm": _QUANTISED,
    "ConvInteger": _QUANTISED,
    "MatMulInteger": _QUANTISED,
    "If": "export the model with torch.onnx.export for the branch that is used",
    "Loop": "export the model with the loop unrolled",
    "LSTM": "unroll it into Linear, Sigmoid and Tanh",
    "GRU": "unroll it into Linear, Sigmoid and Tanh",
    "Attention": "use its first output alone, without a cache",
}
