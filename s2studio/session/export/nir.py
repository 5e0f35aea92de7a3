"""A network as a NIR file, with the project that lowers it to what was run: time step, reset, integrator and scale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from s2studio.errors import S2StudioError
from s2studio.lowering.as_float import as_float
from s2studio.lowering.lower import lower
from s2studio.lowering.options import LoweringOptions
from s2studio.network.graph import Network
from s2studio.session.manifest import inside, read_manifest
from s2studio.session.plain import from_plain
from s2studio.session.run import Progress, Run
from s2studio.snn.digest import network_digest
from s2studio.snn.network import ChipNetwork

MODEL, PROJECT = "model.nir", "project.yaml"


def write_nir_export(run: Run, folder: Path, start: int, stop: int, progress: Progress) -> None:  # noqa: ARG001
    """Write the network of `run`: the float model if the session has a copy of it, else its integers dequantised.

    Raises LoweringError that names what NIR cannot express.
    """
    progress(0, 2)
    chip = run.whole_network
    found = _float_model(run) or as_float(chip)
    progress(1, 2)
    write_float(folder, *found, chip)
    progress(2, 2)


def write_float(folder: Path, network: Network, options: LoweringOptions, chip: ChipNetwork) -> None:
    """Write `network` and its lowering `options` into `folder`; `chip` is what they lower to, whose scales are kept."""
    from s2studio.network.writers.nir import write_nir

    lowering = {
        "dt": options.dt_s,
        "integrator": options.integrator,
        "reset": options.reset,
        "scale": options.scale,
        "rounding": options.rounding,
    }
    said = {name: value for name, value in lowering.items() if value is not None}
    scales = {population.name: population.v_scale for population in chip.spiking.populations}
    write_nir(folder / MODEL, network, said | {"v_scale": scales})
    document = {"s2studio": "project/1", "model": MODEL, "lowering": said}
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    (folder / PROJECT).write_text(text, encoding="utf-8")


def _float_model(run: Run) -> tuple[Network, LoweringOptions] | None:
    """Return the float model that `run` was lowered from, None where the session has no copy of it."""
    manifest = read_manifest(run.session)
    copies = [copy for copy in manifest.inputs if copy.role == "model" and copy.path.endswith(".nir")]
    stored: Mapping[str, Any] = manifest.options.get("lowering", {})
    if not copies:
        return None
    from s2studio.network.readers.nir import read_nir

    try:
        options = from_plain(LoweringOptions, dict(stored), str(run.session))
        network = read_nir(inside(run.session, copies[0].path))
        lowered = lower(network, options, run.machine.spec).network
    except S2StudioError:
        return None
    return (network, options) if network_digest(lowered) == run.about.network_digest else None
