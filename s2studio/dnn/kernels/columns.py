"""The windows of an image as the columns of a matrix, so that a convolution is a product of matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.network.operators.operator import Shape


@kernel
def fill_columns(
    image: NDArray[np.int8],
    kernel_size: Shape,
    stride: Shape,
    origin: Shape,
    dilation: Shape,
    rows: tuple[int, int],
    columns: NDArray[np.float32],
) -> None:
    """Write the pixels that the windows in `rows` (first, last + 1) see, 0 outside of the `image` (channels, y, x).

    `columns` is (channels x kernel, windows); `origin` is the padding above and to the left.
    """
    channels, height, width = image.shape
    across = columns.shape[1] // (rows[1] - rows[0])
    line = 0
    for channel in range(channels):
        for ky in range(kernel_size[0]):
            for kx in range(kernel_size[1]):
                offset = kx * dilation[1] - origin[1]
                # Windows of a row whose pixel is inside: from `first` to before `last`.
                first = min(max(0, -(offset // stride[1])), across)
                last = min(max(first, (width - 1 - offset) // stride[1] + 1), across)
                at = 0
                for row in range(rows[0], rows[1]):
                    y = row * stride[0] + ky * dilation[0] - origin[0]
                    if 0 <= y < height:
                        for window in range(first):
                            columns[line, at + window] = 0
                        for window in range(first, last):
                            columns[line, at + window] = image[channel, y, window * stride[1] + offset]
                        for window in range(last, across):
                            columns[line, at + window] = 0
                    else:
                        for window in range(across):
                            columns[line, at + window] = 0
                    at += across
                line += 1
