"""`s2studio export`: a session, or a model, in a form that other tools read."""

from __future__ import annotations

from collections.abc import Collection
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
    str,
    typer.Option("--format", help="csv, parquet, hdf5, json, chrome, report; spinnaker2 and nir (also of a model)."),
]
Target = Annotated[Path | None, typer.Option("-o", "--output", metavar="PATH", help="Where to write: folder or file.")]
Channels = Annotated[
    list[str] | None,
    typer.Option("--channels", metavar="NAME", help="spikes, voltages, pe, links, power or summary; repeatable."),
]
From = Annotated[float | None, typer.Option("--from", metavar="T", help="First moment, in s of chip time.")]
To = Annotated[float | None, typer.Option("--to", metavar="T", help="Moment to stop before, in s of chip time.")]
Run = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]
Estimate = Annotated[bool, typer.Option("--estimate", help="Print rows and bytes, and write nothing.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


@takes(LOWERING, MAPPING, STIMULUS, RUN)
def export(
    source: Source,
    given: Given,
    output: Target = None,
    format: Format = "csv",  # noqa: A002 - the option's name
    channels: Channels = None,
    start: From = None,
    stop: To = None,
    run: Run = 0,
    estimate: Estimate = False,
    overwrite: Overwrite = False,
) -> None:
    """Write a session's tables for other programs, or a network for a board."""
    if output is None and (source.is_file() or not estimate):
        raise UsageError("--output", "is missing", hint="name a folder or a file, or, for a session, add --estimate")
    if source.is_file() and output is not None:
        from s2studio.app.model_export import export_model

        with workbench(apply(open_project(source), given), quiet=False) as bench:
            export_model(bench, format, output, overwrite)
        return
    options = [name for name, value in given.items() if value]
    if options:
        found = f"--{options[0].replace('_', '-')} is about a model"
        raise UsageError(f"export of {source}", found, hint="a session was run already: leave it out")
    window = Window(start, stop)
    if estimate or output is None:
        name = "" if output is None else output.name
        _print_estimate(source, format, window, run, channels or (), name)
        return
    with workbench(Project(source), quiet=False) as bench:
        bench.export(source, format, output, window, run, overwrite, channels or ())


def _print_estimate(
    session: Path, format_name: str, window: Window, run: int, channels: Collection[str], name: str
) -> None:
    from s2studio.app.session_export import estimate

    found = estimate(session, format_name, window, run, channels, name=name)
    for channel, rows in found.rows.items():
        print(f"{channel:10}{rows:>15,} rows")
    print(f"{'total':10}{found.bytes:>15,} B" + ("" if found.is_exact else ", about"))
