"""The stages of the main job as plain functions, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from s2studio.app.inputs import RunInputs, record_of, run_inputs, stimulus_targets
from s2studio.app.project import Project, RunOptions
from s2studio.app.simulation import record_run
from s2studio.app.workbench import ASSUMED_STEPS
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE
from s2studio.lowering.lower import Lowered
from s2studio.lowering.lower import lower as lower_network
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.map import map_network as map_chip_network
from s2studio.mapping.map import remap_demand
from s2studio.mapping.mapping import ChipMapping, MappingOptions, Routing
from s2studio.mapping.pins import parse_pin
from s2studio.mapping.rates import Rates
from s2studio.network.graph import Network
from s2studio.network.stimulus import read_stimulus
from s2studio.network.stimulus.spikes import Stimulus
from s2studio.session.reader import Session, open_session
from s2studio.sim.level import LevelPolicy
from s2studio.snn.network import ChipNetwork
from s2studio.snn.validate import validate

Variables = Mapping[str, Sequence[str]]


def lower(
    network: Network | ChipNetwork,
    *,
    dt: float | None = None,
    integrator: str = "exponential",
    reset: str = "subtract",
    scale: str = "max",
    rounding: str = "nearest",
    chip: str | Path = "spinnaker2",
) -> ChipNetwork:
    """Return `network` with the integer weights and fp32 parameters that the chip runs; `dt` is the model's step in s.

    A ChipNetwork is checked and returned as it is. Raises UsageError for a missing `dt`, LoweringError for what the
    chip cannot run.
    """
    spec = load_chip(chip)
    if isinstance(network, Network):
        network = lower_network(network, LoweringOptions(dt, integrator, reset, scale, rounding), spec).network
    validate(network, spec)
    return network


def load_stimulus(
    path: str | Path,
    network: ChipNetwork,
    *,
    population: str | None = None,
    bin: float | None = None,  # noqa: A002 - as --bin
) -> Stimulus:
    """Return the spikes in a stimulus file for the inputs of `network`.

    `bin` is the length of a step in s, for recordings of events in time.
    """
    return read_stimulus(Path(path), stimulus_targets(network), population, bin)


def map_network(
    network: ChipNetwork,
    *,
    stimulus: Stimulus | None = None,
    placer: str = "sequential",
    routing: Routing = "mc",
    seed: int = 0,
    neurons_per_pe: Mapping[str, int] | None = None,
    forbid: Sequence[str] = (),
    pin: Mapping[str, str] | None = None,
    rates: Rates | None = None,
    chip: str | Path = "spinnaker2",
    runtime: str | None = None,
    steps: int = ASSUMED_STEPS,
    record: Variables | None = None,
) -> ChipMapping:
    """Return `network` placed on one chip with room for `stimulus` and for recording `record` over `steps` ticks.

    `pin` puts slices on PEs: {"out[0]": "PE(1, 1, 0)"}; `rates` are the spikes of a population's neurons (one number,
    or one each) that `placer` goes by, 1 where it is missing.

    Raises MappingError, whose `violations` say which limits are broken, if it does not fit.
    """
    pinned = dict(parse_pin(f"{name}={pe}") for name, pe in (pin or {}).items())
    forbidden = frozenset(PE.parse(name) for name in forbid)
    options = MappingOptions(placer, routing, seed, neurons_per_pe or {}, forbidden, pinned)
    inputs = RunInputs(stimulus or {}, steps, record_of(_frozen(record), network), {})
    return map_chip_network(network, make_machine(load_chip(chip), runtime), options, inputs.demand, rates)


def simulate(
    network: ChipNetwork,
    session: str | Path,
    *,
    stimulus: Stimulus | None = None,
    mapping: ChipMapping | None = None,
    steps: int | None = None,
    tick: float = 1e-3,
    level: str | Sequence[str] = "low",
    seed: int = 0,
    record: Variables | None = None,
    observe: Variables | None = None,
    chip: str | Path = "spinnaker2",
    runtime: str | None = None,
    overwrite: bool = False,
) -> Session:
    """Run `network` on `stimulus` and return the session that it leaves at `session`, opened.

    `mapping` None places it with the defaults; `steps` None takes as many as the stimulus needs; `tick` is the wall
    time of a tick on the chip in s.
    """
    levels = [level] if isinstance(level, str) else list(level)
    options = RunOptions(steps, tick, LevelPolicy.parse(levels), _frozen(record), _frozen(observe))
    project = Project(Path(network.name), chip=chip, runtime=runtime, mapping=MappingOptions(seed=seed), run=options)
    machine = make_machine(load_chip(chip), runtime)
    inputs = run_inputs(project, network, stimulus=stimulus or {})
    if mapping is None:
        mapping = map_chip_network(network, machine, project.mapping, inputs.demand)
    else:
        mapping = remap_demand(mapping, network, machine, inputs.demand)
    return open_session(
        record_run(project, Lowered(network, (), ()), machine.spec, mapping, inputs, Path(session), overwrite)
    )


def _frozen(variables: Variables | None) -> dict[str, frozenset[str]] | None:
    return None if variables is None else {name: frozenset(names) for name, names in variables.items()}
