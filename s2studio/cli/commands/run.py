"""`s2studio run`: model or project to a profiled session; `s2studio demo`: the same for a sample that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import Project, open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, RUN, STIMULUS, AsJson, Given, Model, apply
from s2studio.resources import resource_path

DEMO = "event_digits"
DEMO_DATA = ("recordings", 1e-3)

Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="OUT.s2s", help="The session to write (default: MODEL.s2s, numbered)."),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace an existing session once the new one is complete.")
]


@takes(LOWERING, MAPPING, STIMULUS, RUN)
def run(
    model: Model, given: Given, output: Output = None, overwrite: Overwrite = False, as_json: AsJson = False
) -> None:
    """Lower, map and simulate a network, and write a session with its profile."""
    project = apply(open_project(model), given)
    _run(project, output or _free_name(Path(f"{model.stem}.s2s")), overwrite, as_json)


@takes()
def demo(output: Output = None, as_json: AsJson = False) -> None:
    """Run a sample that ships with s2studio: digits seen by an event camera, classified by a spiking CNN."""
    import platformdirs

    sample = resource_path("sample_projects", DEMO)
    data, bin_s = DEMO_DATA
    target = output or Path(platformdirs.user_data_dir("s2studio")) / "sessions" / f"{DEMO}.s2s"
    with workbench(open_project(sample / "project.yaml"), quiet=as_json) as bench:
        run_summary = bench.run(target, overwrite=output is None)
        evaluation = bench.evaluate(sample / data, None, bin_s, 16, None)
    if as_json:
        print_json({"run": run_summary, "evaluation": evaluation})
    else:
        from s2studio.cli.show import show_demo

        show_demo(run_summary, evaluation)


def _run(project: Project, target: Path, overwrite: bool, as_json: bool) -> None:
    with workbench(project, quiet=as_json) as bench:
        summary = bench.run(target, overwrite)
    if as_json:
        print_json(summary)
    else:
        from s2studio.cli.show import show_run

        show_run(summary)


def _free_name(wanted: Path) -> Path:
    """Return `wanted`, or the first of `NAME-2.s2s`, `NAME-3.s2s` ... that does not exist."""
    name, number = wanted, 1
    while name.exists():
        number += 1
        name = wanted.with_stem(f"{wanted.stem}-{number}")
    return name
