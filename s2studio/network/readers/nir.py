"""Reads NIR files: nodes by the `nir` package, with repairs for what older versions and other tools wrote."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.graph import MAX_NEURONS, Network, Repair
from s2studio.network.layers import (
    IF,
    LI,
    LIF,
    Affine,
    AvgPool2d,
    Conv2d,
    CubaLI,
    CubaLIF,
    Delay,
    Flatten,
    FloatArray,
    I,
    Input,
    Layer,
    Linear,
    Neuron,
    Output,
    Scale,
    SumPool2d,
    Threshold,
    Unsupported,
    neuron_shape,
)
from s2studio.network.readers.child import ChildReading
from s2studio.network.readers.nir_shapes import UNKNOWN, settle_shapes

Nodes = dict[str, dict[str, Any]]
Edge = tuple[str, str]
# A guard against files whose edges multiply.
MAX_EDGES = 100_000


@dataclass
class _Graph:
    """A graph while it is mended: nodes as in the file, edges, and what was done to them."""

    nodes: Nodes
    edges: list[Edge]
    repairs: list[Repair] = field(default_factory=list)


def read_nir(path: Path, meanwhile: Callable[[], object] = lambda: None) -> Network:
    """Return the network in the NIR file `path`; `meanwhile` is called while another process reads it.

    Raises NetworkError that names the node where it is malformed.
    """
    reading = ChildReading(path, "hdf5")
    meanwhile()
    import nir  # noqa: F401 - needed below, and it loads while the other process reads

    content = reading.result()
    root = content.get("node")
    if not isinstance(root, dict) or "nodes" not in root or "edges" not in root:
        raise NetworkError(path.name, "holds no NIR graph", hint="write it with nir.write")
    return network_of(path, root)


def network_of(path: Path, root: dict[str, Any]) -> Network:
    """Return the network in `root`, a graph as the `nir` package writes it; `path` is what errors call it."""
    graph = _graph(path, root, "")
    _check_edges(path, graph)
    layers = {name: _layer(path, graph, name, node) for name, node in graph.nodes.items()}
    settled, repairs = settle_shapes(layers, graph.edges)
    _check_neurons(path, settled)
    for name, layer in settled.items():
        _check_settled(f"node '{name}' in {path.name}", layer)
    return Network(path.stem, settled, tuple(graph.edges), (*graph.repairs, *repairs))


def _graph(path: Path, group: dict[str, Any], prefix: str) -> _Graph:
    """Return the graph in `group`, the graphs inside it put in its place, their nodes named `outer.inner`."""
    nodes, edges = group["nodes"], group["edges"]
    if not isinstance(nodes, dict) or not isinstance(edges, np.ndarray) or edges.shape[1:] not in ((2,), ()):
        raise NetworkError(path.name, f"graph '{prefix or 'node'}' is no NIR graph")
    graph = _Graph({}, [(prefix + _text(a), prefix + _text(b)) for a, b in edges.reshape(-1, 2)])
    for name, node in nodes.items():
        if not isinstance(node, dict) or not isinstance(node.get("type"), str):
            raise NetworkError(f"node '{prefix}{name}' in {path.name}", "it has no type", hint="write the file again")
        if node["type"] == "NIRGraph":
            _put_in_place(path, graph, prefix + name, _graph(path, node, f"{prefix}{name}."))
        else:
            graph.nodes[prefix + name] = node
    _match_names(graph)
    return graph


def _match_names(graph: _Graph) -> None:
    """Give the one node that no edge names the one name that no node has: so an older writer left nested graphs."""
    named = {name for edge in graph.edges for name in edge}
    unknown, unused = named - graph.nodes.keys(), graph.nodes.keys() - named
    if len(unknown) == len(unused) == 1:
        name, old = unknown.pop(), unused.pop()
        graph.nodes = {name if node == old else node: content for node, content in graph.nodes.items()}
        graph.repairs.append(Repair(name, f"node '{old}' was taken for '{name}', which the edges name"))


def _put_in_place(path: Path, outer: _Graph, name: str, inner: _Graph) -> None:
    """Join the edges of the graph node `name` to what is inside it; its own Inputs and Outputs go.

    An edge names the graph where that has one Input (Output), else the node inside it, `name.input`, as proposed in
    github.com/neuromorphs/NIR/issues/28; NIR itself has not settled on a form.
    """
    ports = {
        kind: [node for node, content in inner.nodes.items() if content["type"] == kind] for kind in ("Input", "Output")
    }
    outer.edges = [
        (
            _port(path, name, "Output", ports["Output"]) if a == name else a,
            _port(path, name, "Input", ports["Input"]) if b == name else b,
        )
        for a, b in outer.edges
    ] + inner.edges
    outer.nodes |= inner.nodes
    for port in (*ports["Input"], *ports["Output"]):
        _bridge(path, outer, port)
    outer.repairs += [*inner.repairs, Repair(name, "the graph inside this node was put in its place")]


def _port(path: Path, name: str, kind: str, ports: Sequence[str]) -> str:
    """Return the only Input or Output of the graph `name`."""
    if len(ports) != 1:
        found = f"the graph inside it has {len(ports)} {kind} nodes"
        hint = f"let the edge name one: {', '.join(ports[:8])}" if ports else "export the graph again"
        raise NetworkError(f"node '{name}' in {path.name}", found, "1 is expected where an edge names the graph", hint)
    return ports[0]


def _bridge(path: Path, graph: _Graph, port: str) -> None:
    """Take the node `port` out of the graph and join what leads into it to what it leads into."""
    sources = [a for a, b in graph.edges if b == port and a != port]
    targets = [b for a, b in graph.edges if a == port and b != port]
    if len(sources) * len(targets) > MAX_EDGES:
        found = f"{len(sources):,} edges meet {len(targets):,}"
        raise NetworkError(f"node '{port}' in {path.name}", found, f"at most {MAX_EDGES:,} edges are made of them")
    graph.edges = [edge for edge in graph.edges if port not in edge]
    graph.edges += [(source, target) for source in sources for target in targets]
    del graph.nodes[port]


def _check_edges(path: Path, graph: _Graph) -> None:
    for edge in graph.edges:
        for name in edge:
            if name not in graph.nodes:
                raise NetworkError(f"edge '{edge[0]}' -> '{edge[1]}' in {path.name}", f"there is no node '{name}'")
    times = Counter(graph.edges)
    graph.repairs += [
        Repair(edge[0], f"the edge to '{edge[1]}' was there {count} times")
        for edge, count in times.items()
        if count > 1
    ]
    graph.edges = list(times)


def _layer(path: Path, graph: _Graph, name: str, node: dict[str, Any]) -> Layer:
    kind = node["type"]
    if kind not in _CONVERTERS:
        remedy = f"use one of {', '.join(_CONVERTERS)}"
        return Unsupported(kind, "it is no NIR primitive that s2studio knows", remedy)
    mended = dict(node)
    for key, action, value in _missing(node):
        graph.repairs.append(Repair(name, action))
        mended[key] = value
    mended.pop("metadata", None)
    if kind in _PARAMETERS:
        graph.repairs += [Repair(name, action) for action in _stretch(mended, _PARAMETERS[kind])]
    import nir

    subject = f"node '{name}' in {path.name}"
    try:
        layer = _CONVERTERS[kind](nir.dict2NIRNode(mended))
    except (AssertionError, AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError) as problem:
        reason = " ".join(str(problem).split())[:200]
        missing = isinstance(problem, KeyError | TypeError)
        found = f"its {kind} is {'incomplete' if missing else 'malformed'}: {reason}"
        raise NetworkError(subject, found, hint="write the file again") from problem
    _check_finite(subject, layer)
    return layer


def _missing(node: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Return what older files leave out: (key, what was done, value)."""
    kind, weight = node["type"], node.get("weight")
    found: list[tuple[str, str, Any]] = []
    if kind in ("IF", "LIF", "CubaLIF") and "v_reset" not in node and "v_threshold" in node:
        found.append(("v_reset", "v_reset was missing and is 0", np.zeros_like(node["v_threshold"])))
    if kind in ("CubaLIF", "CubaLI") and "w_in" not in node:
        found.append(("w_in", "w_in was missing and is 1", 1.0))
    if kind in ("Affine", "Conv1d", "Conv2d") and "bias" not in node and isinstance(weight, np.ndarray):
        found.append(("bias", "the bias was missing and is 0", np.zeros(weight.shape[0])))
    if kind in ("Conv1d", "Conv2d") and "groups" not in node:
        found.append(("groups", "groups was missing and is 1", 1))
    if kind in ("Conv1d", "Conv2d") and "dilation" not in node:
        found.append(("dilation", "dilation was missing and is 1", 1))
    if kind in ("Conv1d", "Conv2d") and "input_shape" not in node:
        found.append(("input_shape", "input_shape was missing", None))
    if kind in ("Input", "Output") and "shape" not in node:
        found.append(("shape", "shape was missing", None))
    return found


