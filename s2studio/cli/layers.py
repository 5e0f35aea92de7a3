"""The options of commands for deep networks, and what they do with a model file of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from s2studio.app.loading import LAYER_SUFFIXES
from s2studio.chip.machine import PE
from s2studio.cli.command import print_json
from s2studio.cli.monitor import workbench
from s2studio.errors import UsageError

if TYPE_CHECKING:
    from s2studio.mapping.layers.beside import Beside
    from s2studio.mapping.layers.mapping import LayerOptions

_PANEL = "Deep networks (.onnx)"
DEEP: Mapping[str, Any] = {
    "dram": Annotated[
        float | None,
        typer.Option("--dram", metavar="GB/S", help="Rate of the DRAM (default: 4).", rich_help_panel=_PANEL),
    ],
    "workers": Annotated[
        int | None,
        typer.Option("--workers", metavar="N", help="PEs beside the scheduler (default: 151).", rich_help_panel=_PANEL),
    ],
    "beside": Annotated[
        Path | None,
        typer.Option(
            "--beside", metavar="SESSION", help="Leave the PEs of a session's first run to it.", rich_help_panel=_PANEL
        ),
    ],
    "stream": Annotated[
        bool | None,
        typer.Option(
            "--stream-weights",
            help="Fetch all weights in every inference, none stay in the PEs.",
            rich_help_panel=_PANEL,
        ),
    ],
}
DATA: Mapping[str, Any] = {
    "data": Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="SAMPLES", help="Samples (.npy, .npz) that choose the int8 steps.", rich_help_panel=_PANEL
        ),
    ],
}
_TAKEN = ("level", "forbid", "chip", "runtime", "input", "data", *DEEP)


def is_deep(model: Path) -> bool:
    """Whether the file is one of a deep network, or a project of one."""
    from s2studio.app.project import SCHEMA, open_project
    from s2studio.documents import document_schema

    is_project = model.is_file() and model.suffix in (".yaml", ".yml") and document_schema(model) == SCHEMA
    return (open_project(model).model if is_project else model).suffix in LAYER_SUFFIXES


def is_run_of_layers(path: Path, number: int) -> bool:
    """Whether a session's run is one of layers."""
    if not path.is_dir():
        return False
    from s2studio.session.layer_run import LayerRun
    from s2studio.session.reader import open_session

    return isinstance(open_session(path).any_run(number), LayerRun)


def refuse_deep_options(given: Mapping[str, Any]) -> None:
    """Refuse what only deep networks have for other models."""
    for name in (*DEEP, *DATA):
        if given.get(name) not in (None, False):
            raise UsageError(_option(name), "is for deep networks (.onnx)", hint="leave it out")


def map_deep(model: Path, given: Mapping[str, Any], as_json: bool) -> None:
    """Map a deep network and print its tilings, memory and DRAM image."""
    options = _options(given)
    with workbench(_project(model, given), quiet=as_json) as bench:
        about = bench.layers.map(_data(given) or bench.project.calibration, options)
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show_layer_runs import show_layer_mapping

        show_layer_mapping(about)


def run_deep(model: Path, given: Mapping[str, Any], target: Path, overwrite: bool, as_json: bool) -> None:
    """Run a deep network on samples, and print what each layer took."""
    data = _data(given)
    if data is None:
        raise UsageError("--input", "it is missing", "an inference needs samples", "--input SAMPLES.npy")
    options = _options(given)
    with workbench(_project(model, given), quiet=as_json) as bench:
        summary = bench.layers.run(data, options, target, overwrite)
    if as_json:
        print_json(summary)
    else:
        from s2studio.cli.show_layer_runs import show_layer_run

        show_layer_run(summary)


def advise_deep(subject: Path, given: Mapping[str, Any], run: int, as_json: bool) -> None:
    """Print what bounds the latency of a model or session, and what changes it."""
    if subject.is_dir():
        for name, value in given.items():
            if value not in (None, [], (), False):
                raise UsageError(_option(name), "a session has been run already", hint="give the model instead")
    options = _options(given)
    with workbench(_project(subject, given), quiet=as_json) as bench:
        chosen = None if subject.is_dir() else options
        advice = bench.layers.advise(_data(given) or bench.project.calibration, chosen, run)
    if as_json:
        print_json(advice.as_dict())
    else:
        from s2studio.cli.show_layer_runs import show_layer_advice

        show_layer_advice(advice)


def _project(model: Path, given: Mapping[str, Any]) -> Any:
    from s2studio.app.project import Project, open_project

    for name, value in given.items():
        if name not in _TAKEN and value not in (None, [], (), False):
            raise UsageError(_option(name), "is for spiking networks", hint="leave it out")
    project, chip = Project(model) if model.is_dir() else open_project(model), given.get("chip")
    if chip:
        project = replace(project, chip=Path(chip) if chip.endswith((".yaml", ".yml")) else chip)
    return replace(project, runtime=given.get("runtime") or project.runtime)


def _options(given: Mapping[str, Any]) -> LayerOptions:
    from s2studio.mapping.layers.mapping import LayerOptions

    dram, workers, level = given.get("dram"), given.get("workers"), given.get("level") or ["low"]
    if dram is not None and not 0 < dram < float("inf"):
        raise UsageError("--dram", f"{dram:g}", "a positive number of GB/s is expected")
    if workers is not None and workers < 1:
        raise UsageError("--workers", f"{workers}", "a whole number of at least 1 is expected")
    if len(level) != 1:
        raise UsageError("--level", ", ".join(level), "layers run at one level", "--level low or --level high")
    return LayerOptions(
        level=level[0],
        dram_bytes_per_s=None if dram is None else dram * 1e9,
        workers=workers,
        forbidden=frozenset(PE.parse(text) for text in given.get("forbid") or ()),
        keeps_weights=not given.get("stream"),
        beside=_beside(given.get("beside")),
    )


def _beside(session: Path | None) -> Beside | None:
    """Return the network that has a part of the chip already."""
    if session is None:
        return None
    from s2studio.mapping.layers.beside import beside_layers, beside_slices
    from s2studio.session.layer_run import LayerRun
    from s2studio.session.reader import open_session

    run = open_session(session).any_run()
    beside = beside_layers(run.about.mapping) if isinstance(run, LayerRun) else beside_slices(run.mapping)
    return replace(beside, network=session.resolve().stem)


def _data(given: Mapping[str, Any]) -> Path | None:
    inputs = given.get("input") or []
    if len(inputs) > 1:
        raise UsageError("--input", f"{len(inputs)} of them", "one file of samples is expected", "use a .npz")
    return Path(inputs[0]) if inputs else given.get("data")


def _option(name: str) -> str:
    return {"stream": "--stream-weights"}.get(name, f"--{name.replace('_', '-')}")
