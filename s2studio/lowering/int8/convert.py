"""What each float operator becomes in whole numbers: one function per operator, from a layer and its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.operators import elementwise, exponential, gathering, movements, products
from s2studio.dnn.operators.operator import Operator as Int8Operator
from s2studio.dnn.tensor import quantised
from s2studio.lowering.int8.options import Int8Options
from s2studio.lowering.int8.weights import Int8Weights, quantise_weights
from s2studio.network.operators.arithmetic import Conv, Dense, MatMul
from s2studio.network.operators.elementwise import Add, Erf, Gelu, Mul, Relu, Relu6, Sigmoid, Silu, Tanh
from s2studio.network.operators.movements import Concat, Embedding, Reshape, Slice, Transpose
from s2studio.network.operators.operator import Identity, Operator, Shape
from s2studio.network.operators.pairs import QuantisePair
from s2studio.network.operators.reductions import (
    AvgPool,
    BatchNorm,
    LayerNorm,
    MaxPool,
    Mean,
    Normalise,
    RMSNorm,
    Softmax,
)

# Sums that are handed on as they are.
WHOLE_BITS = 32
# Places by which the MAC array's 32-bit sums can be shifted.
MOST_SHIFT = 31
# Biases and terms stay below it, so that adding a product to them does not leave 32 bits.
MOST_TERM = 2**30
# Exponent of the powers of a softmax that is divided later.
POWERS = 7
INT16 = np.iinfo(np.int16)
Reals = NDArray[np.float64]
# Weights by the id of their operator, and the most exponents that they may have.
Known = dict[tuple[int, bytes], Int8Weights]


@dataclass(frozen=True)
class Step:
    """A layer that is converted: the exponents and shapes of its inputs, and the exponent wanted of its output.

    `correction` is added to the bias of a product. What is made has `bits`. `known` are weights of this graph that
    were quantised before.
    """

    inputs: tuple[int | None, ...]
    shapes: tuple[Shape, ...]
    output: int
    options: Int8Options
    bits: int = 8
    correction: Reals | None = None
    known: Known = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The exponent of the first input, which is no token."""
        return self.exponent(0)

    def exponent(self, place: int) -> int:
        """Return the exponent of an input. Raises ValueError for tokens."""
        found = self.inputs[place]
        if found is None:
            raise ValueError("it computes with tokens")
        return found


# The operator, and the exponent that its output really has: what is wanted, or coarser.
Converted = tuple[Int8Operator, int]


def _product(operator: Dense | Conv, step: Step) -> Converted:
    """Return a product with its weights' steps, each output's bias and shift; half a step makes cutting rounding."""
    weight = quantised_weights(operator, step)
    units = step.first + weight.exponents
    output = min(step.output, int(units.min()))
    shift = units - output
    bias = np.zeros(len(units)) if operator.bias is None else operator.bias.astype(np.float64)
    bias = bias if step.correction is None else bias + step.correction
    whole = np.rint(np.ldexp(bias, units)) + np.where(shift > 0, np.ldexp(0.5, shift), 0)
    trained = (weight.values, whole.astype(np.int32), shift.astype(np.uint8))
    if isinstance(operator, Dense):
        return products.Dense(*trained, operator.relu, step.bits), output
    return products.Conv(*trained, operator.window, operator.groups, operator.relu, step.bits), output


def quantised_weights(operator: Dense | Conv, step: Step) -> Int8Weights:
    """Return the weights as int8, their steps no finer than the shift and the 32 bits of the bias allow."""
    most = np.full(len(operator.weight), step.output + MOST_SHIFT - step.first)
    if operator.bias is not None:
        largest = np.abs(operator.bias.astype(np.float64))
        room = np.floor(np.log2(MOST_TERM / np.where(largest > 0, largest, MOST_TERM)))
        most = np.where(largest > 0, np.minimum(most, room.astype(np.int64) - step.first), most)
    key = (id(operator), most.tobytes())
    if key not in step.known:
        step.known[key] = quantise_weights(operator.weight, step.options.per_output, most)
    return step.known[key]


def _matmul(_operator: MatMul, step: Step) -> Converted:
    units = step.exponent(0) + step.exponent(1)
    output = units if step.bits == WHOLE_BITS else max(min(step.output, units), units - MOST_SHIFT)
    shift = units - output
    return products.MatMul(shift, (1 << shift) >> 1, step.bits), output


def _affine(scale: Reals, term: Reals, step: Step, relu: bool = False) -> Converted:
    """Return scale x + term: the scale in 16 bits, the term in 32."""
    largest, most = float(np.abs(scale).max()), float(np.abs(term).max())
    places = int(np.floor(np.log2(INT16.max / largest))) if largest else 0
    if most:
        places = min(places, int(np.floor(np.log2(MOST_TERM / most))) - step.first)
    factor = quantised(scale, places, "int16")
    whole = quantised(term, step.first + places, "int32")
    return elementwise.Affine(factor, whole, step.first + places - step.output, relu, step.bits), step.output


def _add(operator: Add, step: Step) -> Converted:
    if operator.constant is not None:
        return _affine(np.ones(()), operator.constant.astype(np.float64), step, operator.relu)
    a, b = step.exponent(0), step.exponent(1)
    finest = max(a, b)
    left = (finest - a, finest - b)
    return elementwise.Add(left, finest - step.output, operator.relu, operator.subtracts, step.bits), step.output


def _mul(operator: Mul, step: Step) -> Converted:
    if operator.constant is not None:
        return _affine(operator.constant.astype(np.float64), np.zeros(()), step)
    return elementwise.Mul(step.exponent(0) + step.exponent(1) - step.output), step.output


