"""Convolution kernels written in full, with zeros where groups and dilation leave gaps: the chip knows neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from s2studio.network.layers import Conv2d, FloatArray

# A full kernel of more bytes than all PEs of a 48-chip board have, which a few bytes in a file can ask for.
MAX_KERNEL = 2**29


def in_full(layer: Conv2d) -> Conv2d:
    """Return `layer` with groups 1 and dilation 1, doing the same; unchanged where it makes no sense or is huge."""
    weight = layer.weight
    if not _can_be_written(layer):
        return layer
    weight = _with_gaps(weight, layer.dilation)
    weight = _across_groups(weight, layer.groups)
    return replace(layer, weight=weight, dilation=(1, 1), groups=1)


def _can_be_written(layer: Conv2d) -> bool:
    plain = layer.groups == 1 and tuple(layer.dilation) == (1, 1)
    if plain or layer.weight.ndim != 4 or layer.groups < 1 or min(layer.dilation) < 1:
        return False
    outputs, inputs, height, width = layer.weight.shape
    rows, columns = ((lines - 1) * step + 1 for lines, step in zip((height, width), layer.dilation, strict=True))
    return bool(outputs % layer.groups == 0 and outputs * inputs * layer.groups * rows * columns <= MAX_KERNEL)


def _with_gaps(weight: FloatArray, dilation: tuple[int, int]) -> FloatArray:
    """Return the kernel with dilation - 1 lines of zeros between its taps."""
    down, right = dilation
    outputs, inputs, height, width = weight.shape
    full = np.zeros((outputs, inputs, (height - 1) * down + 1, (width - 1) * right + 1))
    full[:, :, ::down, ::right] = weight
    return full


def _across_groups(weight: FloatArray, groups: int) -> FloatArray:
    """Return the kernel over all input channels, with zeros between channels of different groups."""
    outputs, inputs = weight.shape[:2]
    full = np.zeros((outputs, inputs * groups, *weight.shape[2:]))
    for group in range(groups):
        rows = slice(group * outputs // groups, (group + 1) * outputs // groups)
        full[rows, group * inputs : (group + 1) * inputs] = weight[rows]
    return full
