"""What an engine returns for a span of ticks: spikes, chosen voltages, and the counts from which all else follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.sim.arrays import starts


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


@dataclass(frozen=True, eq=False)
class SpikeRuns:
    """The same spikes, those of one sample, tick and population together: run i is neuron[first[i] : first[i + 1]].

    `first` has an entry more than there are runs, none of which is empty.
    """

    first: NDArray[np.int64]
    sample: NDArray[np.int32]
    tick: NDArray[np.int64]
    population: NDArray[np.int32]
    neuron: NDArray[np.int32]

    @classmethod
    def of(cls, spikes: SpikeTable) -> SpikeRuns:
        """Return the runs of a table."""
        columns = (spikes.sample, spikes.tick, spikes.population)
        changes = np.any([column[1:] != column[:-1] for column in columns], axis=0)
        rows = np.flatnonzero(np.concatenate([np.ones(min(1, len(spikes.tick)), np.bool_), changes]))
        first = np.append(rows, len(spikes.tick))
        return cls(first, spikes.sample[rows], spikes.tick[rows], spikes.population[rows], spikes.neuron)

    @classmethod
    def counted(cls, start: int, counts: NDArray[np.int64], neuron: NDArray[np.int32]) -> SpikeRuns:
        """Return the spikes of so many neurons each, (samples, ticks from `start` on, populations), in this order."""
        sample, tick, population = np.nonzero(counts)
        first = starts(counts[sample, tick, population])
        return cls(first, sample.astype(np.int32), tick + start, population.astype(np.int32), neuron)

    def table(self) -> SpikeTable:
        """Return them spike by spike."""
        each = np.diff(self.first)
        sample, tick = np.repeat(self.sample, each), np.repeat(self.tick, each)
        return SpikeTable(sample, tick, np.repeat(self.population, each), self.neuron)

    @property
    def nbytes(self) -> int:
        """The memory of its arrays in B."""
        arrays: tuple[NDArray[Any], ...] = (self.first, self.sample, self.tick, self.population, self.neuron)
        return sum(array.nbytes for array in arrays)


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

    `spike_runs` are its spikes, of all samples, in the order of `spikes`.
    `voltages` maps a population to float32 (samples, ticks, neurons), in chip units, after the reset of each tick.
    `lateness` is None of an engine whose PEs are all in time.
    """

    start: int
    ticks: int
    spike_runs: SpikeRuns
    counts: Counts
    voltages: Mapping[str, NDArray[np.float32]]
    lateness: Lateness | None = None

    @cached_property
    def spikes(self) -> SpikeTable:
        """Its spikes one by one."""
        return self.spike_runs.table()

    @property
    def nbytes(self) -> int:
        """The memory of its arrays in B, but for what is the same in every tick and for lateness."""
        counts = self.counts
        arrays: list[NDArray[Any]] = [counts.packets, counts.synaptic_events, counts.spikes, *self.voltages.values()]
        return self.spike_runs.nbytes + sum(array.nbytes for array in arrays)
