"""`s2studio levels`: thresholds and level policies by energy and deadline, priced from one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import (
    LOWERING,
    MAPPING,
    RUN,
    SETTINGS,
    STIMULUS,
    AsJson,
    Given,
    RunNumber,
    Subject,
    subject_project,
)
from s2studio.errors import UsageError

# What a change of level costs can be given for a session too, which has been run already.
_SETTINGS = {name: SETTINGS[name] for name in ("sleep_level", "unused_pes")}

Tick = Annotated[
    float | None, typer.Option("--tick", metavar="S", help="The tick to choose for, in s (default: the project's).")
]
SwitchTime = Annotated[
    float | None,
    typer.Option("--switch-time", metavar="S", help="Time of a change of level (default: the chip file's)."),
]
SwitchEnergy = Annotated[
    float | None,
    typer.Option(
        "--switch-energy", metavar="J", help="Energy of a change of level besides (default: the chip file's)."
    ),
]
Write = Annotated[
    Path | None,
    typer.Option("--write", metavar="PROJECT.yaml", help="Write the project with the chosen level and tick."),
]


@takes(LOWERING, MAPPING, STIMULUS, {"mapping": RUN["mapping"]}, _SETTINGS)
def levels(
    subject: Subject,
    given: Given,
    tick: Tick = None,
    switch_time: SwitchTime = None,
    switch_energy: SwitchEnergy = None,
    run: RunNumber = 0,
    write: Write = None,
    as_json: AsJson = False,
) -> None:
    """Compare level policies at several ticks, choose thresholds, and say which policy wins and why."""
    from s2studio.app.levels import write_choice

    for option, value in (("--tick", tick), ("--switch-time", switch_time), ("--switch-energy", switch_energy)):
        if value is not None and not (0 <= value < float("inf") and (value or option != "--tick")):
            raise UsageError(option, f"{value:g}", "a positive number is expected")
    with workbench(subject_project(subject, given), quiet=as_json) as bench:
        study, project = bench.levels(tick, switch_time, switch_energy, run)
    if write is not None:
        write_choice(project, study, write)
    if as_json:
        print_json(study.as_dict() | {"written": None if write is None else str(write)})
    else:
        from s2studio.cli.show_levels import show_levels

        show_levels(study, write)
