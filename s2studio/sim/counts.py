"""What an engine returns for a span of ticks: spikes, chosen voltages, and the counts from which all else follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
class LostPackets:
    """Packets that a full FIFO lost, one row each: of `neuron` of `population`, spiked in the tick `sent_tick`.

    `target` is the slice whose FIFO it was, `tick` the tick in which that PE would have read the packet (int64),
    `arrival_ns` when it arrived, in ns of chip time (int64); the others are int32, `population` and `target` indices.
    """

    tick: NDArray[np.int64]
    target: NDArray[np.int32]
    population: NDArray[np.int32]
    neuron: NDArray[np.int32]
    sent_tick: NDArray[np.int64]
    arrival_ns: NDArray[np.int64]


@dataclass(frozen=True)
class Lateness:
    """What only an engine that runs function and time together knows, shape (samples, ticks, slices).

    `start_delay_s` is how long after its timer a PE began the tick, `stalled_s` how long it waited in it for room in
    other PEs' FIFOs; `packets_lost` (int32) did not fit its own; `packets_late` (int32) were read in another tick than
    the one after they were sent.
    """

    start_delay_s: NDArray[np.float64]
    stalled_s: NDArray[np.float64]
    packets_lost: NDArray[np.int32]
    packets_late: NDArray[np.int32]
    lost: LostPackets


@dataclass(frozen=True)
class TickBlock:
    """The ticks `start` to `start + ticks` of a run.

    `voltages` maps a population to float32 (samples, ticks, neurons), in chip units, after the reset of each tick.
    `lateness` is None of an engine whose PEs are all in time.
    """

    start: int
    ticks: int
    spikes: SpikeTable
    counts: Counts
    voltages: Mapping[str, NDArray[np.float32]]
    lateness: Lateness | None = None

    @property
    def nbytes(self) -> int:
        """The memory of its arrays in B, but for what is the same in every tick and for lateness."""
        counts, spikes = self.counts, self.spikes
        arrays: list[NDArray[Any]] = [counts.packets, counts.synaptic_events, counts.spikes, *self.voltages.values()]
        arrays += [spikes.sample, spikes.tick, spikes.population, spikes.neuron]
        return sum(array.nbytes for array in arrays)
