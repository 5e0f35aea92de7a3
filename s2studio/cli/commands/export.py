"""`s2studio export`: a session, or a model, in a form that other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import Project, open_project
from s2studio.cli.command import takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, RUN, STIMULUS, Given, apply
from s2studio.errors import UsageError
from s2studio.session.window import Window

Source = Annotated[
    Path, typer.Argument(metavar="SESSION|MODEL", help="A session folder (NAME.s2s), or a model or project.")
]
Format = Annotated[
    str, typer.Option("--format", help="csv, report (one HTML file); spinnaker2, nir (also of a model).")
]
Folder = Annotated[
    Path, typer.Option("-o", "--output", metavar="FOLDER|FILE", help="Where to write: a folder, of a report a file.")
]
From = Annotated[float | None, typer.Option("--from", metavar="T", help="First moment, in s of chip time.")]
To = Annotated[float | None, typer.Option("--to", metavar="T", help="Moment to stop before, in s of chip time.")]
Run = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


@takes(LOWERING, MAPPING, STIMULUS, RUN)
def export(
    source: Source,
    output: Folder,
    given: Given,
    format: Format = "csv",  # noqa: A002 - the option's name
    start: From = None,
    stop: To = None,
    run: Run = 0,
    overwrite: Overwrite = False,
) -> None:
    """Write a session's tables for other programs, or a network for a board."""
    if source.is_file():
        from s2studio.app.model_export import export_model

        with workbench(apply(open_project(source), given), quiet=False) as bench:
            export_model(bench, format, output, overwrite)
        return
    options = [name for name, value in given.items() if value]
    if options:
        found = f"--{options[0].replace('_', '-')} is about a model"
        raise UsageError(f"export of {source}", found, hint="a session was run already: leave it out")
    with workbench(Project(source), quiet=False) as bench:
        bench.export(source, format, output, Window(start, stop), run, overwrite)
