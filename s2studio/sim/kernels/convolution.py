"""Event-driven convolution: a spike adds the kernel, channel last, around its pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.compiled.vectors import LANES, load, store, to_int32
from s2studio.sim.kernels.dense import Share
from s2studio.sim.places import Conv


@inner_kernel
def add_kernels(
    sums: NDArray[np.int32],
    sources: NDArray[np.int32],
    weight: NDArray[np.int8],
    conv: Conv,
    places: NDArray[np.int32],
    share: Share,
) -> None:
    """Add what spikes of `sources` bring the neurons of `share` to `sums` (height, width, channels), flat.

    `weight` and `places` are as `sim.places` arranges them, the weights flat; a share is whole rows of pixels.
    """
    for source in sources:
        pixel = pixel_of(source, conv)
        place = places[conv.first_place + pixel]
        first = channel_of(source, pixel, conv) * conv.channel_weights + place[3]
        for row in range(place[0]):
            into = place[2] + row * conv.row_sums
            if share[0] <= into < share[1]:
                add_run(sums, into, weight, first + row * conv.row_weights, place[1])


@inner_kernel
def pixel_of(source: np.int32, conv: Conv) -> np.int64:
    """Return the pixel that source neuron `source` is at."""
    if conv.pixel_step == 1:
        return np.int64(np.uint32(source) % np.uint32(conv.pixels))
    return np.int64(np.uint32(source) // np.uint32(conv.pixel_step))


@inner_kernel
def channel_of(source: np.int32, pixel: np.int64, conv: Conv) -> np.int64:
    """Return the channel of source neuron `source`, which is at `pixel`."""
    if conv.pixel_step == 1:
        return np.int64(np.uint32(source) // np.uint32(conv.pixels))
    return source - pixel * conv.pixel_step


@inner_kernel
def add_run(sums: NDArray[np.int32], into: int, weight: NDArray[np.int8], first: int, size: int) -> None:
    """Add `size` weights from `first` on to the sums from `into` on."""
    whole = size - size % LANES
    for i in range(0, whole, LANES):
        store(sums, into + i, load(sums, into + i) + to_int32(load(weight, first + i)))
    for i in range(whole, size):
        sums[into + i] += weight[first + i]
