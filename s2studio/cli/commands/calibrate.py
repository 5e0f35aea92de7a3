"""`s2studio calibrate`: narrow the chip's cycle costs by what a board measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import Project
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import AsJson

Session = Annotated[Path, typer.Argument(metavar="SESSION", help="The simulation of what the board ran.")]
Board = Annotated[
    list[Path],
    typer.Option("--board", metavar="RESULTS", help="A measured session, or a .npz or .csv that the board returned."),
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="CHIP.yaml", help="The chip file to write.")]
Number = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]


@takes()
def calibrate(session: Session, board: Board, output: Output, run: Number = 0, as_json: AsJson = False) -> None:
    """Fit the chip's cycle costs to a measurement: a chip file, and how far every interval narrows."""
    from s2studio.analysis.chip_file import check_target

    check_target(output, "--output")
    with workbench(Project(session), quiet=as_json) as bench:
        found = bench.calibrate_by_board(session, board, run, output)
    if as_json:
        print_json({"chip": str(output)} | found.as_dict())
    else:
        from s2studio.cli.show_calibration import show_calibration

        show_calibration(found, output)
