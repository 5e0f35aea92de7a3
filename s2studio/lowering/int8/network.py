"""A deep network in int8: a power of two per tensor from a calibration set, products as the MAC array has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import LoweringError
from s2studio.lowering.fusion import fuse
from s2studio.lowering.int8.weights import FINER, INT8, Int8Weights, quantise_weights
from s2studio.network.operators.arithmetic import Conv, Dense, MatMul
from s2studio.network.tensors import Layer, LayerGraph, evaluate

Integers = NDArray[np.int64]
Samples = Sequence[Mapping[str, NDArray[Any]]]
INT32 = np.iinfo(np.int32)


@dataclass(frozen=True)
class Int8Layer:
    """y = clip((sum of x w + `bias`) >> `shift`, -128, 127), all whole numbers, the shift cutting downwards.

    `bias` and `shift` have one value per output. The bias holds half of what the shift cuts off, so that cutting is
    rounding to nearest.
    """

    weights: Int8Weights
    bias: Integers
    shift: Integers


@dataclass(frozen=True)
class Int8Network:
    """A fused graph with its tensors in int8, x = q 2^-exponent; tensors of whole numbers (tokens) have no exponent."""

    graph: LayerGraph
    exponents: Mapping[str, int]
    layers: Mapping[str, Int8Layer]


def quantise_network(graph: LayerGraph, samples: Samples) -> Int8Network:
    """Return `graph` in int8, each tensor's exponent the one with the least squared error over `samples`.

    Raises LoweringError without samples, NetworkError where one does not fit the graph or a layer is not covered.
    """
    if not samples:
        raise LoweringError(f"network '{graph.name}'", "no samples", "at least 1 is needed to choose the steps")
    fused = fuse(graph)
    exponents = _calibrated(fused, samples)
    layers: dict[str, Int8Layer] = {}
    for layer in fused.layers:
        operator = layer.operator
        if isinstance(operator, Dense | Conv):
            weights = quantise_weights(operator.weight)
            units = exponents[layer.inputs[0]] + weights.exponents
            # The array shifts to the right alone: the step of y is at least that of the sum.
            exponents[layer.output] = min(exponents[layer.output], int(units.min()))
            layers[layer.output] = _int8_layer(layer.name, operator, weights, units, exponents[layer.output])
        elif isinstance(operator, MatMul):
            units_of_sum = sum(exponents[name] for name in layer.inputs)
            exponents[layer.output] = min(exponents[layer.output], units_of_sum)
    return Int8Network(fused, exponents, layers)


def _int8_layer(name: str, operator: Dense | Conv, weights: Int8Weights, units: Integers, exponent: int) -> Int8Layer:
    shift = units - exponent
    if shift.max() > INT32.bits - 1:
        hint = "its outputs differ too much in their weights: normalise them"
        raise LoweringError(f"layer '{name}'", f"a shift by {shift.max()}", f"at most {INT32.bits - 1} places", hint)
    exact = np.zeros(len(units)) if operator.bias is None else np.ldexp(operator.bias.astype(np.float64), units)
    bias = np.rint(exact) + np.where(shift > 0, np.ldexp(0.5, shift), 0)
    if np.abs(bias).max() > INT32.max:
        found, hint = f"a bias of {np.abs(bias).max():.4g} steps", "normalise the layer's input"
        raise LoweringError(f"layer '{name}'", found, f"int32 holds {INT32.max:,}", hint)
    return Int8Layer(weights, bias.astype(np.int64), shift)


def _calibrated(graph: LayerGraph, samples: Samples) -> dict[str, int]:
    """Return the exponent of each float tensor: of five around that of the largest value, the best in squared error."""
    largest: dict[str, float] = {}
    for sample in samples:
        for name, value in evaluate(graph, sample).items():
            if value.dtype.kind == "f":
                largest[name] = max(largest.get(name, 0.0), float(np.abs(value).max()))
    coarsest = {name: int(np.floor(np.log2(-float(INT8.min) / most))) if most else 0 for name, most in largest.items()}
    errors = {name: np.zeros(FINER + 1) for name in largest}
    for sample in samples:
        for name, value in evaluate(graph, sample).items():
            for place in range(FINER + 1 if name in errors else 0):
                exponent = coarsest[name] + place - 1
                back = np.ldexp(to_int8(value, exponent).astype(np.float64), -exponent)
                errors[name][place] += float(((value - back) ** 2).sum())
    return {name: coarsest[name] + int(error.argmin()) - 1 for name, error in errors.items()}


def to_int8(values: NDArray[Any], exponent: int) -> Integers:
    """Return `values` in steps of 2^-exponent, rounded to nearest and clipped to -128 ... 127."""
    return np.clip(np.rint(np.ldexp(values.astype(np.float64), exponent)), INT8.min, INT8.max).astype(np.int64)


def to_float(network: Int8Network, name: str, values: Integers) -> NDArray[Any]:
    """Return what the whole numbers of a tensor stand for."""
    return np.ldexp(values.astype(np.float32), -network.exponents[name]) if name in network.exponents else values


@dataclass(frozen=True)
class Int8Values:
    """What a run made: every tensor as whole numbers, and the largest magnitude in an accumulator by the tensor."""

    tensors: Mapping[str, Integers]
    largest_sums: Mapping[str, int]


def run_int8(network: Int8Network, inputs: Mapping[str, NDArray[Any]], is_reference: bool = False) -> Int8Values:
    """Return every tensor of an inference in int8.

    Dense, Conv and MatMul are computed in whole numbers; all others in float32 from int8 to int8, as the ARM core may.
    `is_reference` adds up in int64; else in float64, which BLAS is fast at and which is exact up to 2^53.
    """
    tensors: dict[str, Integers] = {}
    sums: dict[str, int] = {}
    for name in network.graph.inputs:
        given = inputs[name]
        tensors[name] = to_int8(given, network.exponents[name]) if name in network.exponents else given
    for layer in network.graph.layers:
        sources = [tensors[name] for name in layer.inputs]
        if isinstance(layer.operator, Dense | Conv | MatMul):
            tensors[layer.output], sums[layer.output] = _product(network, layer, sources, is_reference)
        else:
            floats = [to_float(network, name, tensors[name]) for name in layer.inputs]
            value = layer.operator.compute(*floats)
            exponent = network.exponents.get(layer.output)
            tensors[layer.output] = value if exponent is None else to_int8(value, exponent)
    return Int8Values(tensors, sums)


def _product(network: Int8Network, layer: Layer, sources: list[Integers], is_reference: bool) -> tuple[Integers, int]:
    """Return a layer's output and the largest magnitude of its sums."""
    kind: type[Any] = np.int64 if is_reference else np.float64
    given = [source.astype(kind) for source in sources]
    operator = layer.operator
    if not isinstance(operator, Dense | Conv):
        total = operator.compute(*given).astype(np.int64)
        shift = sum(network.exponents[name] for name in layer.inputs) - network.exponents[layer.output]
        return np.clip(total >> shift, INT8.min, INT8.max), int(np.abs(total).max())
    int8 = network.layers[layer.output]
    plain = replace(operator, weight=int8.weights.values.astype(kind), bias=None, relu=False)
    form = (-1, *(1,) * (len(operator.window.kernel) if isinstance(operator, Conv) else 0))
    total = plain.compute(*given).astype(np.int64) + int8.bias.reshape(form)
    least = 0 if operator.relu else int(INT8.min)
    return np.clip(total >> int8.shift.reshape(form), least, INT8.max), int(np.abs(total).max())
