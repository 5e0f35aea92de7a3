"""Brings the spikes of images from the engine's order, channel last, to that of neurons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.sim.program import Populations
from s2studio.snn.fan_out import IntArray


@kernel
def to_neuron_order(spikes: NDArray[np.int32], start: IntArray, populations: Populations) -> None:
    """Renumber the spikes of images in place, ascending within each tick (a row of `start`)."""
    for p in range(populations.planes.size):
        channels = np.uint32(populations.planes[p])
        if channels == 0:
            continue
        pixels = np.uint32(populations.first_neuron[p + 1] - populations.first_neuron[p]) // channels
        place = np.zeros(channels + 1, np.int64)
        for tick in range(start.shape[0]):
            reorder(spikes[start[tick, p] : start[tick, p + 1]], channels, pixels, place)


@kernel
def reorder(fired: NDArray[np.int32], channels: np.uint32, pixels: np.uint32, place: NDArray[np.int64]) -> None:
    """Renumber the neurons of one image that fired; `place` is room for a number per channel and one more."""
    place[:] = 0
    found = fired.copy()
    for neuron in found:
        place[np.uint32(neuron) % channels + np.uint32(1)] += 1
    for channel in range(channels):
        place[channel + 1] += place[channel]
    for neuron in found:
        of = np.uint32(neuron) % channels
        fired[place[of]] = of * pixels + np.uint32(neuron) // channels
        place[of] += 1
