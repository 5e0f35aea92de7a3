"""Convolutions with few weights per output, depthwise above all: too narrow for a product of matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.network.operators.operator import Shape


@kernel
def narrow_sums(
    padded: NDArray[np.int8],
    weight: NDArray[np.int8],
    stride: Shape,
    dilation: Shape,
    sums: NDArray[np.float32],
) -> None:
    """Write the sums (outputs, windows down, across) of `padded` (channels, y, x) with `weight` (outputs, per, ky, kx).

    Each group of outputs sees its own `per` channels. The sums stay below 2^24, where float32 counts exactly.
    """
    outputs, down, across = sums.shape
    per = weight.shape[1]
    of_a_group = outputs // (padded.shape[0] // per)
    for output in range(outputs):
        first = output // of_a_group * per
        sums[output] = 0
        for channel in range(per):
            for ky in range(weight.shape[2]):
                for kx in range(weight.shape[3]):
                    factor = np.float32(weight[output, channel, ky, kx])
                    offset = kx * dilation[1]
                    for row in range(down):
                        pixels = padded[first + channel, row * stride[0] + ky * dilation[0]]
                        for window in range(across):
                            sums[output, row, window] += factor * np.float32(pixels[window * stride[1] + offset])
