"""Counts of a run that has not been made: spikes drawn at given rates, and what they cause on a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.memory import Cuts, words_per_step
from s2studio.mapping.partition import cuts_of
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.sim.counts import Counts
from s2studio.sim.timing import FloatArray
from s2studio.sim.traffic import packets_received, receivers
from s2studio.snn.fan_out import fan_out
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True, eq=False)
class Activity:
    """How often neurons spike: `per_tick` is the probability of a spike in a tick, (size,) by population.

    `profile` (ticks,) by population says how that varies over time, with a mean of 1 (missing: it does not). The spikes
    of populations in `stimulus` are known; theirs are not drawn.
    """

    per_tick: Mapping[str, FloatArray]
    profile: Mapping[str, FloatArray]
    stimulus: Stimulus

    def times(self, factors: Mapping[str, float]) -> Activity:
        """Return the same with neurons of the populations in `factors` spiking so many times as often."""
        scaled = {name: np.minimum(1.0, chances * factors.get(name, 1.0)) for name, chances in self.per_tick.items()}
        return replace(self, per_tick=scaled)


def expected_counts(
    network: ChipNetwork, mapping: ChipMapping, machine: Machine, activity: Activity, ticks: int, seed: int
) -> Counts:
    """Return counts of `ticks` ticks in which neurons spike as `activity` says, independently of each other.

    Spikes of a slice are drawn from a binomial distribution with `seed`; a tick later each reaches every slice of its
    route, and there as many synapses as a spike of its slice does on average.
    """
    random, spikes = np.random.default_rng(seed), np.zeros((ticks, len(mapping.slices)), np.int32)
    for index, piece in enumerate(mapping.slices):
        train = activity.stimulus.get(piece.population)
        if train is not None:
            spikes[:, index] = _of_train(train, piece.start, piece.stop, ticks)
            continue
        mean = float(activity.per_tick[piece.population][piece.start : piece.stop].mean())
        chance = np.minimum(1.0, mean * activity.profile.get(piece.population, np.ones(ticks)))
        spikes[:, index] = random.binomial(piece.size, chance)
    arrived = np.vstack([np.zeros((1, spikes.shape[1]), np.int32), spikes[:-1]])
    events = np.rint(arrived @ _events_per_spike(network, mapping, activity))
    return Counts(
        packets=packets_received(arrived, receivers(mapping)).astype(np.int32)[None],
        synaptic_events=events.astype(np.int32)[None],
        spikes=spikes[None],
        updates=_updates(network, mapping),
        recorded_bytes=_recorded(mapping, machine),
    )


def _of_train(train: SpikeTrain, start: int, stop: int, ticks: int) -> NDArray[np.int64]:
    own = (train.neuron >= start) & (train.neuron < stop) & (train.step < ticks)
    return np.bincount(train.step[own], minlength=ticks)


def _events_per_spike(network: ChipNetwork, mapping: ChipMapping, activity: Activity) -> FloatArray:
    """Return the synapses that a spike of each slice walks in each slice on average, shape (slices, slices)."""
    part = network.spiking
    cuts = cuts_of(part, mapping.slices)
    first = _first_slices(cuts)
    found = np.zeros((len(mapping.slices),) * 2)
    for projection in part.projections:
        size = part.population(projection.pre).size
        table = fan_out(projection.connectivity, size, cuts[projection.post]).astype(np.float64)
        weight = _weights(activity, projection.pre, size)[:, None]
        bounds = cuts[projection.pre][:-1]
        mean = np.add.reduceat(table * weight, bounds, axis=0) / np.add.reduceat(weight, bounds, axis=0)
        row, column = first[projection.pre], first[projection.post]
        found[row : row + mean.shape[0], column : column + mean.shape[1]] += mean
    return found


def _weights(activity: Activity, population: str, size: int) -> FloatArray:
    """Return how much each neuron counts in the mean of its slice: as often as it spikes, alike where none does."""
    train = activity.stimulus.get(population)
    spikes = activity.per_tick[population] if train is None else np.bincount(train.neuron, minlength=size)
    # A slice without a spike has a mean as well, which nothing then needs.
    return np.asarray(spikes + 1e-12, np.float64)


def _first_slices(cuts: Cuts) -> dict[str, int]:
    sizes = [len(bounds) - 1 for bounds in cuts.values()]
    return dict(zip(cuts, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))


def _updates(network: ChipNetwork, mapping: ChipMapping) -> NDArray[np.int32]:
    models = {population.name: MODELS[population.model] for population in network.spiking.populations}
    return np.array([piece.size * models[piece.population].is_updated for piece in mapping.slices], np.int32)


def _recorded(mapping: ChipMapping, machine: Machine) -> NDArray[np.int32]:
    memory, record = machine.spec.memory, mapping.demand.record
    return np.array(
        [
            memory.word_bytes
            * int(words_per_step(record.get(piece.population, frozenset()), np.array([piece.size]), memory)[0])
            for piece in mapping.slices
        ],
        np.int32,
    )