def _stretch(node: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Give all parameters in `node` the shape of the largest, where theirs broadcasts to it; return what was done."""
    values = {name: np.asarray(node[name], np.float64) for name in names if name in node}
    shape: tuple[int, ...] = max((value.shape for value in values.values()), key=math.prod, default=())
    short = [name for name, value in values.items() if value.shape != shape and value.size == 1]
    node |= {name: np.full(shape, values[name].reshape(-1)[0]) for name in short}
    return [f"{', '.join(short)} had one value, which stands for all of {shape}"] if short and shape != (1,) else []


def _check_neurons(path: Path, layers: Mapping[str, Layer]) -> None:
    """Refuse more neurons than there is memory for: a shape costs the file nothing."""
    total = 0
    for name, layer in layers.items():
        if isinstance(layer, Input | Neuron):
            total += math.prod(layer.shape if isinstance(layer, Input) else neuron_shape(layer))
        if total > MAX_NEURONS:
            found = f"{total:,} neurons up to this node"
            raise NetworkError(f"node '{name}' in {path.name}", found, f"at most {MAX_NEURONS:,} are read")


def _check_settled(subject: str, layer: Layer) -> None:
    """Refuse what has no shape still."""
    if isinstance(layer, Input) and not layer.shape:
        raise NetworkError(subject, "its shape is missing", hint="export the network with the shape of its input")
    if isinstance(layer, Conv2d) and layer.input_shape == UNKNOWN:
        raise NetworkError(subject, "it has no input_shape", hint="export the network with the shape of its input")


def _check_finite(subject: str, layer: Layer) -> None:
    for column in fields(layer):
        value = getattr(layer, column.name)
        if isinstance(value, np.ndarray) and not np.isfinite(value).all():
            count = int(np.sum(~np.isfinite(value)))
            raise NetworkError(
                subject, f"{count:,} of the values of '{column.name}' are not finite", hint="train again"
            )


def _conv2d(node: Any) -> Conv2d:
    kernel, dilation = node.weight.shape[2:], _pair(node.dilation)
    padding, extra = node.padding, (0, 0)
    if isinstance(padding, str):
        padding, extra = ((0, 0), (0, 0)) if padding == "valid" else _same(kernel, _pair(node.stride), dilation)
    return Conv2d(
        weight=_float(node.weight),
        bias=_float(node.bias),
        stride=_pair(node.stride),
        padding=_pair(padding),
        dilation=dilation,
        groups=int(node.groups),
        input_shape=UNKNOWN if node.input_shape is None else _pair(node.input_shape),
        extra_padding=extra,
    )


def _conv1d(node: Any) -> Conv2d:
    """Return a Conv1d as a Conv2d of height 1."""
    weight, dilation, padding, extra = _float(node.weight), _one(node.dilation), node.padding, 0
    if isinstance(padding, str):
        same = (
            ((0, 0), (0, 0))
            if padding == "valid"
            else _same((1, weight.shape[2]), (1, _one(node.stride)), (1, dilation))
        )
        padding, extra = same[0][1], same[1][1]
    return Conv2d(
        weight=weight[:, :, None, :],
        bias=_float(node.bias),
        stride=(1, _one(node.stride)),
        padding=(0, _one(padding)),
        dilation=(1, dilation),
        groups=int(node.groups),
        input_shape=UNKNOWN if node.input_shape is None else (1, _one(node.input_shape)),
        extra_padding=(0, extra),
    )


def _same(
    kernel: tuple[int, ...], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the padding that keeps the size of the image, and how much more there is at the end, as torch pads."""
    if stride != (1, 1):
        raise ValueError("padding 'same' with a stride has two meanings; give it in numbers")
    total = [(kernel[axis] - 1) * dilation[axis] for axis in range(2)]
    return (total[0] // 2, total[1] // 2), (total[0] % 2, total[1] % 2)


def _fields(node: Any, *names: str) -> dict[str, FloatArray]:
    """Return the parameters `names` of a neuron node, each with the shape of the population."""
    arrays = np.broadcast_arrays(*(_float(getattr(node, name)) for name in names))
    return dict(zip(names, arrays, strict=True))


def _float(values: Any) -> FloatArray:
    return np.asarray(values, np.float64)


def _shape(values: Any) -> tuple[int, ...]:
    if values is None or np.size(values) == 0:
        return ()
    shape = tuple(int(value) for value in np.atleast_1d(values))
    if min(shape) < 1:
        raise ValueError(f"its shape is {shape}")
    return shape


def _pair(values: Any) -> tuple[int, int]:
    """Return (vertical, horizontal), one number standing for both."""
    flat = np.asarray(values).reshape(-1)
    if len(flat) not in (1, 2) or np.any(flat != np.asarray(flat, np.int64)):
        raise ValueError(f"{values} is no pair of whole numbers")
    return int(flat[0]), int(flat[-1])


def _one(value: Any) -> int:
    flat = np.asarray(value).reshape(-1)
    if len(flat) != 1 or flat[0] != int(flat[0]):
        raise ValueError(f"{value} is no whole number")
    return int(flat[0])


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


_MEMBRANE = ("r", "v_leak", "v_threshold", "v_reset")
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "IF": ("r", "v_threshold", "v_reset"),
    "LIF": ("tau", *_MEMBRANE),
    "CubaLIF": ("tau_mem", "tau_syn", "w_in", *_MEMBRANE),
    "I": ("r",),
    "LI": ("tau", "r", "v_leak"),
    "CubaLI": ("tau_mem", "tau_syn", "w_in", "r", "v_leak"),
    "Threshold": ("threshold",),
}
_CONVERTERS: Mapping[str, Callable[[Any], Layer]] = {
    "Input": lambda node: Input(_shape(node.input_type["input"])),
    "Output": lambda node: Output(_shape(node.output_type["output"])),
    "Linear": lambda node: Linear(_float(node.weight)),
    "Affine": lambda node: Affine(_float(node.weight), _float(node.bias)),
    "Conv1d": _conv1d,
    "Conv2d": _conv2d,
    "Scale": lambda node: Scale(_float(node.scale)),
    "Delay": lambda node: Delay(_float(node.delay)),
    "Flatten": lambda node: Flatten(int(node.start_dim), int(node.end_dim)),
    "SumPool2d": lambda node: SumPool2d(_pair(node.kernel_size), _pair(node.stride), _pair(node.padding)),
    "AvgPool2d": lambda node: AvgPool2d(_pair(node.kernel_size), _pair(node.stride), _pair(node.padding)),
    "IF": lambda node: IF(**_fields(node, *_PARAMETERS["IF"])),
    "LIF": lambda node: LIF(**_fields(node, *_PARAMETERS["LIF"])),
    "CubaLIF": lambda node: CubaLIF(**_fields(node, *_PARAMETERS["CubaLIF"])),
    "I": lambda node: I(**_fields(node, *_PARAMETERS["I"])),
    "LI": lambda node: LI(**_fields(node, *_PARAMETERS["LI"])),
    "CubaLI": lambda node: CubaLI(**_fields(node, *_PARAMETERS["CubaLI"])),
    "Threshold": lambda node: Threshold(**_fields(node, *_PARAMETERS["Threshold"])),
}
