"""Cross-layer equalisation: channels between two layers are brought to ranges that one step fits.

After Nagel et al. 2019 (arXiv 1906.04721), with the largest value of a channel over the calibration set in place of
the first layer's weights, whose outputs have steps of their own, and with factors that are powers of two, so that the
float network stays the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from s2studio.lowering.int8.calibrate import Calibration
from s2studio.network.operators.arithmetic import Conv, Dense
from s2studio.network.operators.elementwise import Relu
from s2studio.network.operators.movements import Reshape
from s2studio.network.operators.operator import FloatArray, size
from s2studio.network.operators.reductions import AvgPool, LayerNorm, MaxPool, RMSNorm
from s2studio.network.tensors import Layer, LayerGraph

Maker = Dense | Conv | LayerNorm | RMSNorm
Reader = type[Dense] | type[Conv]
Factors = NDArray[np.int64]
# Channels are moved by at most 2^8: what differs more is a dead channel.
MOST = 8


def equalise(graph: LayerGraph, calibration: Calibration) -> tuple[LayerGraph, int]:
    """Return `graph` with its channels equalised, and between how many layers; it computes the same."""
    uses = graph.uses()
    layers = {layer.output: layer for layer in graph.layers}
    count = 0
    for maker in graph.layers:
        tensor, kind = maker.output, Conv if isinstance(maker.operator, Conv) else Dense
        if not isinstance(maker.operator, Maker) or not _has_channels(maker):
            continue
        while (step := _passes(graph, layers, tensor, kind)) is not None and uses[tensor] == 1:
            tensor, kind = step
        readers = [layer for layer in layers.values() if tensor in layer.inputs]
        if len(readers) != uses[tensor] or not all(isinstance(layer.operator, kind) for layer in readers):
            continue
        places = _exponents(graph, maker, [layer.operator for layer in readers], calibration.channel_largest[tensor])
        if places.any():
            layers[maker.output] = replace(layers[maker.output], operator=_made(layers[maker.output].operator, places))
            for reader in readers:
                layers[reader.output] = replace(reader, operator=_read(reader.operator, places))
            count += 1
    return graph.with_layers(tuple(layers.values())), count


def _has_channels(maker: Layer) -> bool:
    """Whether the outputs of `maker` are channels of their own: norms over several axes have none."""
    return not isinstance(maker.operator, LayerNorm | RMSNorm) or maker.operator.scale.ndim == 1


def _passes(graph: LayerGraph, layers: dict[str, Layer], tensor: str, kind: Reader) -> tuple[str, Reader] | None:
    """Return the tensor behind a layer that no factor disturbs, and the kind of layer whose channels it holds.

    Those of a convolution are axis 1, those of a dense layer the last.
    """
    reader = next((layer for layer in layers.values() if tensor in layer.inputs), None)
    if reader is None:
        return None
    operator, shape = reader.operator, graph.shapes[tensor]
    if isinstance(operator, Relu) or (kind is Conv and isinstance(operator, MaxPool | AvgPool)):
        return reader.output, kind
    is_flat = isinstance(operator, Reshape) and operator.target == (shape[0], size(shape[1:]))
    return (reader.output, Dense) if is_flat and kind is Conv else None


def _exponents(graph: LayerGraph, maker: Layer, readers: Sequence[object], largest: NDArray[np.float64]) -> Factors:
    """Return n, one per channel: what is made is divided by 2^n, so that its range is that of the weights it meets."""
    channels = graph.shapes[maker.output][1 if isinstance(maker.operator, Conv) else -1]
    weights = np.max([_column_largest(reader) for reader in readers], axis=0)
    if len(weights) != len(largest) or len(weights) % channels:
        return np.zeros(channels, np.int64)
    ranges = [values.reshape(channels, -1).max(axis=1) for values in (largest, weights)]
    alive = (ranges[0] > 0) & (ranges[1] > 0)
    made, met = (np.log2(np.where(alive, values, 1)) for values in ranges)
    half = (made - met) / 2
    centred = np.rint(half - np.median(half[alive])) if alive.any() else half
    return np.where(alive, np.clip(centred, -MOST, MOST), 0).astype(np.int64)


def _column_largest(operator: object) -> NDArray[np.float64]:
    """Return the largest weight that each input channel meets."""
    if isinstance(operator, Dense):
        return np.asarray(np.abs(operator.weight).max(axis=0), np.float64)
    if not isinstance(operator, Conv):
        raise TypeError(type(operator).__name__)
    grouped = np.abs(operator.weight).reshape(
        operator.groups, -1, operator.weight.shape[1], size(operator.window.kernel)
    )
    return np.asarray(grouped.max(axis=(1, 3)).reshape(-1), np.float64)


def _made(operator: object, places: Factors) -> Maker:
    """Return a layer whose output i is that of `operator` times 2^-places[i]."""
    if isinstance(operator, Dense | Conv):
        bias = None if operator.bias is None else np.ldexp(operator.bias, -places)
        return replace(operator, weight=_along(operator.weight, -places, 0), bias=bias)
    if isinstance(operator, LayerNorm):
        shift = None if operator.shift is None else np.ldexp(operator.shift, -places)
        return replace(operator, scale=np.ldexp(operator.scale, -places), shift=shift)
    if not isinstance(operator, RMSNorm):
        raise TypeError(type(operator).__name__)
    return replace(operator, scale=np.ldexp(operator.scale, -places))


def _read(operator: object, places: Factors) -> Dense | Conv:
    """Return a layer that computes from inputs times 2^-places what `operator` computes from the inputs."""
    if isinstance(operator, Dense):
        return replace(
            operator, weight=np.ldexp(operator.weight, places.repeat(operator.weight.shape[1] // len(places)))
        )
    if not isinstance(operator, Conv):
        raise TypeError(type(operator).__name__)
    grouped = operator.weight.reshape(operator.groups, -1, *operator.weight.shape[1:])
    along = places.reshape(operator.groups, 1, -1, *(1,) * len(operator.window.kernel))
    return replace(operator, weight=np.ldexp(grouped, along).reshape(operator.weight.shape))


def _along(weight: FloatArray, places: Factors, axis: int) -> FloatArray:
    return np.ldexp(weight, places.reshape(*(-1 if i == axis else 1 for i in range(weight.ndim))))
