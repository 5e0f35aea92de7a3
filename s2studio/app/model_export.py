"""Exports of a model that was not run: what needs a network, its placement and its stimulus, but no session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from s2studio.app.workbench import Workbench
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.lowering.as_float import as_float
from s2studio.mapping.board import board_class
from s2studio.network.graph import Network
from s2studio.session.export import EXPORTERS, write_into
from s2studio.session.export.nir import write_float
from s2studio.session.export.spinnaker2 import BoardRun, with_thresholds, write_script


def export_model(bench: Workbench, format_name: str, folder: Path, overwrite: bool = False) -> Path:
    """Write the project of `bench` into `folder`, which is returned.

    Raises UsageError for a format that needs a session.
    """
    if format_name not in MODEL_FORMATS:
        if format_name in EXPORTERS:
            hint = "run it first: s2studio run MODEL -o OUT.s2s"
            raise UsageError(f"format '{format_name}'", f"{bench.project.model.name} is no session", hint=hint)
        raise UsageError(f"format '{format_name}'", "not known", hint=nearest(format_name, MODEL_FORMATS))
    write = MODEL_FORMATS[format_name](bench)
    return write_into(folder, overwrite, write)


def _script(bench: Workbench) -> Callable[[Path], None]:
    source = board_run(bench)
    return lambda folder: write_script(source, folder)


def board_run(bench: Workbench) -> BoardRun:
    """Return what a board needs to run the project of `bench`."""
    network, inputs, options = bench.lower().network, bench.inputs(), bench.project.run
    mapping, machine = bench.map(inputs=inputs), bench.machine()
    options.level.check(machine.spec)
    return BoardRun(
        network=network,
        digest=mapping.network_digest,
        board=board_class(mapping, machine, network.spiking),
        routing=mapping.options.routing,
        stimulus=inputs.stimulus,
        steps=inputs.steps,
        tick_s=options.tick_s,
        level=with_thresholds(options.level, machine.spec),
        record=inputs.record,
        source=f"the model {bench.project.model.name}",
    )


def _nir(bench: Workbench) -> Callable[[Path], None]:
    network, chip = bench.open(), bench.lower().network
    if isinstance(network, Network):
        return lambda folder: write_float(folder, network, bench.project.lowering, chip)
    return lambda folder: write_float(folder, *as_float(chip), chip)


MODEL_FORMATS: Mapping[str, Callable[[Workbench], Callable[[Path], None]]] = {"spinnaker2": _script, "nir": _nir}
