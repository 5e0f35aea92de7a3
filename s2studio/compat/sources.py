"""The spikes that a script gives its sources, `spike_list` and `spikes_from_array`, as one run's stimulus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from s2studio.compat.names import ARRAY_SOURCE
from s2studio.compat.spinnaker2.snn import Population
from s2studio.errors import NetworkError
from s2studio.network.stimulus.spikes import SpikeTrain
from s2studio.snn.fan_out import IntArray
from s2studio.units import counted

SPIKE_LIST = "spike_list"


def stimulus_of(
    populations: list[Population], names: Mapping[int, str], steps: int, notes: list[str]
) -> tuple[dict[str, SpikeTrain], dict[str, IntArray]]:
    """Return the spikes of each source within `steps` ticks, and how many of each neuron its PE stores.

    A PE stores spikes after the last tick too; `notes` gets how many there are.
    """
    trains, stored = {}, {}
    for population in populations:
        if population.neuron_model in (SPIKE_LIST, ARRAY_SOURCE):
            name = names[id(population)]
            train = _train(f"population '{name}'", population)
            stored[name] = np.bincount(train.neuron).astype(np.int64)
            inside = train.between(0, steps)
            if len(inside.step) < len(train.step):
                missing = counted(len(train.step) - len(inside.step), "spike")
                notes.append(f"population '{name}': {missing} outside of the {steps:,} ticks of the run")
            trains[name] = inside
    return trains, stored


def _train(subject: str, population: Population) -> SpikeTrain:
    params, size = population.params, int(population.size)
    if isinstance(params, Mapping):
        neuron, step = _columns(subject, params)
    elif population.neuron_model == ARRAY_SOURCE:
        step = _whole(subject, params)
        neuron = np.arange(len(step))
    else:
        found = f"params is a {type(params).__name__}"
        raise NetworkError(subject, found, "{neuron: [tick, ...]} is expected")
    if len(neuron) and (neuron.min() < 0 or neuron.max() >= size):
        wrong = int(neuron.max()) if neuron.max() >= size else int(neuron.min())
        raise NetworkError(subject, f"spikes of neuron {wrong}", f"its neurons are 0 to {size - 1}")
    return SpikeTrain.of(step, neuron.astype(np.int32))


def _columns(subject: str, params: Mapping[Any, Any]) -> tuple[IntArray, IntArray]:
    """Return neurons and ticks of {neuron: [tick, ...]}; a lone number stands for one spike."""
    ticks = [np.atleast_1d(np.asarray(spikes)) for spikes in params.values() if np.size(spikes)]
    spiking = [neuron for neuron, spikes in params.items() if np.size(spikes)]
    if not ticks:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    neurons = _whole(subject, spiking)
    return np.repeat(neurons, [len(part) for part in ticks]), _whole(subject, np.concatenate(ticks))


def _whole(subject: str, values: Any) -> IntArray:
    try:
        numbers = np.asarray(values, np.float64).reshape(-1)
    except (TypeError, ValueError) as problem:
        raise NetworkError(subject, str(problem), "whole numbers of ticks and neurons are expected") from problem
    whole = np.rint(numbers)
    if not np.all(whole == numbers):
        wrong = numbers[int(np.argmax(~(whole == numbers)))]
        raise NetworkError(subject, f"a spike at {wrong:g}", "whole numbers of ticks and neurons are expected")
    return whole.astype(np.int64)
