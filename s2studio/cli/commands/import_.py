"""`s2studio import`: what a board returned, as a measured session; a deep network in torch's formats, as ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.import_model import MODEL_SUFFIXES, import_model
from s2studio.app.project import Project, open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, RUN, AsJson, Given, apply
from s2studio.errors import UsageError
from s2studio.network.readers.model_child import WEIGHT_SUFFIXES

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="RESULTS.npz|csv ...|MODEL.pt2|py|onnx", help="What the board returned, of one run; or a deep network."
    ),
]
Session = Annotated[
    Path | None, typer.Option("--session", metavar="S.s2s", help="The simulation of what the board ran.")
]
SessionRun = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]
Model = Annotated[
    Path | None,
    typer.Option("--model", metavar="MODEL|PROJECT.yaml", help="The model that the board ran, with --mapping M.yaml."),
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="OUT.s2s|MODEL.onnx", help="The session or the model to write.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
RunCode = Annotated[
    bool,
    typer.Option("--run-code", help="Yes, run the code in a .pt2 or .py, with your rights, in a process of its own."),
]
Weights = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", help="Of a deep network: .safetensors, or a state dict of torch."),
]


@takes(LOWERING, MAPPING, RUN)
def import_results(
    files: Files,
    output: Output,
    given: Given,
    session: Session = None,
    run: SessionRun = 0,
    model: Model = None,
    overwrite: Overwrite = False,
    run_code: RunCode = False,
    weights: Weights = None,
    as_json: AsJson = False,
) -> None:
    """Make a session of what a board returned (spikes, voltages, time_done, n_packets, power), or ONNX of a module."""
    if files[0].suffix in MODEL_SUFFIXES:
        _import_model(files, output, weights, run_code, overwrite, as_json)
        return
    if files[0].suffix in WEIGHT_SUFFIXES:
        hint = f"give the model that they belong to: import MODEL.py --weights {files[0].name}"
        raise UsageError(files[0].name, "it holds weights alone", "a model is needed", hint)
    if (session is None) == (model is None):
        hint = "add --session S.s2s, or --model MODEL --mapping M.yaml"
        raise UsageError("import", "what the board ran is not said", "a session or a model is needed", hint)
    project = Project(session) if session is not None else apply(open_project(model or Path()), given)
    with workbench(project, quiet=as_json) as bench:
        if session is not None:
            _check_unused(given)
        summary = bench.import_results(files, output, session, run, overwrite)
    if as_json:
        print_json(summary)
    else:
        from s2studio.cli.show_measured import show_measured

        show_measured(summary)


def _import_model(
    files: list[Path], output: Path, weights: Path | None, agreed: bool, overwrite: bool, as_json: bool
) -> None:
    if len(files) > 1:
        raise UsageError("import", f"{len(files)} files", "one model at a time is imported", "weights go to --weights")
    made = import_model(files[0], output, weights, agreed, overwrite)
    layers, unsupported = len(made.graph.layers), len(made.graph.unsupported)
    if as_json:
        counts = {"layers": layers, "parameters": made.graph.parameters, "unsupported": unsupported}
        print_json({"model": str(made.path), **counts})
    else:
        from s2studio.cli.tables import new_console

        said = f", {unsupported:,} of them not covered: see `s2studio info`" if unsupported else ""
        new_console().print(f"saved {made.path}, {layers:,} layers{said}", markup=False)


def _check_unused(given: Given) -> None:
    options = [name for name, value in given.items() if value]
    if options:
        found = f"--{options[0].replace('_', '-')} is about a model"
        raise UsageError("import", found, hint="the session says how it was mapped and run: leave it out")
