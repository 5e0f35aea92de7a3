"""`advise` as a use case: a model or a session asked what to change, and a fix applied to its project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from s2studio.analysis.advise import Advice, Fix, advise
from s2studio.analysis.timed import timed
from s2studio.app.counted import Subject, subject_of
from s2studio.app.inputs import record_of
from s2studio.app.project import Project
from s2studio.app.project_writer import MAPPING_NAME, write_project
from s2studio.app.workbench import Workbench
from s2studio.errors import MappingError, UsageError

Record = Mapping[str, frozenset[str]]


def advise_on(bench: Workbench, wanted_tick_s: float | None, run: int = 0) -> tuple[Advice, Project | None]:
    """Return advice on what `bench` works on, and the project that its fixes are applied to (None: there is none).

    A model whose recording does not fit is advised with less of it, which every fix then includes.
    """
    if bench.project.model.is_dir():
        subject = subject_of(bench, run)
        return advise(subject.run, subject.network, subject.rerun, wanted_tick_s), subject.project
    try:
        subject = subject_of(bench)
    except MappingError as problem:
        less, subject = _with_less_recording(bench, problem)
        advice = advise(subject.run, subject.network, subject.rerun, wanted_tick_s)
        return _including(advice, less, subject, problem), subject.project
    return advise(subject.run, subject.network, subject.rerun, wanted_tick_s), subject.project


def applied(project: Project | None, advice: Advice, number: int, path: Path) -> tuple[Project, Fix]:
    """Write the project with fix `number` (from 1) of `advice` to `path` and return both; the project itself stays."""
    if project is None:
        raise UsageError("--apply", "the session does not hold the model it ran", hint="advise the project instead")
    if not 1 <= number <= len(advice.fixes):
        raise UsageError(f"--apply {number}", "there is no such fix", f"there are {len(advice.fixes)}")
    fix = advice.fixes[number - 1]
    options = replace(project.run, tick_s=fix.tick_s)
    if fix.policy is not None:
        options = replace(options, level=fix.policy)
    if fix.record is not None:
        options = replace(options, record=fix.record)
    changed = replace(project, run=options)
    if fix.mapping is not None:
        check_mapping_name(path)
        changed = replace(changed, mapping=fix.mapping.options, traffic=None)
    return write_project(changed, path, fix.mapping), fix


def check_mapping_name(path: Path) -> None:
    """Refuse to write the new project `path` where that would replace the mapping of another project."""
    mapping = path.resolve().parent / MAPPING_NAME
    if mapping.exists() and not path.exists():
        hint = "write to a folder of its own"
        raise UsageError(f"-o {path}", f"{mapping} is there and may belong to another project", hint=hint)


def _with_less_recording(bench: Workbench, problem: MappingError) -> tuple[Record, Subject]:
    """Return the most recording that fits, voltages being left out first, and the project run with it."""
    network = bench.lower().network
    record, last = dict(record_of(bench.project.run.record, network)), problem
    while True:
        over = {each.population for each in last.violations if each.region == "record" and each.population in record}
        if not over:
            raise problem
        for name in over:
            record[name] = _less(record[name])
        record = {name: kept for name, kept in record.items() if kept}
        try:
            return record, subject_of(
                bench.beside(replace(bench.project, run=replace(bench.project.run, record=record)))
            )
        except MappingError as again:
            last = again


def _less(kept: frozenset[str]) -> frozenset[str]:
    return kept - {"v"} if "v" in kept else frozenset()


def _including(advice: Advice, less: Record, subject: Subject, problem: MappingError) -> Advice:
    outcome = timed(subject.run).outcome
    names = sorted({each.population for each in problem.violations if each.population is not None})
    fix = Fix(
        kind="record",
        title=f"record less of {', '.join(map(repr, names))}",
        why=f"it does not fit: {problem.violations[0].found}, {problem.violations[0].limit}",
        after=outcome,
        saved_tick_s=0.0,
        saved_j=0.0,
        saved_ends_j=(0.0, 0.0),
        tick_s=subject.run.tick_s,
        record=less,
    )
    others = tuple(each if each.record is not None else replace(each, record=less) for each in advice.fixes)
    return replace(advice, fixes=(fix, *others), violations=problem.violations)
