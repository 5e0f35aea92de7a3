"""`s2studio lower`: what lowering does to a network's weights, and float against chip, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, STIMULUS, AsJson, Given, Model, apply

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Compare on all stimulus files of a folder, as `evaluate` does."),
]
Labels = Annotated[
    Path | None,
    typer.Option("--labels", metavar="FILE", help="CSV with file,label (default: labels.csv in the folder)."),
]
Label = Annotated[int | None, typer.Option("--label", metavar="N", help="The right output neuron of --input.")]
Chip = Annotated[str | None, typer.Option("--chip", metavar="NAME|FILE", help="Chip by name or YAML file.")]


@takes(LOWERING, STIMULUS)
def lower_command(
    model: Model,
    given: Given,
    data: Data = None,
    labels: Labels = None,
    label: Label = None,
    chip: Chip = None,
    as_json: AsJson = False,
) -> None:
    """Lower a network to integers and say what that costs; with a stimulus, float against chip, layer by layer."""
    project = apply(open_project(model), {**given, "chip": chip})
    with workbench(project, quiet=as_json) as bench:
        about = bench.bench_lowering(data, labels, label, given["bin"])
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show import show_lowering

        show_lowering(about)
