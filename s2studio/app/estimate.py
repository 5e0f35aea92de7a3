"""`estimate` as a use case: rates from options, stimulus and model, and a network's costs from them without a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.activity import Activity, expected_counts
from s2studio.analysis.counted import CountedRun
from s2studio.analysis.estimate import Estimate, RateRow, estimate
from s2studio.app.describe import assumed
from s2studio.app.inputs import RunInputs, stimulus_targets
from s2studio.app.workbench import Workbench
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.mapping.map import remap_demand
from s2studio.mapping.mapping import ChipMapping, Demand
from s2studio.snn.network import ChipNetwork
from s2studio.snn.population import Population
from s2studio.units import with_unit

FloatArray = NDArray[np.float64]
# How many times as many neurons spike in the busiest tick as when they spike independently, with a margin. Of the
# samples: the balanced network, which makes waves of its own, 1.9; the digits, with the waves of their stimulus, 1.1.
BURST, BURST_OF_STIMULUS = 2.5, 1.25

Rates = Mapping[str | None, float]
"""Hz of model time by population; None is every population that is not named."""


@dataclass(frozen=True)
class _Said:
    """The rates of a network's populations, and what was taken for granted."""

    activity: Activity
    rows: tuple[RateRow, ...]
    notes: tuple[str, ...]


def estimate_on(
    bench: Workbench, rates: Rates, burst: float | None = None, mapping: ChipMapping | None = None
) -> Estimate:
    """Return what the project of `bench` takes on `mapping` (None: its own) if its neurons spike at `rates`, not run.

    The spikes of the project's stimulus are known; where no rate is given for a population, its neurons are assumed to
    spike as often as those of the stimulus do, a tick later for each population on the way. `burst` is how many times
    as many spike in the busiest tick as by chance (None: `BURST`, or `BURST_OF_STIMULUS` where a stimulus is known).
    """
    network, machine, project = bench.lower(assume=True).network, bench.machine(), bench.project
    notes = [note for note in assumed(bench) if "--input" not in note]
    inputs = bench.inputs(assume=True)
    step_s = network.dt_s or project.run.tick_s
    said = _said(network, inputs, rates, step_s)
    demand = inputs.demand
    stored = {**_stored(network, said.activity, inputs.steps), **demand.stored_spikes}
    demand = Demand(demand.steps, demand.record, stored)
    if mapping is None:
        mapping = bench.map(assume=True, inputs=inputs, demand=demand)
    else:
        mapping = remap_demand(mapping, network, machine, demand)
    project.run.level.check(machine.spec)

    def run(activity: Activity) -> CountedRun:
        counts = expected_counts(network, mapping, machine, activity, inputs.steps, project.mapping.seed)
        return CountedRun(network, machine, mapping, counts, project.run.level, project.run.tick_s)

    bursts = _bursts(said.activity, burst)
    return estimate(run(said.activity), run(said.activity.times(bursts)), bursts, said.rows, (*notes, *said.notes))


def _bursts(activity: Activity, burst: float | None) -> dict[str, float]:
    if burst is not None and not 1 <= burst < np.inf:
        raise UsageError("--burst", f"{burst:g}", "at least 1 is expected")
    own = {name: BURST_OF_STIMULUS if name in activity.profile else BURST for name in activity.per_tick}
    return {name: burst or factor for name, factor in own.items() if name not in activity.stimulus}


def _said(network: ChipNetwork, inputs: RunInputs, rates: Rates, step_s: float) -> _Said:
    populations = {population.name: population for population in network.spiking.populations}
    for name, rate in rates.items():
        if name is not None and name not in populations:
            raise UsageError(f"--rate {name}={rate:g}", f"no population '{name}'", hint=nearest(name, populations))
        if not 0 <= rate * step_s <= 1:
            most = f"0 to {1 / step_s:g} Hz: a neuron spikes at most once in a tick"
            raise UsageError("--rate", f"{rate:g} Hz", most)
    heard = _input_rate_hz(inputs, populations, step_s)
    per_tick, rows, notes = {}, [], []
    for name, population in populations.items():
        row, chances = _rate(population, inputs, rates, heard, step_s)
        per_tick[name] = chances
        rows.append(row)
        if row.origin == "assumed":
            notes.append(
                f"neurons of '{name}' spike at {with_unit(row.rate_hz, 'Hz')}, as the stimulus does (say --rate)"
            )
    profile = _profiles(network, inputs)
    return _Said(Activity(per_tick, profile, inputs.stimulus), tuple(rows), tuple(notes))


def _rate(
    population: Population, inputs: RunInputs, rates: Rates, heard_hz: float | None, step_s: float
) -> tuple[RateRow, FloatArray]:
    """Return what is known of a population's rate, and the probability of a spike per tick of each neuron."""
    name, size = population.name, population.size
    if name in inputs.stimulus:
        train = inputs.stimulus[name]
        chances = np.bincount(train.neuron, minlength=size) / inputs.steps
        return RateRow(name, size, float(chances.mean()) / step_s, "stimulus"), chances
    if population.model == "poisson_process" and name not in rates:
        chances = np.broadcast_to(np.asarray(population.params.get("p", 0.0), np.float64), size)
        return RateRow(name, size, float(chances.mean()) / step_s, "model"), chances
    rate = rates.get(name, rates.get(None))
    if rate is None and heard_hz is None:
        hint = "say --rate HZ, or --input FILE for the rate of its neurons"
        raise UsageError(f"population '{name}'", "how often its neurons spike is not known", hint=hint)
    known = rate if rate is not None else heard_hz or 0.0
    return RateRow(name, size, known, "assumed" if rate is None else "given"), np.full(size, known * step_s)


def _input_rate_hz(inputs: RunInputs, populations: Mapping[str, Population], step_s: float) -> float | None:
    neurons = sum(populations[name].size for name in inputs.stimulus)
    spikes = sum(len(train.neuron) for train in inputs.stimulus.values())
    return spikes / (neurons * inputs.steps * step_s) if neurons else None


def _profiles(network: ChipNetwork, inputs: RunInputs) -> dict[str, FloatArray]:
    """Return how the activity of each population varies: as the stimulus does, later by the way from it."""
    spikes = np.zeros(inputs.steps)
    for train in inputs.stimulus.values():
        spikes += np.bincount(train.step[train.step < inputs.steps], minlength=inputs.steps)
    if not spikes.any():
        return {}
    found: dict[str, FloatArray] = {}
    for name, depth in _depths(network, inputs).items():
        later = np.concatenate([np.zeros(depth), spikes])[: inputs.steps]
        if later.any():
            found[name] = later / later.mean()
    return found


def _depths(network: ChipNetwork, inputs: RunInputs) -> dict[str, int]:
    """Return how many projections each population is from the nearest that has a stimulus."""
    depths, front = dict.fromkeys(inputs.stimulus, 0), set(inputs.stimulus)
    while front:
        following = {each.post for each in network.spiking.projections if each.pre in front} - set(depths)
        depths |= dict.fromkeys(following, 1 + max(depths.values()))
        front = following
    return {name: depth for name, depth in depths.items() if depth}


def _stored(network: ChipNetwork, activity: Activity, steps: int) -> dict[str, NDArray[np.int64]]:
    """Return the spikes that source PEs store for inputs without a stimulus."""
    targets = stimulus_targets(network)
    return {name: np.ceil(activity.per_tick[name] * steps).astype(np.int64) for name in targets}
