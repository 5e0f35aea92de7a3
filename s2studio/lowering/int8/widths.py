"""Which tensors of a deep network have 16 bits: those that no MAC array reads."""

from __future__ import annotations

from collections.abc import Mapping

from s2studio.lowering.pairs import given_exponents
from s2studio.network.operators.arithmetic import Conv, Dense, MatMul
from s2studio.network.operators.elementwise import Add, Mul
from s2studio.network.operators.movements import Reshape, Slice, Transpose
from s2studio.network.operators.operator import Operator
from s2studio.network.operators.reductions import BatchNorm, LayerNorm, Normalise, RMSNorm, Softmax
from s2studio.network.tensors import Layer, LayerGraph

WIDE_BITS = 16
Movers = Reshape | Transpose | Slice


def wide_tensors(graph: LayerGraph) -> frozenset[str]:
    """Return the tensors of a fused graph that have 16 bits: sums, scores, and what the user alone reads.

    A tensor that is moved has as many bits as what was moved. One whose steps the file gives as int8 has 8.
    """
    makers = {layer.output: layer for layer in graph.layers}
    readers: dict[str, list[Layer]] = {}
    for layer in graph.layers:
        for name in layer.inputs:
            readers.setdefault(name, []).append(layer)
    wide, given = set[str](), given_exponents(graph)
    for layer in graph.layers[::-1]:
        if (
            layer.output not in given
            and _makes_wide(_source(layer, makers).operator)
            and all(
                _reads_wide(reader.operator) or (isinstance(reader.operator, Movers) and reader.output in wide)
                for reader in readers.get(layer.output, [])
            )
        ):
            wide.add(layer.output)
    return frozenset(wide)


def _makes_wide(operator: Operator) -> bool:
    """Return whether it makes 16 bits: the MAC array brings its sums to 8, 16 or 32, the ARM core adds in 32."""
    return isinstance(operator, Dense | Conv | MatMul | Normalise) or _is_affine(operator)


def _reads_wide(operator: Operator) -> bool:
    return isinstance(operator, LayerNorm | RMSNorm | Softmax) or _is_affine(operator)


def _is_affine(operator: Operator) -> bool:
    return isinstance(operator, Add | BatchNorm) or (isinstance(operator, Mul) and operator.constant is not None)


def _source(layer: Layer, makers: Mapping[str, Layer]) -> Layer:
    """Return the layer that makes the values which `layer` only moves, itself where it makes them."""
    while isinstance(layer.operator, Movers) and layer.inputs[0] in makers:
        layer = makers[layer.inputs[0]]
    return layer
