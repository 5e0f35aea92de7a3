"""Counts the spikes of a stimulus by step, and looks whether they are in order and inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import bare_kernel
from s2studio.snn.fan_out import IntArray

SORTED, UNSORTED, OUTSIDE = 0, 1, 2


@bare_kernel
def count_spikes(step: IntArray, neuron: NDArray[np.int32], size: int, counts: IntArray) -> int:
    """Add the spikes of each step to `counts` (steps,) and return SORTED or UNSORTED by step.

    Returns OUTSIDE where a step is not in `counts`, or a neuron not among `size`.
    """
    order, begin = SORTED, 0
    for k in range(step.size + 1):
        if k < step.size and not 0 <= neuron[k] < size:
            return OUTSIDE
        if k < step.size and step[k] == step[begin]:
            continue
        if begin < step.size:
            if not 0 <= step[begin] < counts.size:
                return OUTSIDE
            counts[step[begin]] += k - begin
        if k < step.size and step[k] < step[begin]:
            order = UNSORTED
        begin = k
    return order
