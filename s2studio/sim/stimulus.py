"""The spikes that are given to sources: for all PEs at once, and for PEs that are not all at the same tick."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.documents import nearest
from s2studio.errors import SimulationError
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.sim.kernels.given import OUTSIDE, SORTED, count_spikes
from s2studio.sim.kernels.ticks import STIMULUS
from s2studio.sim.program import Program
from s2studio.sim.sent import Given


def given_spikes(program: Program, steps: int, stimulus: Stimulus) -> Given:
    """Return the spikes of all sources by step and population. Raises SimulationError where `stimulus` does not fit."""
    _check_names(program, stimulus)
    first, counts = program.populations.first_neuron, np.zeros((steps, len(program.names)), np.int64)
    trains = [(index, stimulus[name]) for index, name in enumerate(program.names) if name in stimulus]
    found = [
        count_spikes(train.step, train.neuron, int(first[index + 1] - first[index]), counts[:, index])
        if len(train.step)
        else SORTED
        for index, train in trains
    ]
    if OUTSIDE in found:
        check_stimulus(program, steps, stimulus)
    ends = np.cumsum(counts.reshape(-1)).reshape(counts.shape)
    start = np.concatenate([ends[:, :1] - counts[:, :1], ends], axis=1)
    if len(trains) == 1 and found == [SORTED]:
        return Given(np.ascontiguousarray(trains[0][1].neuron, np.int32), start)
    neuron = np.concatenate([np.zeros(0, np.int32), *(train.neuron for _, train in trains)], dtype=np.int32)
    step = np.concatenate([np.zeros(0, np.int64), *(train.step for _, train in trains)])
    population = np.repeat([index for index, _ in trains], [len(train.step) for _, train in trains])
    return Given(neuron[np.lexsort((population, step))], start)


class GivenSpikes:
    """Holds the spikes of every source from the first tick on that is still asked for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._spikes: dict[tuple[int, int], NDArray[np.int32]] = {}

    def add(self, first: int, steps: int, stimulus: Stimulus) -> None:
        """Add `stimulus`, whose step 0 is the tick `first`. Raises SimulationError where it does not fit."""
        check_stimulus(self._program, steps, stimulus)
        for index, name in enumerate(self._program.names):
            train = stimulus.get(name)
            if train is None or not len(train.step):
                continue
            order = np.argsort(train.step, kind="stable")
            steps_of, starts = np.unique(train.step[order], return_index=True)
            parts = np.split(train.neuron[order].astype(np.int32), starts[1:])
            self._spikes |= {(first + int(step), index): part for step, part in zip(steps_of, parts, strict=True)}

    def all_of(self, tick: int, population: int) -> NDArray[np.int32]:
        """Return the spikes of a population in `tick`, as they were given."""
        return self._spikes.get((tick, population), np.zeros(0, np.int32))

    def of(self, tick: int, population: int, start: int, stop: int) -> NDArray[np.int32]:
        """Return those of the neurons `start` to `stop` (excluded), ascending: the order in which they are sent."""
        spikes = self.all_of(tick, population)
        return np.sort(spikes[(spikes >= start) & (spikes < stop)])

    def forget(self, before: int) -> None:
        """Forget the ticks before `before`."""
        self._spikes = {key: spikes for key, spikes in self._spikes.items() if key[0] >= before}


def check_stimulus(program: Program, steps: int, stimulus: Stimulus) -> None:
    """Raise SimulationError where `stimulus` names no source of `program`, or a step or neuron that is not there."""
    _check_names(program, stimulus)
    sizes = np.diff(program.populations.first_neuron)
    for name, train in stimulus.items():
        if len(train.step):
            _check(name, train, int(sizes[program.names.index(name)]), steps)


def _check_names(program: Program, stimulus: Stimulus) -> None:
    updates = program.populations.update
    sources = [name for name, update in zip(program.names, updates, strict=True) if update == STIMULUS]
    for name in stimulus:
        if name not in sources:
            raise SimulationError("stimulus", f"no input population '{name}'", hint=nearest(name, sources))


def _check(name: str, train: SpikeTrain, size: int, steps: int) -> None:
    if train.step.min() < 0 or train.step.max() >= steps:
        found = f"spikes in steps {train.step.min()} to {train.step.max()}"
        raise SimulationError(f"stimulus of '{name}'", found, f"this advance has {steps} steps")
    if train.neuron.min() < 0 or train.neuron.max() >= size:
        found = f"spikes of neurons {train.neuron.min()} to {train.neuron.max()}"
        raise SimulationError(f"stimulus of '{name}'", found, f"its neurons are 0 to {size - 1}")
