"""`levels` as a use case: level policies of a model or session compared, and the choice put into a project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from s2studio.analysis.levels import LevelStudy, Switching, chip_switching, study_levels
from s2studio.app.counted import subject_of
from s2studio.app.project import Project
from s2studio.app.project_writer import write_project
from s2studio.app.workbench import Workbench
from s2studio.errors import UsageError


def levels_on(
    bench: Workbench, tick_s: float | None, switch_time_s: float | None, switch_energy_j: float | None, run: int = 0
) -> tuple[LevelStudy, Project | None]:
    """Return the policies of what `bench` works on, and the project their choice goes into (None: there is none)."""
    subject = subject_of(bench, run)
    cost = chip_switching(subject.run.spec)
    switching = Switching(
        cost.time_s if switch_time_s is None else switch_time_s,
        cost.energy_j if switch_energy_j is None else switch_energy_j,
    )
    return study_levels(subject.run, tick_s, switching, bench.progress("levels")), subject.project


def write_choice(project: Project | None, study: LevelStudy, path: Path) -> Project:
    """Write `project` with the tick and the level of the study's choice to `path`, and return it."""
    if project is None:
        raise UsageError("--write", "the session does not hold the model it ran", hint="give the project instead")
    options = replace(project.run, tick_s=study.choice.tick_s, level=study.policy)
    return write_project(replace(project, run=options), path)
