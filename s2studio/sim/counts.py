"""What an engine returns for a span of ticks: spikes, chosen voltages, and the counts from which all else follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SpikeTable:
    """Spikes in the order of (sample, tick), one row each: `tick` int64, `sample`, `population`, `neuron` int32.

    `population` is an index into the network's populations, `sample` the position in the batch. A relay that sends
    several spikes in a tick has a row for each.
    """

    sample: NDArray[np.int32]
    tick: NDArray[np.int64]
    population: NDArray[np.int32]
    neuron: NDArray[np.int32]


@dataclass(frozen=True)
class Counts:
    """Counts per sample, tick and slice, int32, shape (samples, ticks, slices).

    `packets` received by the slice's PE, `synaptic_events` (synapses walked), `spikes` sent. `updates` (neurons
    updated) and `recorded_bytes` are the same every tick: shape (slices,).
    """

    packets: NDArray[np.int32]
    synaptic_events: NDArray[np.int32]
    spikes: NDArray[np.int32]
    updates: NDArray[np.int32]
    recorded_bytes: NDArray[np.int32]


@dataclass(frozen=True)
class TickBlock:
    """The ticks `start` to `start + ticks` of a run.

    `voltages` maps a population to float32 (samples, ticks, neurons), in chip units, after the reset of each tick.
    """

    start: int
    ticks: int
    spikes: SpikeTable
    counts: Counts
    voltages: Mapping[str, NDArray[np.float32]]
