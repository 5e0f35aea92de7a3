"""`s2studio render`: a picture of a model on the chip or of a session, without a window or a display."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import Project, open_project
from s2studio.cli.command import takes
from s2studio.cli.look import SIZE, Size, ThemeName, look_of
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, STIMULUS, Given, apply
from s2studio.session.window import Window

Subject = Annotated[Path, typer.Argument(metavar="MODEL|PROJECT.yaml|SESSION", help="A model, project or session.")]
ViewName = Annotated[
    str | None,
    typer.Option(
        "--view",
        metavar="VIEW",
        help="mesh, raster, power, tick, deadline, utilisation, traffic, why or network (default: mesh); of deep "
        "networks schedule or layers (default: schedule).",
    ),
]
MetricName = Annotated[
    str | None,
    typer.Option(
        "--metric",
        metavar="M",
        help="What the mesh shows of each PE: memory, neurons, packets, synaptic_events, spikes, utilisation, "
        "time_done, energy or level (default: its population).",
    ),
]
File = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="A .svg, .png or .pdf file.")]
From = Annotated[float | None, typer.Option("--from", metavar="T", help="First moment, in s of chip time.")]
To = Annotated[float | None, typer.Option("--to", metavar="T", help="Moment to stop before, in s of chip time.")]
Run = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]


@takes(LOWERING, MAPPING, STIMULUS)
def render(
    subject: Subject,
    output: File,
    given: Given,
    view: ViewName = None,
    metric: MetricName = None,
    theme: ThemeName = "light",
    size: Size = SIZE,
    start: From = None,
    stop: To = None,
    run: Run = 0,
) -> None:
    """Draw a picture: the mesh, spikes, power, deadlines, utilisation, traffic, a cause, the network."""
    from s2studio.draw.save import check_picture_path

    look = look_of(theme, size)
    check_picture_path(output)
    project = Project(subject) if subject.is_dir() else apply(open_project(subject), given)
    with workbench(project, quiet=False) as bench:
        bench.render(output, view, metric, look, Window(start, stop), run)
