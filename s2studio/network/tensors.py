"""A deep network as the user brought it: layers in the order in which they run, with the shapes between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.operators.movements import Embedding, Reshape, Slice, Transpose
from s2studio.network.operators.operator import Identity, Operator, Shape, Unsupported, Values, size, text
from s2studio.network.operators.pairs import QuantisePair

# A guard against shapes, which cost the file nothing.
MAX_VALUES = 2**30
# Of all tensors of an inference, which are kept in float32: 2 GiB.
MAX_KEPT = 2**29


@dataclass(frozen=True)
class Layer:
    """One step: `operator` on the tensors `inputs` makes the tensor `output`. `name` is that of the file's node."""

    name: str
    operator: Operator
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True)
class LayerGraph:
    """Layers in an order in which each finds its inputs made; `shapes` of every tensor.

    `inputs` are what the user gives, `outputs` what is read. `unsupported` layers have an Unsupported operator;
    `unreached` counts the nodes of the file behind those, which have no layer here. `pairs` are the steps to which the
    file rounds tensors, where no layer is left for that.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    layers: tuple[Layer, ...]
    shapes: Mapping[str, Shape]
    unreached: int = 0
    pairs: Mapping[str, QuantisePair] = field(default_factory=dict)

    @property
    def unsupported(self) -> tuple[Layer, ...]:
        """The layers that s2studio does not cover."""
        return tuple(layer for layer in self.layers if isinstance(layer.operator, Unsupported))

    @property
    def parameters(self) -> int:
        """How many trained values there are; one that several layers hold counts for each."""
        return sum(layer.operator.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """How many multiplications with accumulation one inference takes."""
        return sum(self.macs_of(layer) for layer in self.layers)

    def macs_of(self, layer: Layer) -> int:
        """Return the multiplications with accumulation of one layer."""
        return layer.operator.macs([self.shapes[name] for name in layer.inputs])

    def uses(self) -> Counter[str]:
        """Return how often each tensor is read, by a layer or by the user."""
        return Counter([*self.outputs, *(name for layer in self.layers for name in layer.inputs)])

    def with_layers(self, layers: tuple[Layer, ...]) -> LayerGraph:
        """Return the graph with other layers between the same inputs and outputs, shapes worked out anew."""
        shapes = {name: self.shapes[name] for name in self.inputs}
        for layer in layers:
            if isinstance(layer.operator, Unsupported):
                if layer.output in self.shapes:
                    shapes[layer.output] = self.shapes[layer.output]
            else:
                shapes[layer.output] = shape_of(layer, shapes)
        return replace(self, layers=layers, shapes=shapes)


def shape_of(layer: Layer, shapes: Mapping[str, Shape]) -> Shape:
    """Return the shape of what `layer` makes. Raises NetworkError where its inputs do not fit, or it is too large."""
    try:
        shape = layer.operator.shape([shapes[name] for name in layer.inputs])
    except ValueError as problem:
        raise NetworkError(f"node '{layer.name}'", str(problem), hint="export the model again") from problem
    check_size(f"node '{layer.name}'", shape)
    return shape


def check_size(subject: str, shape: Shape) -> None:
    """Refuse tensors that no memory holds, and empty ones."""
    count = np.prod(shape, dtype=object)
    if not 1 <= count <= MAX_VALUES:
        raise NetworkError(subject, f"a tensor of {text(shape)}", f"1 to {MAX_VALUES:,} values are expected")


def check_kept(graph: LayerGraph) -> None:
    """Refuse an inference whose tensors take more memory than is given to them."""
    kept = sum(size(shape) for shape in graph.shapes.values())
    if kept > MAX_KEPT:
        found = f"its tensors have {kept:,} values"
        raise NetworkError(f"network '{graph.name}'", found, f"at most {MAX_KEPT:,} are computed", "make it smaller")


def token_limits(graph: LayerGraph) -> dict[str, int]:
    """Return the inputs that are tokens, and how many tokens there are: they choose rows of an embedding."""
    named = {name: name for name in graph.inputs}
    limits: dict[str, int] = {}
    for layer in graph.layers:
        source = named.get(layer.inputs[0]) if len(layer.inputs) == 1 else None
        if source is None:
            continue
        if isinstance(layer.operator, Embedding):
            limits[source] = min(len(layer.operator.table), limits.get(source, len(layer.operator.table)))
        elif isinstance(layer.operator, Reshape | Transpose | Slice | Identity):
            named[layer.output] = source
    return limits


def evaluate(graph: LayerGraph, inputs: Mapping[str, Values]) -> dict[str, Values]:
    """Return the value of every tensor of `graph` for `inputs`, computed in float32.

    Raises NetworkError where an input is missing or has another shape, or a layer is not covered.
    """
    for layer in graph.unsupported:
        raise NetworkError(f"node '{layer.name}'", "it is not covered", hint="see `s2studio info`")
    check_kept(graph)
    values: dict[str, Values] = {}
    for name in graph.inputs:
        given = inputs.get(name)
        if given is None or given.shape != graph.shapes[name]:
            found = "it is missing" if given is None else f"it is {text(given.shape)}"
            raise NetworkError(f"input '{name}'", found, f"{text(graph.shapes[name])} is expected")
        values[name] = _rounded(graph, name, given.astype(np.float32) if given.dtype.kind == "f" else given)
    for layer in graph.layers:
        made = layer.operator.compute(*(values[name] for name in layer.inputs))
        values[layer.output] = _rounded(graph, layer.output, made)
    return values


def _rounded(graph: LayerGraph, name: str, value: Values) -> Values:
    """Return a tensor as the file rounds it."""
    return graph.pairs[name].compute(value) if name in graph.pairs else value
