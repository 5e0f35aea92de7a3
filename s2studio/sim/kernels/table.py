"""Brings the spikes that threads wrote down into one row, those of images in the order of neurons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import bare_kernel, inner_kernel
from s2studio.sim.kernels.deliver import place_of
from s2studio.sim.program import Populations
from s2studio.sim.sent import Sent
from s2studio.snn.fan_out import IntArray


@bare_kernel
def fill_neurons(populations: Populations, sent: Sent, neuron: NDArray[np.int32], place: IntArray) -> None:
    """Write the spikes of all steps to `neuron`, those of each step by population.

    `place` is room for a number per channel of any image and one more.
    """
    end = 0
    for step in range(sent.start.shape[1] - 1):
        for p in range(populations.update.size):
            start = end
            for thread in range(sent.log.shape[0]):
                end += copy(sent.log[thread, place_of(p, thread, step + 1, sent)], neuron[end:])
            if populations.planes[p]:
                reorder(p, step, populations, sent, neuron[start:end], place)


@inner_kernel
def copy(neurons: NDArray[np.int32], into: NDArray[np.int32]) -> int:
    """Copy `neurons` and return how many there are."""
    for k in range(neurons.size):
        into[k] = neurons[k]
    return neurons.size


@inner_kernel
def reorder(
    p: int, step: int, populations: Populations, sent: Sent, neuron: NDArray[np.int32], place: NDArray[np.int64]
) -> None:
    """Write the neurons of the image `p` that fired in `step`, ascending; they stand in `sent` with the channel last.

    `place` is room for a number per channel and one more.
    """
    channels = np.uint32(populations.planes[p])
    pixels = np.uint32(populations.first_neuron[p + 1] - populations.first_neuron[p]) // channels
    place[: channels + 1] = 0
    for k in range(neuron.size):
        place[np.uint32(neuron[k]) % channels + np.uint32(1)] += 1
    for channel in range(channels):
        place[channel + 1] += place[channel]
    for thread in range(sent.log.shape[0]):
        for found in sent.log[thread, place_of(p, thread, step + 1, sent)]:
            pixel = np.uint32(found) // channels
            plane = np.uint32(found) - pixel * channels
            neuron[place[plane]] = plane * pixels + pixel
            place[plane] += 1
