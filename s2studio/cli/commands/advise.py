"""`s2studio advise`: what sets the smallest safe tick, how much room there is, and what to change first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.cli.command import print_json, takes
from s2studio.cli.layers import DATA, DEEP, advise_deep, is_deep, is_run_of_layers, refuse_deep_options
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

_RUN = {name: RUN[name] for name in ("mapping", "level")}

Tick = Annotated[
    float | None, typer.Option("--tick", metavar="S", help="The tick to reach, in s (default: the shortest there is).")
]
Apply = Annotated[int | None, typer.Option("--apply", metavar="N", help="Apply fix N, and write the project to -o.")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="PROJECT.yaml", help="The project that --apply writes.")
]


@takes(LOWERING, MAPPING, STIMULUS, _RUN, SETTINGS, DEEP, DATA)
def advise(
    subject: Subject,
    given: Given,
    tick: Tick = None,
    run: RunNumber = 0,
    apply_fix: Apply = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Say what sets the smallest safe tick, how much room each PE has, and what to change first, with its gain."""
    from s2studio.app.advise import applied

    if is_deep(subject) or is_run_of_layers(subject, run):
        advise_deep(subject, given, run, as_json)
        return
    refuse_deep_options(given)
    if (apply_fix is None) != (output is None):
        raise UsageError("--apply", "it goes together with -o", hint="--apply N -o PROJECT.yaml")
    if tick is not None and not 0 < tick < float("inf"):
        raise UsageError("--tick", f"{tick:g}", "a positive number is expected")
    with workbench(subject_project(subject, given), quiet=as_json) as bench:
        advice, project = bench.advise(tick, run)
    written = None
    if apply_fix is not None and output is not None:
        applied(project, advice, apply_fix, output)
        written = output
    if as_json:
        print_json(advice.as_dict() | {"applied": apply_fix, "written": None if written is None else str(written)})
    else:
        from s2studio.cli.show_advise import show_advice

        show_advice(advice, project is not None, apply_fix, written)
