"""Quantise pairs of a file become the steps of tensors: no layer of the chip is needed where it rounds anyway.

Exporters put a pair around every tensor, also between a product and its bias or ReLU, and leave out a ReLU or ReLU6
that the least and the largest step of the pair behind it imply (onnxruntime's quantize_static does).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from s2studio.network.operators.arithmetic import Conv, Dense
from s2studio.network.operators.elementwise import Add, Relu, Relu6, Sigmoid
from s2studio.network.operators.movements import Reshape, Slice, Transpose
from s2studio.network.operators.operator import Identity
from s2studio.network.operators.pairs import QuantisePair
from s2studio.network.operators.reductions import AvgPool, MaxPool, Mean, Softmax
from s2studio.network.tensors import Layer, LayerGraph

# What hands on values of its input, in the input's steps.
Movers = Reshape | Transpose | Slice | MaxPool
RELU6 = 6.0


def without_inner_pairs(graph: LayerGraph) -> LayerGraph:
    """Return `graph` without pairs between a layer and the bias or ReLU that becomes part of it.

    Those whose steps int8 has are kept behind the ReLU, where they do the same.
    """
    if not _has_pairs(graph):
        return graph
    uses, makers = graph.uses(), {layer.output: layer for layer in graph.layers}
    changed = dict(makers)
    for layer in graph.layers:
        pair = _pair_before(layer, makers, uses)
        if pair is None or not isinstance(pair.operator, QuantisePair):
            continue
        is_bias = isinstance(layer.operator, Add) and layer.operator.constant is not None
        if pair.operator.exponent is None and pair.operator.range[0] < 0 and (is_bias or _is_relu(layer)):
            changed[pair.output] = replace(pair, operator=Identity())
        elif pair.operator.exponent is not None and _is_relu(layer):
            changed[pair.output] = replace(pair, operator=layer.operator)
            changed[layer.output] = replace(layer, operator=pair.operator)
    return graph.with_layers(tuple(changed.values()))


def _pair_before(layer: Layer, makers: dict[str, Layer], uses: dict[str, int]) -> Layer | None:
    """Return the pair of a product or a sum that `layer` alone reads, past what only renames it."""
    pair = _maker(layer.inputs[0], makers, uses)
    if pair is None or not isinstance(pair.operator, QuantisePair) or len(layer.inputs) > 1:
        return None
    source = _maker(pair.inputs[0], makers, uses)
    return pair if source is not None and isinstance(source.operator, Dense | Conv | Add) else None


def _maker(name: str, makers: dict[str, Layer], uses: dict[str, int]) -> Layer | None:
    while uses[name] == 1 and name in makers:
        if not isinstance(makers[name].operator, Identity):
            return makers[name]
        name = makers[name].inputs[0]
    return None


def _is_relu(layer: Layer) -> bool:
    return isinstance(layer.operator, Relu)


def fold_pairs(graph: LayerGraph) -> LayerGraph:
    """Return a fused graph whose pairs are in `graph.pairs`, but for those that the chip needs a layer for."""
    return _Folding(graph).result() if _has_pairs(graph) else graph


def given_exponents(graph: LayerGraph) -> dict[str, int]:
    """Return the exponents that the file itself gives tensors of a fused graph, where int8 has them."""
    layers = {layer.output: layer.operator for layer in graph.layers if isinstance(layer.operator, QuantisePair)}
    return {name: pair.exponent for name, pair in {**graph.pairs, **layers}.items() if pair.exponent is not None}


def _has_pairs(graph: LayerGraph) -> bool:
    return any(isinstance(layer.operator, QuantisePair) for layer in graph.layers)


@dataclass
class _Folding:
    """The layers so far by the tensor that each makes, the pairs of tensors, and the new names of tensors."""

    graph: LayerGraph
    layers: dict[str, Layer] = field(default_factory=dict)
    pairs: dict[str, QuantisePair] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def result(self) -> LayerGraph:
        """Return the graph with its pairs folded."""
        for original in self.graph.layers:
            layer = replace(original, inputs=tuple(self._name(name) for name in original.inputs))
            if not isinstance(layer.operator, QuantisePair) or not self._fold(original, layer, layer.operator):
                self.layers[layer.output] = layer
        return replace(self.graph.with_layers(tuple(self.layers.values())), pairs=self.pairs)

    def _name(self, name: str) -> str:
        while name in self.renamed:
            name = self.renamed[name]
        return name

    def _fold(self, original: Layer, layer: Layer, pair: QuantisePair) -> bool:
        """Make `layer` the steps of the tensor that it reads; return whether it is no layer any more."""
        (name,), output = layer.inputs, layer.output
        if self._pair(name) == pair and output not in self.graph.outputs:
            self.renamed[output] = name
            return True
        source = self.layers.get(name)
        if name in self.pairs or not self._is_alone(original.inputs[0], pair):
            return False
        if source is None:
            if output in self.graph.outputs:
                return False
            self.renamed[output], self.pairs[name] = name, pair
            return True
        made = self._made(source, pair)
        if made is None:
            return False
        del self.layers[name]
        self.layers[output] = replace(made, output=output)
        self.renamed[name], self.pairs[output] = output, pair
        return True

    def _is_alone(self, name: str, pair: QuantisePair) -> bool:
        """Whether all that read a tensor round it as `pair` does."""
        readers = (layer.operator for layer in self.graph.layers if name in layer.inputs)
        return name not in self.graph.outputs and all(reader == pair for reader in readers)

    def _made(self, source: Layer, pair: QuantisePair) -> Layer | None:
        """Return the layer before with what the ends of the pair's steps do; None where they need a layer."""
        operator = source.operator
        if pair.exponent is not None:
            return None if isinstance(operator, Movers) else source
        least, most = pair.range
        if least < 0 or self._is_positive(source):
            return source
        if abs(most - RELU6) < pair.scale or not isinstance(operator, Dense | Conv | Add):
            return None
        return replace(source, operator=replace(operator, relu=True))

    def _is_positive(self, layer: Layer) -> bool:
        """Whether what `layer` makes is never below 0."""
        operator = layer.operator
        if isinstance(operator, Relu | Relu6 | Sigmoid | Softmax):
            return True
        if isinstance(operator, Dense | Conv | Add):
            return operator.relu
        if isinstance(operator, QuantisePair):
            return operator.range[0] >= 0
        if not isinstance(operator, Movers | AvgPool | Mean):
            return False
        (name,) = layer.inputs
        pair, before = self.pairs.get(name), self.layers.get(name)
        return (pair is not None and pair.range[0] >= 0) or (before is not None and self._is_positive(before))

    def _pair(self, name: str) -> QuantisePair | None:
        """Return the steps of a tensor, those of what was moved too."""
        while name not in self.pairs and name in self.layers and isinstance(self.layers[name].operator, Movers):
            name = self.layers[name].inputs[0]
        if name in self.layers and isinstance(operator := self.layers[name].operator, QuantisePair):
            return operator
        return self.pairs.get(name)
