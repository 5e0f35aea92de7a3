"""The shape that flows out of a layer, where it can be told: for what a file leaves open and to check what it says."""

from __future__ import annotations

import math

from s2studio.network.layers import (
    Affine,
    Conv2d,
    Flatten,
    Input,
    Layer,
    Linear,
    Neuron,
    Shape,
    SumPool2d,
    neuron_shape,
)


def windows(line: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return how many windows fit into a line with `padding` pixels at both ends together, less than 1 for none."""
    return (line + padding - dilation * (kernel - 1) - 1) // stride + 1


def as_image(shape: Shape) -> Shape:
    """Return (channels, height, width); what is one-dimensional, (channels, length), has height 1."""
    return (shape[0], 1, shape[1]) if len(shape) == 2 else shape


def like(shape: Shape, image: Shape) -> Shape:
    """Return `image` (channels, height, width) with as many axes as `shape`, which it was made of by `as_image`."""
    return (image[0], *image[2:]) if len(shape) == 2 else image


def flows_out(layer: Layer, shape: Shape | None) -> Shape | None:
    """Return the shape behind `layer`, which has `shape` in front; None where that cannot be told."""
    if isinstance(layer, Input):
        return layer.shape or None
    if isinstance(layer, Neuron):
        return neuron_shape(layer)
    if isinstance(layer, Linear | Affine):
        return layer.weight.shape[:1]
    if shape is None:
        return None
    if isinstance(layer, Conv2d):
        padding = [2 * layer.padding[axis] + layer.extra_padding[axis] for axis in range(2)]
        lines = _lines(as_image(shape), layer.weight.shape[2:], layer.stride, padding, layer.dilation)
        return None if lines is None else like(shape, (layer.weight.shape[0], *lines))
    if isinstance(layer, SumPool2d):
        lines = _lines(shape, layer.kernel_size, layer.stride, [2 * side for side in layer.padding], (1, 1))
        return None if lines is None else (shape[0], *lines)
    if isinstance(layer, Flatten):
        return _flat(layer, shape)
    return shape


def _lines(
    shape: Shape, kernel: Shape, stride: tuple[int, int], padding: list[int], dilation: tuple[int, int]
) -> Shape | None:
    if len(shape) != 3 or len(kernel) != 2 or min(*kernel, *stride) < 1:
        return None
    lines = tuple(windows(shape[1 + i], kernel[i], stride[i], padding[i], dilation[i]) for i in range(2))
    return lines if min(lines) > 0 else None


def _flat(layer: Flatten, shape: Shape) -> Shape | None:
    start, end = (axis + len(shape) if axis < 0 else axis for axis in (layer.start_dim, layer.end_dim))
    if not 0 <= start <= end < len(shape):
        return None
    return (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])
