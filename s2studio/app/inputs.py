"""What a run takes beside its network: the stimulus, how many ticks, and what is recorded and observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from s2studio.app.project import Project, StimulusSource
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.mapping.mapping import Demand
from s2studio.network.stimulus import Target, poisson_stimulus, read_stimulus
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.snn.network import ChipNetwork
from s2studio.snn.structure import longest_path_populations, output_populations

Variables = Mapping[str, frozenset[str]]

RECORDABLE = frozenset({"spikes", "v", "v_last", "time_done", "n_packets"})
OBSERVABLE = frozenset({"spikes", "v"})


@dataclass(frozen=True)
class RunInputs:
    """What one run of a network takes. `record` costs PE memory, `observe` costs none."""

    stimulus: Stimulus
    steps: int
    record: Variables
    observe: Variables

    @property
    def demand(self) -> Demand:
        """What the run asks of the PEs' memory."""
        stored = {name: np.bincount(train.neuron).astype(np.int64) for name, train in self.stimulus.items()}
        return Demand(self.steps, self.record, stored)

    @property
    def voltages_of(self) -> frozenset[str]:
        """The populations whose voltages are kept."""
        return frozenset(name for kept in (self.record, self.observe) for name, which in kept.items() if "v" in which)


def run_inputs(
    project: Project, network: ChipNetwork, assumed_steps: int | None = None, stimulus: Stimulus | None = None
) -> RunInputs:
    """Return what the project's run of `network` takes; `stimulus` None reads the project's own.

    Without a stimulus and a number of steps, `assumed_steps` are taken; where that is None too, a UsageError is raised.
    """
    options = project.run
    if stimulus is None:
        stimulus = _stimulus(project, network, options.steps or assumed_steps)
    steps = options.steps or _steps_for(network, stimulus) or assumed_steps
    if steps is None:
        raise UsageError(
            f"run of '{network.name}'", "neither a stimulus nor a number of steps", hint="add --input FILE or --steps N"
        )
    return RunInputs(stimulus, steps, record_of(options.record, network), observe_of(options.observe, network))


def record_of(asked: Variables | None, network: ChipNetwork) -> Variables:
    """Return what the board records: what was asked, else what the network says, else the outputs' spikes."""
    if asked is not None:
        return _checked(asked, network, RECORDABLE, "--record")
    part = network.spiking
    said = {population.name: population.record for population in part.populations if population.record is not None}
    return said or {name: frozenset({"spikes"}) for name in output_populations(part)}


def observe_of(asked: Variables | None, network: ChipNetwork) -> Variables:
    """Return what only the simulator sees: what was asked, else the spikes of every population."""
    if asked is not None:
        return _checked(asked, network, OBSERVABLE, "--observe")
    return {population.name: frozenset({"spikes"}) for population in network.spiking.populations}


def stimulus_targets(network: ChipNetwork) -> dict[str, Target]:
    """Return the populations that a stimulus drives, with their sizes and shapes."""
    return {
        population.name: Target(population.size, population.shape)
        for population in network.spiking.populations
        if population.model == "spike_list"
    }


def _checked(asked: Variables, network: ChipNetwork, known: frozenset[str], option: str) -> Variables:
    names = [population.name for population in network.spiking.populations]
    for name, variables in asked.items():
        if name not in names:
            raise UsageError(option, f"no population '{name}'", hint=nearest(name, names))
        for variable in variables - known:
            raise UsageError(f"{option} {name}", f"no variable '{variable}'", hint=nearest(variable, known))
    return asked


def _stimulus(project: Project, network: ChipNetwork, steps: int | None) -> Stimulus:
    targets = stimulus_targets(network)
    trains: dict[str, SpikeTrain] = {}
    for source in project.stimuli:
        for name, train in _read(source, targets, project, network, steps).items():
            if name in trains:
                raise UsageError(f"population '{name}'", "two stimuli", hint="give one --input for each population")
            trains[name] = train
    return trains


def _read(
    source: StimulusSource, targets: Mapping[str, Target], project: Project, network: ChipNetwork, steps: int | None
) -> Stimulus:
    if source.poisson_hz is None:
        if source.path is None:
            raise UsageError("stimulus", "neither a file nor a rate")
        return read_stimulus(source.path, targets, source.population, options=source.events)
    population = source.population or (next(iter(targets)) if len(targets) == 1 else None)
    if population is None or population not in targets:
        raise UsageError("--input poisson", f"population '{population}'", f"inputs are {', '.join(targets) or 'none'}")
    if steps is None:
        raise UsageError("--input poisson", "no number of steps", hint="add --steps N")
    step_s = network.dt_s or project.run.tick_s
    return poisson_stimulus(
        population, targets[population].size, source.poisson_hz, step_s, steps, project.mapping.seed
    )


def _steps_for(network: ChipNetwork, stimulus: Stimulus) -> int | None:
    """Return the last stimulus step + 1 + the populations on the longest path from input to output."""
    last = max((train.steps for train in stimulus.values()), default=0)
    return last + longest_path_populations(network.spiking) if last else None
