"""Equalisation: what layers hand on is scaled so that int8 holds it best, and what reads it is scaled back.

Per channel after Nagel et al. 2019 (arXiv 1906.04721), with the largest value of a channel over the calibration set in
place of the first layer's weights, whose outputs have steps of their own. Steps are powers of two, so a tensor may use
as little as half of its int8; one more factor, for all of a tensor, lets its largest value use all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from s2studio.lowering.int8.calibrate import Calibration
from s2studio.lowering.int8.weights import INT8
from s2studio.network.operators.arithmetic import Conv, Dense, MatMul
from s2studio.network.operators.elementwise import Relu
from s2studio.network.operators.movements import Reshape, Slice, Transpose
from s2studio.network.operators.operator import FloatArray, Operator, size
from s2studio.network.operators.reductions import AvgPool, LayerNorm, MaxPool, Mean, RMSNorm
from s2studio.network.tensors import Layer, LayerGraph

Equalise = Literal["no", "tensor", "channel"]
Maker = Dense | Conv | LayerNorm | RMSNorm
Reals = NDArray[np.float64]
# Channels are moved by at most 2^8: what differs more is a dead channel.
MOST = 8


@dataclass(frozen=True)
class _Pair:
    """What a layer makes, the tensor in which others find it, and whether its channels are still apart there."""

    maker: Layer
    tensor: str
    readers: tuple[Layer, ...]
    has_channels: bool


def equalise(graph: LayerGraph, calibration: Calibration, kind: Equalise) -> tuple[LayerGraph, int]:
    """Return `graph` equalised per tensor or per channel, and after how many layers.

    It computes the same, up to the rounding of float32.
    """
    layers = {layer.output: layer for layer in graph.layers}
    count = 0
    for layer in graph.layers if kind != "no" else ():
        pair = _pair(graph, layers, layers[layer.output])
        if pair is None:
            continue
        factors = _factors(pair, calibration, kind == "channel" and pair.has_channels)
        layers[layer.output] = replace(pair.maker, operator=_made(pair.maker.operator, factors))
        for reader in pair.readers:
            layers[reader.output] = replace(reader, operator=_read(reader.operator, factors))
        count += 1
    return graph.with_layers(tuple(layers.values())), count


def _pair(graph: LayerGraph, layers: dict[str, Layer], maker: Layer) -> _Pair | None:
    """Return what `maker` hands on, if products alone read it, past layers that no factor disturbs."""
    if not isinstance(maker.operator, Maker):
        return None
    tensor, kind = maker.output, Conv if isinstance(maker.operator, Conv) else Dense
    has_channels = not isinstance(maker.operator, LayerNorm | RMSNorm) or maker.operator.scale.ndim == 1
    while tensor not in graph.outputs:
        readers = tuple(layer for layer in layers.values() if tensor in layer.inputs)
        if readers and all(isinstance(reader.operator, Dense | Conv) for reader in readers):
            apart = has_channels and all(isinstance(reader.operator, kind) for reader in readers)
            return _Pair(maker, tensor, readers, apart)
        if len(readers) != 1 or not _is_linear(readers[0], tensor):
            return None
        (reader,) = readers
        if _flattens(graph, reader) and kind is Conv:
            kind = Dense
        elif not isinstance(reader.operator, Relu | MaxPool | AvgPool if kind is Conv else Relu):
            has_channels = False
        tensor = reader.output
    return None


def _is_linear(reader: Layer, tensor: str) -> bool:
    """Whether a positive factor of `tensor` is one of what `reader` makes."""
    linear = Relu | MaxPool | AvgPool | Mean | Reshape | Transpose | Slice | MatMul
    return isinstance(reader.operator, linear) and reader.inputs.count(tensor) == 1


def _flattens(graph: LayerGraph, reader: Layer) -> bool:
    """Whether channels become neighbours in one row, each with its pixels."""
    shape = graph.shapes[reader.inputs[0]]
    return isinstance(reader.operator, Reshape) and reader.operator.target == (shape[0], size(shape[1:]))


def _factors(pair: _Pair, calibration: Calibration, per_channel: bool) -> Reals:
    """Return what each channel of the maker is divided by; one for all of them where there is no more to do."""
    factors = np.ones(1)
    largest = calibration.largest[pair.maker.output]
    if per_channel:
        made = calibration.channel_largest[pair.tensor]
        met = np.max([_column_largest(reader.operator) for reader in pair.readers], axis=0)
        made, met = (values.reshape(_channels(pair.maker.operator), -1).max(axis=1) for values in (made, met))
        factors = _equal_ranges(made, met)
        largest = float((made / factors).max())
    if largest == 0:
        return factors
    steps = np.log2(INT8.max / largest)
    return np.asarray(factors / np.exp2(steps - np.floor(steps)))


def _channels(operator: Operator) -> int:
    return len(operator.scale if isinstance(operator, LayerNorm | RMSNorm) else operator.weight)  # type: ignore[attr-defined]


def _equal_ranges(made: Reals, met: Reals) -> Reals:
    """Return the factors at which each channel's range is that of the weights it meets."""
    alive = (made > 0) & (met > 0)
    if not alive.any():
        return np.ones(len(made))
    half = (np.log2(np.where(alive, made, 1)) - np.log2(np.where(alive, met, 1))) / 2
    return np.where(alive, np.exp2(np.clip(half - np.median(half[alive]), -MOST, MOST)), 1)


def _column_largest(operator: Operator) -> Reals:
    """Return the largest weight that each input channel meets."""
    if isinstance(operator, Dense):
        return np.asarray(np.abs(operator.weight).max(axis=0), np.float64)
    if not isinstance(operator, Conv):
        raise TypeError(type(operator).__name__)
    per_group = operator.weight.shape[1]
    grouped = np.abs(operator.weight).reshape(operator.groups, -1, per_group, size(operator.window.kernel))
    return np.asarray(grouped.max(axis=(1, 3)).reshape(-1), np.float64)


def _made(operator: Operator, factors: Reals) -> Maker:
    """Return a layer whose output i is that of `operator` divided by factors[i]."""
    if isinstance(operator, Dense | Conv):
        weight = _times(operator.weight, 1 / factors.reshape(-1, *(1,) * (operator.weight.ndim - 1)))
        bias = None if operator.bias is None else _times(operator.bias, 1 / factors)
        return replace(operator, weight=weight, bias=bias)
    if isinstance(operator, LayerNorm):
        shift = None if operator.shift is None else _times(operator.shift, 1 / factors)
        return replace(operator, scale=_times(operator.scale, 1 / factors), shift=shift)
    if not isinstance(operator, RMSNorm):
        raise TypeError(type(operator).__name__)
    return replace(operator, scale=_times(operator.scale, 1 / factors))


def _read(operator: Operator, factors: Reals) -> Dense | Conv:
    """Return a layer that computes from divided inputs what `operator` computes from the inputs."""
    if isinstance(operator, Dense):
        return replace(
            operator, weight=_times(operator.weight, factors.repeat(operator.weight.shape[1] // len(factors)))
        )
    if not isinstance(operator, Conv):
        raise TypeError(type(operator).__name__)
    channels = np.broadcast_to(factors, (operator.groups * operator.weight.shape[1],)) if len(factors) == 1 else factors
    grouped = operator.weight.reshape(operator.groups, -1, *operator.weight.shape[1:])
    along = channels.reshape(operator.groups, 1, -1, *(1,) * len(operator.window.kernel))
    return replace(operator, weight=_times(grouped, along).reshape(operator.weight.shape))


def _times(values: FloatArray, factors: Reals) -> FloatArray:
    return np.asarray(values * factors, np.float32)
