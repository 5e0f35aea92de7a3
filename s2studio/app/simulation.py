"""A run from compiled program to closed session: advance span by span, record each block, tell how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from s2studio.app.control import RunControl
from s2studio.app.inputs import RunInputs
from s2studio.app.project import Project
from s2studio.chip.spec import ChipSpec
from s2studio.lowering.lower import Lowered
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.recorder import InputFile, Recorder, SessionHeader
from s2studio.sim.counts import TickBlock
from s2studio.sim.engine import Engine, EngineOptions, check_engine, make_engine
from s2studio.sim.program import compile_program

# A span should take this long: short enough to cancel and watch at once, long enough to stay in compiled code.
SPAN_S = 0.1
FIRST_SPAN, LONGEST_SPAN = 64, 8192
# Where someone watches: a span for each picture on a screen.
WATCHED_SPAN_S = 0.016


def record_run(
    project: Project,
    lowered: Lowered,
    spec: ChipSpec,
    mapping: ChipMapping,
    inputs: RunInputs,
    path: Path,
    overwrite: bool = False,
    report: Callable[[int, int], None] = lambda done, total: None,
    control: RunControl | None = None,
    watch: Callable[[TickBlock], None] | None = None,
) -> Path:
    """Simulate `inputs.steps` ticks of a network on `mapping` and return the folder of the session that was written.

    `report` is told of ticks done and all ticks; where it raises Cancelled, or `control` stops the run, the session
    ends as cancelled. `watch` is given each block once it is recorded.
    """
    network, seed, options = lowered.network, project.mapping.seed, project.run
    options.level.check(spec)
    engine_options = EngineOptions(seed, 0, inputs.steps, options.tick_s, options.level, options.fifo, project.threads)
    check_engine(options.engine, engine_options)
    header = SessionHeader(
        network.name, seed, spec, mapping.runtime, options=_options(project), inputs=_input_files(project)
    )
    with Recorder(path, header, overwrite) as recorder:
        run = recorder.start_run(
            network,
            mapping,
            options.level,
            options.tick_s,
            inputs.steps,
            inputs.record,
            inputs.observe,
            lowering=[row.as_dict() for row in lowered.report],
            notes=lowered.all_warnings,
            engine=options.engine,
            fifo=options.fifo if options.engine == "per_pe" else "",
        )
        program = compile_program(network, mapping, spec, inputs.voltages_of)
        engine = make_engine(options.engine, program, network, mapping, spec, engine_options)
        run_ticks(engine, inputs, _all(run.write, watch), report, control, watch is not None)
        if run.ticks < inputs.steps:
            recorder.close("cancelled")
    return recorder.path


def run_ticks(
    simulator: Engine,
    inputs: RunInputs,
    write: Callable[[TickBlock], None],
    report: Callable[[int, int], None],
    control: RunControl | None = None,
    is_watched: bool = False,
    span: int | None = None,
) -> int:
    """Advance `simulator` by all steps of `inputs`, or until `control` stops it, giving each block to `write`.

    `report` may raise Cancelled. A run that is watched goes in shorter spans. Returns the length of a span that suited
    this program; given as `span`, the next run of it begins with that.
    """
    done, span = 0, span or (1 if is_watched else FIRST_SPAN)
    span_s = WATCHED_SPAN_S if is_watched else SPAN_S

    def waiting() -> None:
        report(done, inputs.steps)

    while done < inputs.steps:
        report(done, inputs.steps)
        ticks = min(span, inputs.steps - done)
        if control is not None:
            ticks = control.grant(ticks, waiting)
            if not ticks:
                return span
        started = time.perf_counter()
        block = simulator.advance(ticks, _between(inputs, done, done + ticks))
        # None is complete yet while a PE is far behind.
        if block.ticks:
            write(block)
        done += ticks
        if ticks == span and time.perf_counter() - started < span_s / 2:
            span = min(span * 2, LONGEST_SPAN)
    report(done, inputs.steps)
    return span


def _all(write: Callable[[TickBlock], None], watch: Callable[[TickBlock], None] | None) -> Callable[[TickBlock], None]:
    if watch is None:
        return write

    def both(block: TickBlock) -> None:
        write(block)
        watch(block)

    return both


def _between(inputs: RunInputs, start: int, stop: int) -> dict[str, Any]:
    return {name: train.between(start, stop) for name, train in inputs.stimulus.items()}


def _options(project: Project) -> dict[str, Any]:
    """Return what the user asked for; paths are left out: the files themselves are copied."""
    return {
        "lowering": asdict(project.lowering),
        "mapping": project.mapping,
        "run": project.run,
        "stimulus": [
            {"population": source.population, "poisson_hz": source.poisson_hz, "events": source.events}
            for source in project.stimuli
        ],
    }


def _input_files(project: Project) -> tuple[InputFile, ...]:
    """Return the files a run is made from; a network made in Python has none."""
    named = [("project", project.document), ("model", project.model), ("mapping", project.mapping_file)]
    named += [("stimulus", source.path) for source in project.stimuli]
    return tuple(InputFile(role, path) for role, path in named if path is not None and path.is_file())
