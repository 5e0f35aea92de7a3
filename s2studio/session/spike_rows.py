"""Spikes as a session stores them: in the order of ticks, of chosen populations, as the columns of their table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.session.run_lengths import RunLengths, Values
from s2studio.sim.arrays import starts
from s2studio.sim.counts import SpikeRuns
from s2studio.snn.fan_out import IntArray


def by_tick(spikes: SpikeRuns) -> SpikeRuns:
    """Return spikes by tick, then sample, where they are by sample, then tick."""
    if not len(spikes.sample) or spikes.sample[0] == spikes.sample[-1]:
        return spikes
    return _take(spikes, np.lexsort((spikes.sample, spikes.tick)))


def of_populations(spikes: SpikeRuns, is_chosen: NDArray[np.bool_]) -> SpikeRuns:
    """Return the spikes of the populations that are chosen."""
    return spikes if is_chosen.all() else _take(spikes, np.flatnonzero(is_chosen[spikes.population]))


def counted(spikes: SpikeRuns, start: int, ticks: int, samples: int, populations: int) -> IntArray:
    """Return how many there are in each tick from `start` on, shape (ticks, samples, populations)."""
    place = ((spikes.tick - start) * samples + spikes.sample) * populations + spikes.population
    sums = np.bincount(place, np.diff(spikes.first), ticks * samples * populations)
    return sums.astype(np.int64).reshape(ticks, samples, populations)


def columns(spikes: SpikeRuns, time_ns: IntArray) -> dict[str, Values]:
    """Return the columns of the table of spikes; `time_ns` is that of each run."""
    runs: dict[str, NDArray[Any]] = {"tick": spikes.tick, "sample": spikes.sample, "population": spikes.population}
    kept: dict[str, Values] = {"time_ns": RunLengths(time_ns, spikes.first).merged(), "neuron": spikes.neuron}
    return kept | {name: RunLengths(values, spikes.first).merged() for name, values in runs.items()}


def _take(spikes: SpikeRuns, runs: NDArray[np.intp]) -> SpikeRuns:
    """Return the runs with these numbers, in this order."""
    # Imported here: who reads a session needs no compiled code for it.
    from s2studio.session.kernels import take_runs

    first = starts(np.diff(spikes.first)[runs])
    neuron = np.empty(first[-1], np.int32)
    take_runs(spikes.first[runs], first, spikes.neuron, neuron)
    return SpikeRuns(first, spikes.sample[runs], spikes.tick[runs], spikes.population[runs], neuron)
