"""Event-driven convolution: a spike adds the kernel, channel last, around its pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.snn.fan_out import IntArray


@kernel
def add_kernel(sums: NDArray[np.int32], source: int, weight: NDArray[np.int8], geometry: IntArray) -> None:
    """Add what a spike of neuron `source` brings each target pixel to `sums` (height, width, channels), flat.

    `weight` is (in, kernel row, kernel column, out), flat; `geometry` as `sim.rows.GEOMETRY` names it. Pooling only
    shifts coordinates: a source pixel is the pooled pixel it belongs to.
    """
    in_height, in_width, out_height, out_width = geometry[0], geometry[1], geometry[2], geometry[3]
    channels, kernel_height, kernel_width = geometry[4], geometry[5], geometry[6]
    stride_y, stride_x = geometry[7], geometry[8]
    channel = source // (in_height * in_width)
    pixel = source % (in_height * in_width)
    row, column = pixel // in_width // geometry[11], pixel % in_width // geometry[12]
    if row >= in_height // geometry[11] or column >= in_width // geometry[12]:
        return
    y, x = row + geometry[9], column + geometry[10]
    for out_y in range(max(0, -((kernel_height - 1 - y) // stride_y)), min(out_height, y // stride_y + 1)):
        kernel_row = (channel * kernel_height + y - out_y * stride_y) * kernel_width
        for out_x in range(max(0, -((kernel_width - 1 - x) // stride_x)), min(out_width, x // stride_x + 1)):
            first = (kernel_row + x - out_x * stride_x) * channels
            added = weight[first : first + channels]
            place = (out_y * out_width + out_x) * channels
            pixel_sums = sums[place : place + channels]
            for k in range(channels):
                pixel_sums[k] += added[k]
