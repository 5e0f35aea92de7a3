"""`s2studio run`: model or project to a profiled session; `s2studio demo`: the same for a sample that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import Project, open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.layers import DEEP, is_deep, refuse_deep_options, run_deep
from s2studio.cli.monitor import workbench
from s2studio.cli.options import ENGINE, LOWERING, MAPPING, RUN, SETTINGS, STIMULUS, AsJson, Given, ModelOrScript, apply
from s2studio.errors import UsageError
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


ScriptArguments = Annotated[
    list[str] | None, typer.Argument(metavar="[-- ARGUMENTS]", help="What a script finds in sys.argv.")
]


@takes(LOWERING, MAPPING, STIMULUS, RUN, SETTINGS, ENGINE, DEEP)
def run(
    model: ModelOrScript,
    given: Given,
    script_arguments: ScriptArguments = None,
    output: Output = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Lower, map and simulate a network, or run a script for the board, and write a session with its profile."""
    from s2studio.session.target import free_path

    target = output or free_path(Path(f"{model.stem}.s2s"))
    if model.suffix == ".py":
        from s2studio.cli.script import run_script

        run_script(model, script_arguments or [], given, target, overwrite, as_json)
        return
    if is_deep(model):
        run_deep(model, given, target, overwrite, as_json)
        return
    refuse_deep_options(given)
    if script_arguments:
        found = f"unexpected: {' '.join(script_arguments)}"
        raise UsageError("run", found, "only a script (.py) takes arguments")
    _run(apply(open_project(model), given), target, overwrite, as_json)


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
