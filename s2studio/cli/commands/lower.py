"""`s2studio lower`: what lowering does to a network's weights, and float against chip, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.loading import LAYER_SUFFIXES, load_layers
from s2studio.app.project import Project, open_project
from s2studio.chip.loader import load_chip
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, STIMULUS, AsJson, Given, Model, apply

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FOLDER|FILE", help="Compare on a folder of stimuli, as `evaluate` does; .onnx: on a .npy."
    ),
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
    if project.model.suffix in LAYER_SUFFIXES:
        _lower_layers(project, data, as_json)
        return
    with workbench(project, quiet=as_json) as bench:
        about = bench.bench_lowering(data, labels, label, given["bin"])
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show import show_lowering

        show_lowering(about)


def _lower_layers(project: Project, data: Path | None, as_json: bool) -> None:
    from s2studio.app.lower_layers import describe_lowered

    about = describe_lowered(load_layers(project.model), data or project.calibration, load_chip(project.chip))
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show_layers import show_int8

        show_int8(about)