def _batch_norm(operator: BatchNorm, step: Step) -> Converted:
    form = (-1, *(1,) * (len(step.shapes[0]) - 2))
    scale, shift = (values.astype(np.float64).reshape(form) for values in (operator.scale, operator.shift))
    return _affine(scale, shift, step)


def _activation(kind: type[exponential.Activation]) -> Callable[[Any, Step], Converted]:
    return lambda operator, step: (kind(step.first, step.output, step.options.iterations), step.output)


def _gelu(operator: Gelu, step: Step) -> Converted:
    return exponential.Gelu(step.first, step.output, step.options.iterations, operator.is_tanh), step.output


def _relu6(_operator: Relu6, step: Step) -> Converted:
    most = int(quantised(np.asarray(6.0), step.output))
    return elementwise.Clip(step.first - step.output, 0, most), step.output


def _pair(operator: QuantisePair, step: Step) -> Converted:
    least, most = (int(end) for end in quantised(np.asarray(operator.range), step.output))
    return elementwise.Clip(step.first - step.output, least, most), step.output


def _softmax(operator: Softmax, step: Step) -> Converted:
    # What is at most 1 has no step coarser than that; s0.31 ends the other side. The largest power is 1.
    output = min(max(step.output, 0), MOST_SHIFT - 1) if operator.divides else POWERS
    iterations = step.options.iterations
    return gathering.Softmax(step.first, output, operator.axis, iterations, operator.mask, operator.divides), output


def _normalise(_operator: Normalise, step: Step) -> Converted:
    return gathering.Normalise(step.exponent(1) + step.output - step.first, step.bits), step.output


def _layer_norm(operator: LayerNorm, step: Step) -> Converted:
    scale = np.ldexp(operator.scale, step.output)
    shift = None if operator.shift is None else np.ldexp(operator.shift, step.output)
    return gathering.LayerNorm(scale, shift, _epsilon(operator, step), operator.axis), step.output


def _rms_norm(operator: RMSNorm, step: Step) -> Converted:
    scale = np.ldexp(operator.scale, step.output)
    return gathering.RMSNorm(scale, _epsilon(operator, step), operator.axis), step.output


def _epsilon(operator: LayerNorm | RMSNorm, step: Step) -> float:
    """Return epsilon in squared steps; above 0, so that nothing is divided by 0 where all values are equal."""
    return max(float(np.ldexp(operator.epsilon, 2 * step.first)), float(np.finfo(np.float32).tiny))


def _reciprocal(counts: Sequence[int] | NDArray[Any], step: Step) -> tuple[NDArray[np.int16], int]:
    """Return 1 / counts as numbers of 16 bits, and the shift that brings the sums to the output's steps."""
    places = int(np.floor(np.log2(INT16.max * float(np.min(counts)))))
    return quantised(1 / np.asarray(counts, np.float64), places, "int16"), places + step.first - step.output


def _average_pool(operator: AvgPool, step: Step) -> Converted:
    counts = np.full((1,) * len(operator.window.kernel), prod(operator.window.kernel))
    if not operator.counts_padding:
        ones = np.ones((1, 1, *step.shapes[0][2:]))
        counts = operator.window.of(ones, 0).sum(axis=tuple(range(-len(operator.window.kernel), 0)))[0, 0]
    factor, shift = _reciprocal(counts, step)
    return gathering.AvgPool(operator.window, factor, shift), step.output


def _mean(operator: Mean, step: Step) -> Converted:
    factor, shift = _reciprocal([prod(step.shapes[0][axis] for axis in operator.axes)], step)
    return gathering.Mean(operator.axes, operator.keeps_axes, int(factor[0]), shift), step.output


def _embedding(operator: Embedding, step: Step) -> Converted:
    return movements.Embedding(quantised(operator.table, step.output).astype(np.int8)), step.output


def _concat(operator: Concat, step: Step) -> Converted:
    shifts = tuple(step.exponent(place) - step.output for place in range(len(step.inputs)))
    before, after = (
        None if held is None else quantised(held, step.output).astype(np.int8)
        for held in (operator.before, operator.after)
    )
    return movements.Concat(operator.axis, shifts, before, after), step.output


# What takes the step of its input along.
Keeping = Reshape | Transpose | Slice | MaxPool


def keeping(operator: Keeping) -> Int8Operator:
    """Return the operator in whole numbers: what it makes has the steps of what it reads, tokens too."""
    return gathering.MaxPool(operator.window) if isinstance(operator, MaxPool) else movements.Move(operator)


CONVERTERS: Mapping[type[Operator], Callable[[Any, Step], Converted]] = {
    Dense: _product,
    Conv: _product,
    MatMul: _matmul,
    Add: _add,
    Mul: _mul,
    BatchNorm: _batch_norm,
    Identity: lambda operator, step: (elementwise.Clip(step.first - step.output), step.output),
    Relu: lambda operator, step: (elementwise.Clip(step.first - step.output, 0), step.output),
    Relu6: _relu6,
    Gelu: _gelu,
    Erf: _activation(exponential.Erf),
    Sigmoid: _activation(exponential.Sigmoid),
    Silu: _activation(exponential.Silu),
    Tanh: _activation(exponential.Tanh),
    Softmax: _softmax,
    Normalise: _normalise,
    LayerNorm: _layer_norm,
    RMSNorm: _rms_norm,
    QuantisePair: _pair,
    AvgPool: _average_pool,
    Mean: _mean,
    Embedding: _embedding,
    Concat: _concat,
}
