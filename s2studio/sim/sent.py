"""What the threads that run a sample are given and what they write down: spikes, voltages, counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.snn.fan_out import IntArray


class Given(NamedTuple):
    """The spikes of the stimulus, of population p in step i `neuron[start[i, p] : start[i, p + 1]]`."""

    neuron: NDArray[np.int32]
    start: IntArray


class Sent(NamedTuple):
    """The spikes of a sample: thread t wrote those of population p to `log[t, start[t, i, p] : start[t, i, p + 1]]`.

    Row i of `start` (threads, steps + 1, populations + 1) is step i - 1, row 0 the tick before the first step. Spikes
    are neurons counted within their population, in the engine's order, ascending: of one thread, and of all in turn.
    """

    log: NDArray[np.int32]
    start: IntArray


class Voltages(NamedTuple):
    """Voltages to keep: `of` these populations, `kept` (ticks, their neurons)."""

    of: IntArray
    kept: NDArray[np.float32]


class Counted(NamedTuple):
    """Counts of a sample, (ticks, slices)."""

    packets: NDArray[np.int32]
    synaptic_events: NDArray[np.int32]
    spikes: NDArray[np.int32]
