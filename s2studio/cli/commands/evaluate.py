"""`s2studio evaluate`: a data set through a network: accuracy, energy and latency per sample."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.loading import LAYER_SUFFIXES
from s2studio.app.project import Project, open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import ENGINE, LOWERING, MAPPING, RUN, SETTINGS, AsJson, Given, Model, apply

Data = Annotated[
    Path,
    typer.Option("--data", metavar="DATA", help="A folder of stimulus files, or of one per label; or an .npz or .npy."),
]
Labels = Annotated[
    Path | None,
    typer.Option("--labels", metavar="FILE", help="CSV with file,label (default: labels.csv in the folder), or .npy."),
]
Batch = Annotated[int, typer.Option("--batch", metavar="N", help="Samples side by side (default: 16).")]
Steps = Annotated[int | None, typer.Option("--steps", metavar="N", help="Ticks (default: as each sample needs).")]
Bin = Annotated[float | None, typer.Option("--bin", metavar="S", help="Length of a bin of event recordings, in s.")]
Table = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="TABLE.csv", help="A row per sample; run again, it goes on from there."),
]


Calibration = Annotated[
    Path | None,
    typer.Option(
        "--calibration", metavar="FILE", help="Of a deep network: samples that choose the int8 steps (default: DATA)."
    ),
]


@takes(LOWERING, MAPPING, RUN, SETTINGS, ENGINE)
def evaluate(
    model: Model,
    data: Data,
    given: Given,
    labels: Labels = None,
    batch: Batch = 16,
    steps: Steps = None,
    bin: Bin = None,  # noqa: A002 - as --bin
    output: Table = None,
    calibration: Calibration = None,
    as_json: AsJson = False,
) -> None:
    """Run every sample of a data set: accuracy, confusion matrix, energy and latency with their spread."""
    project = apply(open_project(model), {**given, "steps": steps})
    if project.model.suffix in LAYER_SUFFIXES:
        _evaluate_layers(project, data, labels, calibration, as_json)
        return
    with workbench(project, quiet=as_json) as bench:
        summary = bench.evaluate(data, labels, bin, batch, output)
    if as_json:
        print_json(summary)
    else:
        from s2studio.cli.show import show_evaluation

        show_evaluation(summary)


def _evaluate_layers(
    project: Project, data: Path, labels: Path | None, calibration: Path | None, as_json: bool
) -> None:
    from s2studio.app.evaluate_layers import describe_evaluation

    with workbench(project, quiet=as_json) as bench:
        graph, found = bench.layers.evaluate(data, labels, calibration)
        about = describe_evaluation(graph, found, bench.machine().spec)
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show_layers import show_layer_evaluation

        show_layer_evaluation(about)
