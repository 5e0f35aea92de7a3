"""Spikes as a session stores them: in the order of ticks, those of one tick, sample and population together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.session.run_lengths import RunLengths, Values
from s2studio.sim.arrays import starts
from s2studio.sim.counts import SpikeTable
from s2studio.snn.fan_out import IntArray


@dataclass(frozen=True, eq=False)
class SpikeRuns:
    """Run i is the spikes of `neuron[first[i] : first[i + 1]]` in one tick, sample and population (an index)."""

    first: IntArray
    tick: IntArray
    sample: NDArray[np.int32]
    population: NDArray[np.int32]
    neuron: NDArray[np.int32]

    @classmethod
    def of(cls, spikes: SpikeTable) -> SpikeRuns:
        """Return `spikes` by tick, then sample."""
        # Imported here: who reads a session needs no compiled code for it.
        from s2studio.session.kernels import find_runs

        found = np.empty(len(spikes.tick) + 1, np.int64)
        count = find_runs(spikes.sample, spikes.tick, spikes.population, found)
        found[count] = len(spikes.tick)
        first, rows = found[: count + 1], found[:count]
        runs = cls(first, spikes.tick[rows], spikes.sample[rows], spikes.population[rows], spikes.neuron)
        if not count or spikes.sample[0] == spikes.sample[-1]:
            return runs
        return runs.take(np.lexsort((runs.sample, runs.tick)))

    def take(self, runs: NDArray[np.intp]) -> SpikeRuns:
        """Return the runs with these numbers, in this order."""
        from s2studio.session.kernels import take_runs

        first = starts(np.diff(self.first)[runs])
        neuron = np.empty(first[-1], np.int32)
        take_runs(self.first[runs], first, self.neuron, neuron)
        return SpikeRuns(first, self.tick[runs], self.sample[runs], self.population[runs], neuron)

    def of_populations(self, is_chosen: NDArray[np.bool_]) -> SpikeRuns:
        """Return the spikes of the populations that are chosen."""
        return self if is_chosen.all() else self.take(np.flatnonzero(is_chosen[self.population]))

    def per_tick(self, start: int, ticks: int, samples: int, populations: int) -> IntArray:
        """Return how many there are in each tick from `start` on, shape (ticks, samples, populations)."""
        place = ((self.tick - start) * samples + self.sample) * populations + self.population
        sums = np.bincount(place, np.diff(self.first), ticks * samples * populations)
        return sums.astype(np.int64).reshape(ticks, samples, populations)

    def columns(self, time_ns: IntArray) -> dict[str, Values]:
        """Return the columns of the table of spikes; `time_ns` is that of each run."""
        lengths = np.diff(self.first)
        runs: dict[str, NDArray[Any]] = {
            "time_ns": time_ns,
            "tick": self.tick,
            "sample": self.sample,
            "population": self.population,
        }
        merged: dict[str, Values] = {name: RunLengths(values, lengths).merged() for name, values in runs.items()}
        return merged | {"neuron": self.neuron}
