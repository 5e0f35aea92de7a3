"""Where the spikes of two runs part: per population the first tick and neuron, and how many spikes only one has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.session.run import Progress, Run, no_progress
from s2studio.session.tables import SPIKES

# Spikes of one run that are in memory at once, unless a single tick has more.
_SPIKES = 1 << 20


@dataclass(frozen=True)
class FirstDifference:
    """The first place, by tick, then sample, then neuron, where two runs differ: what A and B have there.

    `a` and `b` are spikes (0 or 1, more for relays), or voltages in chip units.
    """

    tick: int
    sample: int
    neuron: int
    a: float
    b: float


@dataclass(frozen=True)
class SpikeDifference:
    """A population's spikes in two runs: how many only A and only B have, and the first of them (None: equal)."""

    only_a: int
    only_b: int
    first: FirstDifference | None


def spike_differences(
    a: Run, b: Run, names: Sequence[str], ticks: int, progress: Progress = no_progress
) -> Mapping[str, SpikeDifference]:
    """Return how the spikes of the populations `names`, which both runs keep, differ in the first `ticks` ticks."""
    sizes = {entry.name: entry.size for entry in a.about.populations}
    offsets = np.cumsum([0, *(sizes[name] for name in names)])
    totals = {name: SpikeDifference(0, 0, None) for name in names}
    rows = max(run.stored(SPIKES.name).rows for run in (a, b))
    span = max(1, _SPIKES * ticks // max(1, rows))
    for start in range(0, ticks, span):
        progress(start, ticks)
        stop = min(start + span, ticks)
        one, other = (_keys(run, names, offsets, start, stop) for run in (a, b))
        if np.array_equal(one, other):
            continue
        where, counts = _unequal(one, other)
        tick, sample, place = _places(where, a.about.samples, int(offsets[-1]))
        population = np.searchsorted(offsets, place, side="right") - 1
        for number, name in enumerate(names):
            chosen = np.flatnonzero(population == number)
            if len(chosen):
                first = (int(tick[chosen[0]]) + start, int(sample[chosen[0]]), int(place[chosen[0]] - offsets[number]))
                totals[name] = _added(totals[name], first, counts[chosen])
    progress(ticks, ticks)
    return totals


def _keys(run: Run, names: Sequence[str], offsets: NDArray[np.int64], start: int, stop: int) -> NDArray[np.int64]:
    """Return a number for each spike of `names`, ascending: (tick, sample, neuron among all of `names`)."""
    spikes = run.spikes(start, stop)
    number = np.array([names.index(name) if name in names else -1 for name in run.about.names], np.int64)
    population = number[spikes.population]
    kept = population >= 0
    place = offsets[population[kept]] + spikes.neuron[kept]
    moment = (spikes.tick[kept] - start) * run.about.samples + spikes.sample[kept]
    return np.sort(moment * offsets[-1] + place)


def _unequal(a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys that `a` and `b` hold unequally often, and how often each holds them, shape (keys, 2)."""
    keys, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    counts = np.stack([np.bincount(part, minlength=len(keys)) for part in (place[: len(a)], place[len(a) :])], axis=1)
    differ = counts[:, 0] != counts[:, 1]
    return keys[differ], counts[differ]


def _places(keys: NDArray[np.int64], samples: int, neurons: int) -> tuple[NDArray[np.int64], ...]:
    moment, place = np.divmod(keys, neurons)
    tick, sample = np.divmod(moment, samples)
    return tick, sample, place


def _added(total: SpikeDifference, first: tuple[int, int, int], counts: NDArray[np.int64]) -> SpikeDifference:
    more = counts[:, 0] - counts[:, 1]
    return SpikeDifference(
        total.only_a + int(more[more > 0].sum()),
        total.only_b - int(more[more < 0].sum()),
        total.first or FirstDifference(*first, float(counts[0, 0]), float(counts[0, 1])),
    )
