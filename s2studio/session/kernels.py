"""What a session does with every spike, compiled: the simulation waits for whoever writes more slowly than it runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import bare_kernel

IntArray = NDArray[np.int64]


@bare_kernel
def count_neurons(
    sample: NDArray[np.int32],
    population: NDArray[np.int32],
    neuron: NDArray[np.int32],
    offsets: IntArray,
    spikes: IntArray,
) -> None:
    """Add the spikes to `spikes`, one number for each neuron of each sample; `offsets` says where populations begin."""
    neurons = offsets[offsets.size - 1]
    for k in range(neuron.size):
        spikes[sample[k] * neurons + offsets[population[k]] + neuron[k]] += 1


@bare_kernel
def fill_times(tick: IntArray, start: int, times_ns: IntArray, filled: IntArray) -> None:
    """Fill `filled` with the times of the ticks, `times_ns` from the tick `start` on."""
    for k in range(tick.size):
        filled[k] = times_ns[tick[k] - start]
