"""`s2studio why`: from a late tick or a lost packet to its cause."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.chip.machine import PE
from s2studio.cli.command import print_json, takes
from s2studio.cli.look import SIZE, Size, ThemeName, look_of
from s2studio.cli.options import AsJson

Session = Annotated[Path, typer.Argument(metavar="SESSION", help="A simulated session.")]
Tick = Annotated[int | None, typer.Option("--tick", metavar="T", help="The tick (default: the first with trouble).")]
OnPe = Annotated[
    str | None, typer.Option("--pe", metavar="PE", help="'PE(x, y, p)' (default: the one with most trouble in it).")
]
Number = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]
Sample = Annotated[int, typer.Option("--sample", metavar="N", help="Which sample of a batch.")]
Picture = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Draw the routes on the mesh too: a .svg, .png or .pdf file."),
]


@takes()
def why_command(
    session: Session,
    tick: Tick = None,
    pe: OnPe = None,
    run: Number = 0,
    sample: Sample = 0,
    output: Picture = None,
    theme: ThemeName = "light",
    size: Size = SIZE,
    as_json: AsJson = False,
) -> None:
    """Say why a PE was late or lost packets in a tick: phases, queue, senders with their routes, and since when."""
    from s2studio.analysis.forensics import why
    from s2studio.session.reader import open_session

    of = open_session(session).run(run)
    found = why(of, tick, None if pe is None else PE.parse(pe), sample)
    if output is not None:
        from s2studio.app.scene import draw_why
        from s2studio.draw.save import save_picture

        save_picture(draw_why(of, found, look_of(theme, size)), output)
    if as_json:
        print_json({"session": str(session), "run": run, "sample": sample} | found.as_dict())
    else:
        from s2studio.cli.show_why import show_why

        show_why(found)
