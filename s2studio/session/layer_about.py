"""What a run of layers says of itself: its mapping, its inferences, what it would be with another DRAM."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from s2studio.dnn.tensor import Tensor
from s2studio.errors import SessionError
from s2studio.mapping.layers.mapping import LayerMapping
from s2studio.mapping.layers.work import LayerWork
from s2studio.session.manifest import read_json, write_json
from s2studio.session.plain import from_plain, to_plain

FILE = "run.json"
# More than any length of a tensor that a chip's DRAM holds.
_MOST = 1 << 31


@dataclass(frozen=True)
class RateRow:
    """An inference at another rate of the DRAM, mapped anew: the first one and a later one in s, energy of a later."""

    dram_bytes_per_s: float
    first_inference_s: float
    inference_s: float
    energy_j: float


@dataclass(frozen=True)
class LayersAbout:
    """A run of `inferences` on `mapping`. `outputs` are the tensors that are kept of each, `rates` other DRAMs.

    `snr_db` is the signal to noise of what each layer makes in int8, None where nothing is lost.
    """

    network: str
    inferences: int
    mapping: LayerMapping
    outputs: tuple[Tensor, ...]
    snr_db: tuple[float | None, ...]
    rates: tuple[RateRow, ...] = ()
    notes: tuple[str, ...] = ()


def write_layers_about(folder: Path, about: LayersAbout) -> None:
    """Write `run.json`."""
    write_json(folder / FILE, to_plain(about))


def read_layers_about(folder: Path) -> LayersAbout:
    """Return what was written. Raises SessionError where it is damaged."""
    about = from_plain(LayersAbout, read_json(folder / FILE), str(folder / FILE))
    layers, beside = about.mapping.layers, about.mapping.options.beside
    sound = (
        about.inferences >= 1
        and bool(layers)
        and bool(about.outputs)
        and all(_is_sound(plan.work) for plan in layers)
        and len(about.snr_db) == len(layers)
        and (beside is None or len(beside.pes) == len(beside.names))
        and all(1 <= length <= _MOST for tensor in about.outputs for length in tensor.shape)
    )
    if not sound:
        raise SessionError(str(folder / FILE), "its numbers contradict each other", hint="the file was changed")
    return about


def _is_sound(work: LayerWork) -> bool:
    """Whether sizes are such that the layer may be mapped again."""
    pairs = () if work.image is None else (work.image.input, work.image.output, work.image.extent, work.image.stride)
    tensors = [length for tensor in (*work.inputs, work.output) for length in tensor.shape]
    sizes = (work.m, work.k, work.n, work.batch, *(length for pair in pairs for length in pair), *tensors)
    is_convolution = work.kind == "convolution"
    return (
        all(1 <= size <= _MOST for size in sizes)
        and (not is_convolution or (work.image is not None and work.channels >= work.batch))
        and 0 <= work.weight_bytes <= _MOST
        and 0 <= work.side_bytes <= _MOST
        and 0 < work.reads <= _MOST
    )
