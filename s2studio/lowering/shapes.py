"""What shape a layer makes of the shape in front of it, refusing those that do not go together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from s2studio.lowering.refusal import NodeError
from s2studio.network.layers import (
    Affine,
    AvgPool2d,
    Conv2d,
    Delay,
    Flatten,
    FloatArray,
    Layer,
    Linear,
    Scale,
    Shape,
    SumPool2d,
)
from s2studio.network.shapes import as_image, like, windows


def shape_behind(node: str, layer: Layer, shape: Shape) -> Shape:
    """Return the shape behind `layer`, which has `shape` in front. Raises NodeError where it cannot take that."""
    return _RULES[type(layer)](node, layer, shape)


def image(node: str, shape: Shape) -> tuple[int, int, int]:
    """Return `shape` as (channels, height, width)."""
    if len(shape) != 3:
        raise NodeError(
            node,
            f"what it takes has the shape {shape}",
            "an image is (channels, height, width)",
            "export the network with the shape of its input, and put Flatten behind the last Conv2d or SumPool2d",
        )
    return shape[0], shape[1], shape[2]


def broadcast(node: str, values: FloatArray, shape: Shape) -> FloatArray:
    """Return `values` for everything of `shape` that comes into `node`; one per channel stands for its pixels."""
    if values.size == math.prod(shape):
        return values.reshape(shape)
    channels = len(shape) > 1 and values.shape == shape[:1]
    try:
        return np.broadcast_to(values.reshape(-1, *[1] * (len(shape) - 1)) if channels else values, shape)
    except ValueError as problem:
        raise NodeError(
            node,
            f"its values have the shape {values.shape}, {shape} comes in",
            hint="export the network with one value for each",
        ) from problem


def _elementwise(node: str, layer: Scale | Delay, shape: Shape) -> Shape:
    broadcast(node, layer.weight if isinstance(layer, Scale) else layer.delay, shape)
    return shape


def _dense(node: str, layer: Linear | Affine, shape: Shape) -> Shape:
    _check_rank(node, layer, 2)
    outputs, inputs = layer.weight.shape
    if math.prod(shape) != inputs:
        raise NodeError(
            node,
            f"its weights take {inputs:,} values, {math.prod(shape):,} come in with the shape {shape}",
            hint="export the network again from the framework that trained it",
        )
    return (outputs,)


def _conv(node: str, layer: Conv2d, shape: Shape) -> Shape:
    channels, height, width = image(node, as_image(shape))
    _check_rank(node, layer, 4)
    _covered(node, layer)
    if channels != layer.weight.shape[1] or (height, width) != tuple(layer.input_shape):
        expected = (layer.weight.shape[1], *layer.input_shape)
        raise NodeError(node, f"it takes {expected}, {shape} comes in", hint="export the network with matching shapes")
    lines = _windows(node, (height, width), layer.weight.shape[2:], layer.stride, layer.padding, layer.extra_padding)
    return like(shape, (layer.weight.shape[0], *lines))


def _check_rank(node: str, layer: Linear | Affine | Conv2d, axes: int) -> None:
    if layer.weight.ndim != axes:
        raise NodeError(node, f"its weights have the shape {layer.weight.shape}", f"{axes} axes are expected")
    outputs = layer.weight.shape[0]
    if not isinstance(layer, Linear) and layer.bias.shape != (outputs,):
        raise NodeError(node, f"its bias has the shape {layer.bias.shape}", f"its {outputs:,} outputs have one each")


def _covered(node: str, layer: Conv2d) -> None:
    if layer.groups != 1:
        raise NodeError(
            node,
            f"groups is {layer.groups}",
            f"its {layer.weight.shape[0]:,} outputs divide by it, and the full kernel is not too large",
            "export the network again from the framework that trained it",
        )
    if tuple(layer.dilation) != (1, 1):
        raise NodeError(
            node,
            f"dilation is {tuple(layer.dilation)}",
            "it is at least 1, and the full kernel is not too large",
            "export the network again from the framework that trained it",
        )


def _pool(node: str, layer: SumPool2d, shape: Shape) -> Shape:
    channels, height, width = image(node, shape)
    return (channels, *_windows(node, (height, width), layer.kernel_size, layer.stride, layer.padding))


def _windows(
    node: str,
    lines: tuple[int, int],
    kernel: tuple[int, ...],
    stride: tuple[int, int],
    padding: tuple[int, int],
    extra: tuple[int, int] = (0, 0),
) -> tuple[int, int]:
    """Return how many windows fit into `lines` (height, width)."""
    if min(*kernel, *stride) < 1 or min(*padding, *extra) < 0:
        raise NodeError(
            node, f"kernel {tuple(kernel)}, stride {tuple(stride)}, padding {tuple(padding)}", "sizes are at least 1"
        )
    height, width = (windows(lines[i], kernel[i], stride[i], 2 * padding[i] + extra[i]) for i in range(2))
    if height < 1 or width < 1:
        raise NodeError(node, f"its window {tuple(kernel)} is larger than the image {lines}", "nothing is left of it")
    return height, width


def _flatten(node: str, layer: Flatten, shape: Shape) -> Shape:
    start, end = (axis + len(shape) if axis < 0 else axis for axis in (layer.start_dim, layer.end_dim))
    if not 0 <= start <= end < len(shape):
        raise NodeError(node, f"it joins axes {layer.start_dim} to {layer.end_dim}", f"{shape} comes in")
    return (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])


_RULES: Mapping[type[Layer], Callable[[str, Any, Shape], Shape]] = {
    Linear: _dense,
    Affine: _dense,
    Conv2d: _conv,
    Scale: _elementwise,
    Delay: _elementwise,
    SumPool2d: _pool,
    AvgPool2d: _pool,
    Flatten: _flatten,
}
