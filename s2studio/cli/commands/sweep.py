"""`s2studio sweep`: a grid of options, each combination run on the same samples, and which ones no other beats."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import Project, open_project
from s2studio.app.sweep import DataSet, Point
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, RUN, SETTINGS, STIMULUS, AsJson, Given, Model, apply, event_options
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.network.stimulus.events import EventOptions

# What can be varied, by the name of its option, and whether that takes several values.
KEYS: Mapping[str, bool] = {
    **dict.fromkeys(("dt", "integrator", "reset", "scale", "rounding"), False),
    **dict.fromkeys(("placer", "routing", "seed", "chip", "runtime"), False),
    **dict.fromkeys(("tick", "steps", "bin"), False),
    **dict.fromkeys(("neurons_per_pe", "level"), True),
}
# What a saved mapping has decided already.
OF_MAPPING = ("placer", "routing", "neurons_per_pe")

Over = Annotated[
    list[str] | None,
    typer.Option("--over", metavar="OPTION=V,V,...", help=f"Option to vary: {', '.join(KEYS)} (repeatable)."),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Run all stimulus files of a folder, as `evaluate` does."),
]
Labels = Annotated[
    Path | None,
    typer.Option("--labels", metavar="FILE", help="CSV with file,label (default: labels.csv in the folder)."),
]
Label = Annotated[int | None, typer.Option("--label", metavar="N", help="The right output neuron of --input.")]
Jobs = Annotated[int | None, typer.Option("--jobs", metavar="N", help="Combinations at once (default: one per core).")]
Table = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="TABLE.csv", help="A row per combination; run again, it goes on from there."
    ),
]


@takes(LOWERING, MAPPING, STIMULUS, RUN, SETTINGS)
def sweep(
    model: Model,
    given: Given,
    output: Table,
    over: Over = None,
    data: Data = None,
    labels: Labels = None,
    label: Label = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Run every combination of options on the same samples: accuracy, energy, PEs, smallest safe tick."""
    project = apply(open_project(model), given)
    points = points_of(project, given, over or [])
    with workbench(project, quiet=as_json) as bench:
        summary = bench.sweep(points, DataSet(data, labels, label), output, _jobs(jobs))
    if as_json:
        print_json(summary)
    else:
        from s2studio.cli.show import show_sweep

        show_sweep(summary, output)


def points_of(project: Project, given: Given, over: Sequence[str]) -> list[Point]:
    """Return every combination of the values in `over`, OPTION=V,V,... each, on top of `project` and `given`.

    Raises UsageError for an option that cannot be varied, stands twice or has no values, or a malformed value.
    """
    grid: dict[str, list[str]] = {}
    for text in over:
        name, _, values = text.partition("=")
        key = name.strip().removeprefix("--").replace("-", "_")
        if key not in KEYS:
            raise UsageError(f"--over {text}", f"'{name}' cannot be varied", hint=nearest(key, KEYS))
        if project.mapping_file is not None and key in OF_MAPPING:
            raise UsageError(f"--over {text}", "the mapping is read from a file", hint="leave one of the two out")
        if key in grid:
            raise UsageError(f"--over {text}", f"'{name}' stands twice", hint="give all its values at once")
        grid[key] = list(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
        if not grid[key]:
            raise UsageError(f"--over {text}", "no values", hint=f"write --over {name}=FIRST,SECOND")
    if not grid:
        raise UsageError("--over", "it is missing", hint="for example --over scale=max,percentile:99.9")
    return [
        _point(project, given, dict(zip(grid, values, strict=True))) for values in itertools.product(*grid.values())
    ]


def _jobs(asked: int | None) -> int:
    return asked if asked is not None else os.cpu_count() or 1


def _point(project: Project, given: Given, settings: Mapping[str, str]) -> Point:
    changed = {key: [value] if KEYS[key] else value for key, value in settings.items()}
    bin_s = event_options(EventOptions(), {"bin": given["bin"], **changed}).bin_s
    return Point(settings, apply(project, changed), bin_s)
