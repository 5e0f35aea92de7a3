"""`s2studio import`: what a board returned, as a measured session that compares with a simulated one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import Project, open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, RUN, AsJson, Given, apply
from s2studio.errors import UsageError

Files = Annotated[
    list[Path], typer.Argument(metavar="RESULTS.npz|csv ...", help="What the board returned, of one run.")
]
Session = Annotated[
    Path | None, typer.Option("--session", metavar="S.s2s", help="The simulation of what the board ran.")
]
SessionRun = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]
Model = Annotated[
    Path | None,
    typer.Option("--model", metavar="MODEL|PROJECT.yaml", help="The model that the board ran, with --mapping M.yaml."),
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="OUT.s2s", help="The session to write.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing session.")]


@takes(LOWERING, MAPPING, RUN)
def import_results(
    files: Files,
    output: Output,
    given: Given,
    session: Session = None,
    run: SessionRun = 0,
    model: Model = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Make a session marked as measured from what a board returned: spikes, voltages, time_done, n_packets, power."""
    if (session is None) == (model is None):
        hint = "add --session S.s2s, or --model MODEL --mapping M.yaml"
        raise UsageError("import", "what the board ran is not said", "a session or a model is needed", hint)
    project = Project(session) if session is not None else apply(open_project(model or Path()), given)
    with workbench(project, quiet=as_json) as bench:
        if session is not None:
            _check_unused(given)
        summary = bench.import_results(files, output, session, run, overwrite)
    if as_json:
        print_json(summary)
    else:
        from s2studio.cli.show_measured import show_measured

        show_measured(summary)


def _check_unused(given: Given) -> None:
    options = [name for name, value in given.items() if value]
    if options:
        found = f"--{options[0].replace('_', '-')} is about a model"
        raise UsageError("import", found, hint="the session says how it was mapped and run: leave it out")
