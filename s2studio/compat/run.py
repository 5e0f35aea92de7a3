"""`hw.run`: map and compile what is new, simulate, record, and give each population what it asked to record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.app.inputs import RunInputs
from s2studio.app.simulation import run_ticks
from s2studio.compat.collector import Collector, Shares
from s2studio.compat.compiled import Compiled
from s2studio.compat.convert import NAMELESS, Described, convert, describe
from s2studio.compat.levels import policy_of
from s2studio.compat.signals import held_signals
from s2studio.compat.sources import stimulus_of
from s2studio.compat.spinnaker2.experiment_backends.backend_settings import ROUTING, BackendSettings
from s2studio.compat.spinnaker2.snn import Network
from s2studio.compat.studio import Studio
from s2studio.compat.writer import RunWriter
from s2studio.errors import UsageError
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions, Routing
from s2studio.mapping.memory import MemoryModel
from s2studio.mapping.restock import restock
from s2studio.network.stimulus.spikes import SpikeTrain
from s2studio.session.run_recorder import ended_by
from s2studio.sim.counts import Counts, TickBlock
from s2studio.sim.level import LevelPolicy
from s2studio.sim.lockstep import Simulator
from s2studio.sim.pricing import price_counts
from s2studio.sim.program import compile_program
from s2studio.snn.digest import value_digest
from s2studio.snn.validate import validate

POISSON = "poisson_process"
POISSON_NOTE = (
    "Poisson sources agree with the board statistically, not spike for spike: the seeds of the board are not known"
)


@dataclass(frozen=True)
class Asked:
    """What `hw.run` was called with. `notes` are about the hardware that was chosen."""

    steps: int
    tick_s: float = 1e-3
    mapping_only: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError("hw.run", f"{self.steps} timesteps", "at least 1 is expected")
        if not 0 < self.tick_s < np.inf:
            raise UsageError("hw.run", f"sys_tick_in_s is {self.tick_s}", "a positive number of seconds is expected")


def run_network(studio: Studio, network: Network, asked: Asked) -> ChipMapping:
    """Run `network` and leave what it gave with its populations; return the mapping it ran on."""
    described = describe(network, studio.options.rounding)
    notes = list(asked.notes)
    stimulus, stored = stimulus_of(network.populations, described.names, asked.steps, notes)
    inputs = _inputs(described, stimulus, asked.steps)
    compiled = _compiled(studio, network, described, Demand(asked.steps, inputs.record, stored))
    if any(population.model == POISSON for population in described.populations):
        notes.append(POISSON_NOTE)
    told = (*compiled.notes, *notes)
    studio.tell(told)
    if not asked.mapping_only:
        policy = studio.options.level or policy_of(_models(described), studio.machine.spec)
        collector = Collector(described.populations, compiled.mapping, _shares(studio, compiled, policy, asked.tick_s))
        about = {"policy": policy, "notes": (*network.notes, *told), "lowering": network.lowering}
        run = _start(studio, compiled, inputs, asked, about)
        _simulate(studio, compiled, inputs, run, collector)
        collector.give(network.populations)
    return compiled.mapping


def _models(described: Described) -> Sequence[str]:
    return tuple(dict.fromkeys(population.model for population in described.populations))


def _inputs(described: Described, stimulus: dict[str, SpikeTrain], steps: int) -> RunInputs:
    record = {population.name: population.record or frozenset() for population in described.populations}
    observe = {population.name: frozenset({"spikes"}) for population in described.populations}
    return RunInputs(stimulus, steps, record, observe)


def _compiled(studio: Studio, network: Network, described: Described, demand: Demand) -> Compiled:
    """Return the network compiled: that of an earlier run where only its stimulus or its length is another."""
    options, machine = _mapping_options(studio.options.mapping), studio.machine
    key = value_digest((described.digest, options.routing))
    kept = studio.compiled_for(key)
    if kept is not None:
        mapping = restock(kept.mapping, kept.memory.with_demand(demand))
        if mapping is not None:
            return kept.named(network.name or NAMELESS, mapping)
        chip_network = replace(kept.network, name=network.name or NAMELESS)
        notes, memory = kept.notes, kept.memory.with_demand(demand)
    else:
        converted = convert(network, studio.options.rounding, machine.spec, described)
        validate(converted.network, machine.spec)
        chip_network, notes = converted.network, converted.notes
        memory = MemoryModel(chip_network.spiking, machine, demand)
    mapping = map_network(chip_network, machine, options, demand)
    voltages = [population.name for population in described.populations if _keeps_voltages(population.record)]
    program = compile_program(chip_network, mapping, machine.spec, voltages)
    compiled = Compiled(chip_network, notes, memory, mapping, Simulator(program, options.seed, threads=None))
    studio.keep(key, compiled)
    return compiled


def _keeps_voltages(record: frozenset[str] | None) -> bool:
    return bool({"v", "v_last"} & (record or frozenset()))


def _mapping_options(options: MappingOptions) -> MappingOptions:
    asked = BackendSettings().routing_type
    routing: Routing = "c2c" if asked is ROUTING.C2C else "mc" if asked is ROUTING.MC else options.routing
    return replace(options, routing=routing)


def _shares(studio: Studio, compiled: Compiled, policy: LevelPolicy, tick_s: float) -> Shares:
    """Return what tells when each slice was done, as a share of the tick, from the counts of a block."""

    def shares(counts: Counts) -> NDArray[np.float64]:
        spec = studio.machine.spec
        priced = price_counts(counts, compiled.work, compiled.traffic, spec, policy, tick_s)
        return np.asarray(priced.time_done_s[0] / tick_s)

    return shares


def _start(
    studio: Studio, compiled: Compiled, inputs: RunInputs, asked: Asked, about: Mapping[str, Any]
) -> RunWriter | None:
    """Return what stores the run, None where nothing is stored; `about` are more arguments of `Recorder.start_run`."""
    writer = studio.writer(compiled.network.name)
    if writer is None:
        return None
    return writer.start_run(
        network=compiled.network,
        mapping=compiled.mapping,
        tick_s=asked.tick_s,
        steps=inputs.steps,
        recorded=inputs.record,
        observed=inputs.observe,
        **about,
    )


def _simulate(
    studio: Studio, compiled: Compiled, inputs: RunInputs, run: RunWriter | None, collector: Collector
) -> None:
    """Run all ticks and give each block to `run` and to `collector`."""

    def write(block: TickBlock) -> None:
        collector.add(block)
        if run is not None:
            run.write(block)

    compiled.simulator.reset()
    studio.runs += 1
    try:
        with held_signals() as let_go:
            span = run_ticks(compiled.simulator, inputs, write, lambda done, total: let_go(), span=compiled.span)
            compiled.span = span
    except BaseException as problem:
        if run is not None:
            run.finish(ended_by(type(problem)))
        raise
    if run is not None:
        run.finish()
