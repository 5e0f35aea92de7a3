"""Passes on what arrived at a population of the model `relay`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel


@inner_kernel
def update_relay(sums: NDArray[np.int32], fired: NDArray[np.int32]) -> int:
    """Clear `sums`, which count the events of each neuron, and write every neuron as often as it sends a spike.

    Returns how many spikes that are; `fired` has room for them.
    """
    count = 0
    for i in range(sums.size):
        for _ in range(sums[i]):
            fired[count] = i
            count += 1
        sums[i] = 0
    return count
