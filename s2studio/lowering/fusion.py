"""Layers that the chip runs as one become one: biases, factors, norms, ReLU, masks, activations spelled out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from s2studio.lowering.norm_fusion import Before, norm_of
from s2studio.lowering.pairs import fold_pairs, without_inner_pairs
from s2studio.network.operators.arithmetic import Conv, Dense
from s2studio.network.operators.elementwise import Add, Erf, Gelu, Mul, Relu, Sigmoid, Silu
from s2studio.network.operators.movements import Reshape, Slice, Transpose
from s2studio.network.operators.operator import Identity, Operator, Values
from s2studio.network.operators.reductions import BatchNorm, Softmax
from s2studio.network.tensors import Layer, LayerGraph

# Exporters write the square root of 2 and its like in single precision.
TOLERANCE = 1e-6
Found = tuple[Layer, list[str]] | None


def fuse(graph: LayerGraph) -> LayerGraph:
    """Return `graph` with fewer layers that compute the same, up to the rounding of float32."""
    read = without_inner_pairs(graph if graph.unsupported else _without_unread(graph))
    return fold_pairs(graph.with_layers(tuple(_Fusion(read).layers.values())))


def _without_unread(graph: LayerGraph) -> LayerGraph:
    """Return `graph` without layers whose values nobody reads: exporters take a length of theirs, which is known."""
    read, kept = set(graph.outputs), list[Layer]()
    for layer in reversed(graph.layers):
        if layer.output in read:
            read.update(layer.inputs)
            kept.append(layer)
    return graph.with_layers(tuple(reversed(kept)))


class _Fusion:
    """The layers so far by the tensor that each makes, in order; what a pattern swallows is taken out."""

    def __init__(self, graph: LayerGraph) -> None:
        self.graph, self.uses = graph, graph.uses()
        self.layers: dict[str, Layer] = {}
        renamed: dict[str, str] = {}
        for original in graph.layers:
            layer = replace(original, inputs=tuple(renamed.get(name, name) for name in original.inputs))
            name = layer.inputs[0] if layer.inputs else ""
            if isinstance(layer.operator, Identity) and layer.output not in graph.outputs:
                renamed[layer.output] = name
                self.uses[name] += self.uses[layer.output] - 1
            elif isinstance(layer.operator, Identity) and self.uses[name] == 1 and name in self.layers:
                self.layers[layer.output] = replace(self.layers.pop(name), output=layer.output)
            else:
                self._add(layer)

    def _add(self, layer: Layer) -> None:
        for merged in (self._joined, self._scaled, self._masked, self._norm, self._silu, self._gelu):
            found = merged(layer)
            if found is not None:
                layer, swallowed = found
                for name in swallowed:
                    del self.layers[name]
                break
        self.layers[layer.output] = layer

    def _before(self, name: str, *kinds: type[Operator]) -> Layer | None:
        """Return the layer that makes `name` if it is one of `kinds`."""
        layer = self.layers.get(name)
        return layer if layer is not None and isinstance(layer.operator, kinds) else None

    def _joined(self, layer: Layer) -> Found:
        """Return the layer before with `layer` in it, where nobody else reads what is between."""
        if len(layer.inputs) != 1 or self.uses[layer.inputs[0]] != 1:
            return None
        before = self._before(layer.inputs[0], Dense, Conv, Add)
        if before is None or not isinstance(before.operator, Dense | Conv | Add) or before.operator.relu:
            return None
        both = _both(before.operator, layer.operator, rank=len(self.graph.shapes[layer.inputs[0]]))
        return None if both is None else (replace(before, operator=both, output=layer.output), [before.output])

    def _scaled(self, layer: Layer) -> Found:
        """Return what is before a factor without it, the factor in the weights, past layers that only move values."""
        factor = layer.operator.constant if isinstance(layer.operator, Mul) else None
        name, moves = layer.inputs[0], list[Layer]()
        if factor is None or factor.size != 1 or self.graph.shapes[name] != self.graph.shapes[layer.output]:
            return None
        while self.uses[name] == 1 and (move := self._before(name, Reshape, Transpose, Slice)) is not None:
            moves.append(move)
            name = move.inputs[0]
        source = self._before(name, Dense, Conv)
        if source is None or self.uses[name] != 1 or not isinstance(source.operator, Dense | Conv):
            return None
        if source.operator.relu and factor.item() < 0:
            return None
        scaled = replace(source, operator=_times(source.operator, np.float32(factor.item())))
        if not moves:
            return replace(scaled, output=layer.output), [name]
        self.layers[name] = scaled
        return replace(moves[0], output=layer.output), [moves[0].output]

    def _norm(self, layer: Layer) -> Found:
        return norm_of(layer, Before(self.layers, self.uses, self.graph.shapes))

    def _masked(self, layer: Layer) -> Found:
        """Return a softmax with the mask that was added to its scores."""
        if not isinstance(layer.operator, Softmax) or self.uses[layer.inputs[0]] != 1:
            return None
        before = self._before(layer.inputs[0], Add)
        mask = before.operator.mask if before is not None and isinstance(before.operator, Add) else None
        if before is None or mask is None or self.graph.shapes[before.inputs[0]] != self.graph.shapes[before.output]:
            return None
        if not np.broadcast_to(mask, self.graph.shapes[before.output]).any(layer.operator.axis).all():
            return None
        operator = replace(layer.operator, mask=mask)
        return replace(layer, operator=operator, inputs=before.inputs), [before.output]

    def _silu(self, layer: Layer) -> Found:
        """Return x sigmoid(x) as one layer."""
        if not isinstance(layer.operator, Mul) or len(layer.inputs) != 2:
            return None
        for x, other in (layer.inputs, layer.inputs[::-1]):
            gate = self._before(other, Sigmoid)
            if gate is not None and gate.inputs == (x,) and self.uses[other] == 1:
                return replace(layer, operator=Silu(), inputs=(x,)), [other]
        return None

    def _gelu(self, layer: Layer) -> Found:
        """Return x (1 + erf(x / sqrt 2)) / 2 as one layer, the half taken before or after."""
        if not isinstance(layer.operator, Mul):
            return None
        if _is(layer.operator.constant, 0.5):
            product = self._before(layer.inputs[0], Mul)
            if product is None or len(product.inputs) != 2:
                return None
            pairs, swallowed = (product.inputs, product.inputs[::-1]), [product.output]
            matches = ((x, self._one_plus_erf(x, gate)) for x, gate in pairs)
        elif len(layer.inputs) == 2:
            swallowed = []
            halves = [(self._half(a), b) for a, b in (layer.inputs, layer.inputs[::-1])]
            found = [(half, gate) for half, gate in halves if half is not None]
            swallowed += [half.output for half, _ in found]
            matches = ((half.inputs[0], self._one_plus_erf(half.inputs[0], gate)) for half, gate in found)
        else:
            return None
        for x, steps in matches:
            if steps and all(self.uses[name] == 1 for name in (*swallowed, *steps)):
                return replace(layer, operator=Gelu(), inputs=(x,)), [*swallowed, *steps]
        return None

    def _half(self, name: str) -> Layer | None:
        layer = self._before(name, Mul)
        return layer if layer is not None and _is(_constant(layer), 0.5) else None

    def _one_plus_erf(self, x: str, name: str) -> list[str]:
        """Return the tensors between `x` and `name` where that is 1 + erf(x / sqrt 2), else none."""
        steps: list[str] = []
        for kind, constant in ((Add, 1.0), (Erf, None), (Mul, np.sqrt(0.5))):
            layer = self._before(name, kind)
            if layer is None or (constant is not None and not _is(_constant(layer), constant)):
                return []
            steps.append(name)
            name = layer.inputs[0]
        return steps if name == x else []


def _times(operator: Dense | Conv, factor: np.float32) -> Dense | Conv:
    bias = None if operator.bias is None else operator.bias * factor
    return replace(operator, weight=operator.weight * factor, bias=bias)


def _constant(layer: Layer) -> Values | None:
    return layer.operator.constant if isinstance(layer.operator, Add | Mul) else None


def _is(constant: Values | None, value: float) -> bool:
    return constant is not None and constant.size == 1 and abs(float(constant.reshape(-1)[0]) - value) < TOLERANCE


def _both(before: Dense | Conv | Add, after: Operator, rank: int) -> Dense | Conv | Add | None:
    """Return one operator for `before` and then `after`, None where there is none; `rank` counts the axes between."""
    if isinstance(after, Relu):
        return replace(before, relu=True)
    if isinstance(before, Add):
        return None
    outputs = len(before.weight)
    channels_are_last = isinstance(before, Conv) or rank == 2
    if isinstance(after, BatchNorm) and channels_are_last:
        weight = before.weight * after.scale.reshape(-1, *(1,) * (before.weight.ndim - 1))
        bias = after.shift if before.bias is None else before.bias * after.scale + after.shift
        return replace(before, weight=weight, bias=bias)
    if isinstance(after, Add) and after.constant is not None and isinstance(before, Dense):
        if after.constant.shape[-1:] not in ((outputs,), (1,), ()) or after.constant.size not in (1, outputs):
            return None
        if after.constant.ndim > rank:
            return None
        added = np.broadcast_to(after.constant.reshape(-1), (outputs,))
        return replace(before, bias=added if before.bias is None else before.bias + added)
    return None
