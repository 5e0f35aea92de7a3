"""The products of a layer part by BLAS, exact all the same: float32 counts to 2^24, so that no sum may pass it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.kernels.columns import fill_columns
from s2studio.dnn.kernels.narrow import narrow_sums
from s2studio.dnn.kernels.requantise import requantise
from s2studio.dnn.operators.exponential import Activation
from s2studio.dnn.operators.gathering import Softmax
from s2studio.dnn.operators.operator import Operator
from s2studio.dnn.operators.products import Conv, Dense, MatMul
from s2studio.dnn.tensor import DTYPES, Integers
from s2studio.network.operators.arithmetic import Window, product
from s2studio.network.operators.operator import size

# 1,024 products of two int8 add up to 2^24 at most.
MOST_TERMS = 2**24 // 2**14
# Floats that are made at a time: 16 MB.
BLOCK = 2**22
# Up to so many weights times outputs of a group, a loop is faster than a product of matrices.
NARROW = 64
Floats = NDArray[Any]
# What an operator makes, and the largest magnitude in its accumulators, None for operators without.
Computed = tuple[Integers, int | None]


def compute(operator: Operator, inputs: list[Integers]) -> Computed:
    """Return what `operator.compute` returns, bit for bit, and the largest magnitude in an accumulator."""
    for kind, function in _FAST.items():
        if isinstance(operator, kind):
            return function(operator, *inputs)
    return operator.compute(*inputs), None


def _activation(operator: Activation, x: Integers) -> Computed:
    return operator.table()[x.astype(np.int64) + 128] if x.dtype == np.int8 else operator.compute(x), None


def _softmax(operator: Softmax, x: Integers) -> Computed:
    if x.dtype not in (np.int8, np.int16):
        return operator.compute(x), None
    seen = np.ones((), np.bool_) if operator.mask is None else operator.mask
    wide = x.astype(np.int32)
    largest = np.where(seen, wide, np.iinfo(np.int32).min).max(axis=operator.axis, keepdims=True)
    below = np.maximum(largest - wide, 0)
    table = operator.powers_table(int(below.max()) + 1)
    return operator.from_powers(np.where(seen, table[below], 0)), None


def _dense(operator: Dense, x: Integers) -> Computed:
    outputs, terms = operator.weight.shape
    rows = x.reshape(-1, terms).T.astype(np.float32)
    out = np.empty((rows.shape[1], outputs), DTYPES[operator.bits])
    step, largest = max(BLOCK // terms, 1), 0
    for first in range(0, outputs, step):
        part = slice(first, first + step)
        sums = _product(operator.weight[part], rows)
        place = (first, 1, outputs)
        seen = requantise(sums, operator.bias[part], operator.shift[part], _limits(operator), out.reshape(-1), place)
        largest = max(largest, seen)
    return out.reshape(*x.shape[:-1], outputs), largest


def _matmul(operator: MatMul, a: Integers, b: Integers) -> Computed:
    shape = operator.shape([a.shape, b.shape])
    first, second = (np.broadcast_to(x, (*shape[:-2], *x.shape[-2:])).reshape(-1, *x.shape[-2:]) for x in (a, b))
    out, largest = np.empty((len(first), *shape[-2:]), DTYPES[operator.bits]), 0
    bias, shift = np.full(shape[-2], operator.bias, np.int32), np.full(shape[-2], operator.shift, np.uint8)
    for index in range(len(first)):
        sums = _product(first[index], second[index].astype(np.float32))
        place = (index * sums.size, shape[-1], 1)
        largest = max(largest, requantise(sums, bias, shift, _limits(operator), out.reshape(-1), place))
    return out.reshape(shape), largest


def _conv(operator: Conv, x: Integers) -> Computed:
    shape = operator.shape([x.shape])
    flat = operator if len(x.shape) == 4 else _as_two_axes(operator)
    image = x if len(x.shape) == 4 else x[:, :, None]
    batch, outputs, down, across = flat.shape([image.shape])
    out, largest = np.empty(size(shape), DTYPES[operator.bits]), 0
    per_group = flat.weight.size // flat.groups
    made = _narrow if per_group <= NARROW and size(flat.weight.shape[1:]) <= MOST_TERMS else _wide
    for index in range(batch):
        for first, sums, pixel in made(flat, image[index], (down, across)):
            part = slice(first, first + len(sums))
            place = ((index * outputs + first) * down * across + pixel, down * across, 1)
            seen = requantise(sums, flat.bias[part], flat.shift[part], _limits(operator), out, place)
            largest = max(largest, seen)
    return out.reshape(shape), largest


# First output, sums (outputs, places) and first place, one after the other.
Made = Iterator[tuple[int, Floats, int]]


def _wide(conv: Conv, image: Integers, windows: tuple[int, int]) -> Made:
    """Yield the sums of groups and rows of windows, as products with columns of pixels."""
    channels, outputs = conv.weight.shape[1], len(conv.weight) // conv.groups
    weight, (down, across) = conv.weight.reshape(len(conv.weight), -1), windows
    window, step = conv.window, max(BLOCK // (weight.shape[1] * across), 1)
    origin = (window.padding[0][0], window.padding[1][0])
    for group in range(conv.groups):
        seen = image[group * channels : (group + 1) * channels]
        for row in range(0, down, step):
            rows = (row, min(row + step, down))
            columns = np.empty((weight.shape[1], (rows[1] - row) * across), np.float32)
            fill_columns(seen, window.kernel, window.stride, origin, window.dilation, rows, columns)
            first = group * outputs
            yield first, _product(weight[first : first + outputs], columns), row * across


def _narrow(conv: Conv, image: Integers, windows: tuple[int, int]) -> Made:
    """Yield the sums of all outputs, by a loop over the few weights of each."""
    padded = np.pad(image, ((0, 0), *conv.window.padding))
    sums = np.empty((len(conv.weight), *windows), np.float32)
    narrow_sums(padded, conv.weight, conv.window.stride, conv.window.dilation, sums)
    yield 0, sums.reshape(len(sums), -1), 0


def _as_two_axes(conv: Conv) -> Conv:
    """Return a convolution along one axis as one along two, the first of length 1."""
    window = conv.window
    padding = ((0, 0), *window.padding)
    wide = Window((1, *window.kernel), (1, *window.stride), padding, (1, *window.dilation))
    return replace(conv, weight=conv.weight[:, :, None], window=wide)


def _product(a: Integers, b: Floats) -> Floats:
    """Return the product of matrices of int8, exact: in blocks whose sums float32 counts, added up in float64."""
    if a.shape[1] <= MOST_TERMS:
        return product(a.astype(np.float32), b)
    total = np.zeros((len(a), b.shape[1]))
    for first in range(0, a.shape[1], MOST_TERMS):
        part = slice(first, first + MOST_TERMS)
        total += product(a[:, part].astype(np.float32), b[part])
    return total


def _limits(operator: Dense | MatMul | Conv) -> tuple[int, int]:
    limits = np.iinfo(DTYPES[operator.bits])
    return (0 if not isinstance(operator, MatMul) and operator.relu else int(limits.min)), int(limits.max)


_FAST: Mapping[type[Operator], Callable[..., Computed]] = {
    Dense: _dense,
    MatMul: _matmul,
    Conv: _conv,
    Activation: _activation,
    Softmax: _softmax,
}
