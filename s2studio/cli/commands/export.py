"""`s2studio export`: a session in a form that other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import Project
from s2studio.cli.command import takes
from s2studio.cli.monitor import workbench
from s2studio.session.window import Window

Session = Annotated[Path, typer.Argument(metavar="SESSION", help="A session folder (NAME.s2s).")]
Format = Annotated[str, typer.Option("--format", help="csv.")]
Folder = Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to write.")]
From = Annotated[float | None, typer.Option("--from", metavar="T", help="First moment, in s of chip time.")]
To = Annotated[float | None, typer.Option("--to", metavar="T", help="Moment to stop before, in s of chip time.")]
Run = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is in the folder.")]


@takes()
def export(
    session: Session,
    output: Folder,
    format: Format = "csv",  # noqa: A002 - the option's name
    start: From = None,
    stop: To = None,
    run: Run = 0,
    overwrite: Overwrite = False,
) -> None:
    """Write a session's tables for other programs."""
    with workbench(Project(session), quiet=False) as bench:
        bench.export(session, format, output, Window(start, stop), run, overwrite)
