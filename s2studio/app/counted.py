"""The counts that questions are asked of: of a model, which is run in memory, or of a session, which is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from s2studio.analysis.counted import CountedRun
from s2studio.app.inputs import RunInputs
from s2studio.app.project import Project
from s2studio.app.session_project import project_of_session
from s2studio.app.simulation import run_ticks
from s2studio.app.workbench import Workbench
from s2studio.errors import S2StudioError, SessionError
from s2studio.mapping.map import remap_demand
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.reader import open_session
from s2studio.sim.counts import Counts, TickBlock
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import compile_program
from s2studio.snn.network import ChipNetwork

Rerun = Callable[[ChipMapping], CountedRun]


@dataclass(frozen=True, eq=False)
class Subject:
    """What a question is about.

    `network` has its projections and `rerun` runs it on another mapping, where the subject allows that (None: it does
    not, as a session of a script); `project` is what a change is written to.
    """

    run: CountedRun
    network: ChipNetwork | None
    rerun: Rerun | None
    project: Project | None


def subject_of(bench: Workbench, run: int = 0) -> Subject:
    """Return the model of `bench`'s project, run in memory, or run `run` of the session that it names."""
    return _of_session(bench, bench.project.model, run) if bench.project.model.is_dir() else subject_of_model(bench)


def subject_of_model(bench: Workbench, mapping: ChipMapping | None = None) -> Subject:
    """Return the project of `bench`, run in memory on `mapping` (None: the project's own)."""
    inputs = bench.inputs()
    mapping = bench.map(inputs=inputs) if mapping is None else mapping
    run = count(bench, mapping, inputs)
    return Subject(run, bench.lower().network, lambda other: count(bench, other, inputs), bench.project)


def count(bench: Workbench, mapping: ChipMapping, inputs: RunInputs) -> CountedRun:
    """Run the project of `bench` on `mapping` in memory and return its counts."""
    network, machine, project = bench.lower().network, bench.machine(), bench.project
    project.run.level.check(machine.spec)
    program = compile_program(network, mapping, machine.spec)
    simulator = Simulator(program, project.mapping.seed, threads=project.threads)
    kept: list[Counts] = []

    def keep(block: TickBlock) -> None:
        kept.append(block.counts)

    run_ticks(simulator, inputs, keep, bench.progress("run"))
    return CountedRun(network, machine, mapping, _joined(kept), project.run.level, project.run.tick_s)


def _joined(blocks: list[Counts]) -> Counts:
    def whole(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
        return np.concatenate([getattr(block, name) for block in blocks], axis=1)

    first = blocks[0]
    return Counts(whole("packets"), whole("synaptic_events"), whole("spikes"), first.updates, first.recorded_bytes)


def _of_session(bench: Workbench, path: Path, number: int) -> Subject:
    session = open_session(path)
    run = session.run(number)
    if not run.ticks:
        raise SessionError(f"run {number} of {path}", "holds no tick", hint="name a session that ran")
    counted = CountedRun(run.network, run.machine, run.mapping, run.counts(), run.about.level, run.tick_s)
    project = project_of_session(session)
    if project is None or run.about.samples > 1:
        return Subject(counted, None, None, None)
    # As many ticks as there are: the manifest may name any number.
    again = bench.beside(replace(project, run=replace(project.run, steps=run.ticks)))
    try:
        network, inputs = again.lower().network, again.inputs()
        mapping = remap_demand(run.mapping, network, again.machine(), inputs.demand)
    except S2StudioError:
        # What the session holds is not what it ran: only its counts can be asked.
        return Subject(counted, None, None, None)
    return Subject(
        replace(counted, network=network, mapping=mapping), network, lambda other: count(again, other, inputs), project
    )
