"""What a spike before a convolution adds where: kernels and pixels arranged so that it is a few stretches of memory.

A spike at pooled pixel x meets target pixel t with kernel column x + left - t * stride: as t grows, the column falls by
the stride. With the columns sorted that way (those of one remainder together, descending) the weights that neighbouring
target pixels get stand side by side, as the target pixels do with their channels last. The same holds for rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.snn.connectivity import ConvWeights

IntArray = NDArray[np.int64]


class Conv(NamedTuple):
    """A convolution in numbers.

    `pixel_step` is the way from a source pixel to the next: the channels where they stand last, else 1; `pixels` is
    their number. The others are steps in the weights (to the next channel, the next kernel row) and in the sums (to the
    next row), and the first row of places.
    """

    pixels: int
    pixel_step: int
    channel_weights: int
    row_weights: int
    row_sums: int
    first_place: int


class Place(NamedTuple):
    """What a source pixel reaches: `rows` stretches of `run` sums, the first at `sums` with weights at `weights`."""

    rows: IntArray
    run: IntArray
    sums: IntArray
    weights: IntArray


def reordered(kernel: ConvWeights) -> NDArray[np.int8]:
    """Return the weights as (in, rows, columns, out), rows and columns in the order of the module's docstring."""
    rows, columns = (_order(kernel.weight.shape[2 + axis], kernel.stride[axis]) for axis in (0, 1))
    return kernel.weight.transpose(1, 2, 3, 0)[:, rows][:, :, columns]


def conv(kernel: ConvWeights, channel_last: bool, first_place: int) -> Conv:
    """Return the numbers of `kernel`, whose source neurons stand channel last or not."""
    channels, height, width = kernel.source_shape
    outputs, _, kernel_height, kernel_width = kernel.weight.shape
    return Conv(
        pixels=height * width,
        pixel_step=channels if channel_last else 1,
        channel_weights=kernel_height * kernel_width * outputs,
        row_weights=kernel_width * outputs,
        row_sums=kernel.target_shape[2] * outputs,
        first_place=first_place,
    )


def pixel_places(kernel: ConvWeights) -> NDArray[np.int32]:
    """Return the fields of `Place` for each source pixel, shape (pixels, 4)."""
    (first_y, rows, kernel_y), (first_x, run, kernel_x) = (_lines(kernel, axis) for axis in (0, 1))
    outputs, width, kernel_width = kernel.weight.shape[0], kernel.target_shape[2], kernel.weight.shape[3]
    place = Place(
        rows=rows[:, None] * (run > 0),
        run=run[None, :] * outputs * (rows > 0)[:, None],
        sums=(first_y[:, None] * width + first_x) * outputs,
        weights=(kernel_y[:, None] * kernel_width + kernel_x) * outputs,
    )
    return np.stack([field.reshape(-1) for field in place], axis=1).astype(np.int32)


def _order(size: int, stride: int) -> IntArray:
    """Return the kernel lines of each remainder by `stride`, descending."""
    lines = [np.arange(remainder, size, stride)[::-1] for remainder in range(min(stride, size))]
    return np.concatenate(lines)


def _lines(kernel: ConvWeights, axis: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return for each source line along `axis`: the first target line, how many, and where its kernel line stands."""
    source, target = kernel.source_shape[1 + axis], kernel.target_shape[1 + axis]
    size, stride, pool = kernel.weight.shape[2 + axis], kernel.stride[axis], kernel.pool[axis]
    line = np.arange(source) // pool
    at = line + kernel.padding[2 * axis]
    first = np.maximum(0, -((size - 1 - at) // stride))
    count = np.minimum(target, at // stride + 1) - first
    count = np.where(line < source // pool, np.maximum(count, 0), 0)
    stands = np.argsort(_order(size, stride))[np.clip(at - first * stride, 0, size - 1)]
    return np.where(count > 0, first, 0), count, np.where(count > 0, stands, 0)
