"""What a run of layers says of itself: its mapping, its inferences, what it would be with another DRAM."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from s2studio.dnn.tensor import Tensor
from s2studio.errors import SessionError
from s2studio.mapping.layers.mapping import LayerMapping
from s2studio.session.manifest import read_json, write_json
from s2studio.session.plain import from_plain, to_plain

FILE = "run.json"


@dataclass(frozen=True)
class RateRow:
    """An inference at another rate of the DRAM, mapped anew: the first one and a later one in s, energy of a later."""

    dram_bytes_per_s: float
    first_inference_s: float
    inference_s: float
    energy_j: float


@dataclass(frozen=True)
class LayersAbout:
    """A run of `inferences` on `mapping`. `outputs` are the tensors that are kept of each, `rates` other DRAMs."""

    network: str
    inferences: int
    mapping: LayerMapping
    outputs: tuple[Tensor, ...]
    rates: tuple[RateRow, ...] = ()
    notes: tuple[str, ...] = ()


def write_layers_about(folder: Path, about: LayersAbout) -> None:
    """Write `run.json`."""
    write_json(folder / FILE, to_plain(about))


def read_layers_about(folder: Path) -> LayersAbout:
    """Return what was written. Raises SessionError where it is damaged."""
    about = from_plain(LayersAbout, read_json(folder / FILE), str(folder / FILE))
    if about.inferences < 1 or not about.mapping.layers or not about.outputs:
        raise SessionError(str(folder / FILE), "its numbers contradict each other", hint="the file was changed")
    return about
