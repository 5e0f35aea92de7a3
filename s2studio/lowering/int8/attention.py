"""Attention whose softmax is divided by its sums behind the product with the values, as int8 holds it best.

A row of many small probabilities has few steps of int8, the row of their powers exp(x - max) all of them.
"""

from __future__ import annotations

from dataclasses import replace

from s2studio.network.operators.arithmetic import MatMul
from s2studio.network.operators.operator import axis_of
from s2studio.network.operators.reductions import Normalise, Softmax
from s2studio.network.tensors import Layer, LayerGraph


def divide_late(graph: LayerGraph) -> LayerGraph:
    """Return `graph` with each softmax that one product alone reads, as its first factor, divided behind the product.

    It computes the same, up to the rounding of float32.
    """
    uses, layers = graph.uses(), list[Layer]()
    makers = {layer.output: layer for layer in graph.layers}
    late = {
        layer.inputs[0]
        for layer in graph.layers
        if isinstance(layer.operator, MatMul)
        and uses[layer.inputs[0]] == 1
        and _is_by_row(graph, makers, layer)
        and layer.inputs[0] not in graph.pairs
    }
    for layer in graph.layers:
        if layer.output in late and isinstance(layer.operator, Softmax):
            layers.append(replace(layer, operator=replace(layer.operator, divides=False)))
        elif isinstance(layer.operator, MatMul) and layer.inputs[0] in late:
            sums = f"{layer.output} (sums)"
            layers.append(replace(layer, output=sums))
            layers.append(Layer(f"{layer.name} (quotients)", Normalise(), (sums, layer.inputs[0]), layer.output))
        else:
            layers.append(layer)
    return graph.with_layers(tuple(layers))


def _is_by_row(graph: LayerGraph, makers: dict[str, Layer], product: Layer) -> bool:
    """Whether the first factor of `product` is a softmax along its rows."""
    maker = makers.get(product.inputs[0])
    if maker is None or not isinstance(maker.operator, Softmax):
        return False
    shape = graph.shapes[maker.output]
    return axis_of(maker.operator.axis, shape) == len(shape) - 1
