"""Two runs of layers side by side: numbers, the time of each layer, and the outputs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from s2studio.analysis.compare import Number
from s2studio.session.layer_run import LayerRun
from s2studio.session.tables import OUTPUTS

Json = dict[str, Any]
_NUMBERS = (
    *("first_inference_s", "inference_s", "run_s", "energy_j", "dram_energy_j", "mean_power_w"),
    *("pes_used", "resident_layers", "resident_bytes_per_pe", "dram_image_bytes", "macs", "dram_bytes_per_s"),
)


@dataclass(frozen=True)
class LayerDifference:
    """A layer by its name; times and energies None where a run does not have it."""

    name: str
    time_a_s: float | None
    time_b_s: float | None
    energy_a_j: float | None
    energy_b_j: float | None
    parts_a: int | None
    parts_b: int | None


@dataclass(frozen=True)
class OutputDifference:
    """The first value that differs: in which inference and tensor, where in it, and both values."""

    inference: int
    tensor: str
    index: int
    a: int
    b: int


@dataclass(frozen=True)
class LayerComparison:
    """All that two runs of layers differ in; `equal` is None where their outputs cannot be compared."""

    a: str
    b: str
    equal: bool | None
    by_hash: bool
    first: OutputDifference | None
    numbers: tuple[Number, ...]
    layers: tuple[LayerDifference, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> Json:
        """Return what `compare --json` prints."""
        about = asdict(self)
        about["numbers"] = {
            number.key: {"a": number.a, "b": number.b, "change": number.change, "relative": number.relative}
            for number in self.numbers
        }
        return {"kind": "layers", **about}


def compare_layer_runs(a: LayerRun, b: LayerRun) -> LayerComparison:
    """Return how run `b` differs from run `a`."""
    one, two = a.summary(), b.summary()
    hashes = [run.content.get(OUTPUTS.name) for run in (a, b)]
    by_hash = hashes[0] is not None and hashes[0] == hashes[1]
    equal, first, notes = (True, None, ()) if by_hash else _outputs(a, b)
    return LayerComparison(
        str(a.session), str(b.session), equal, by_hash, first,
        tuple(Number(key, float(one[key]), float(two[key])) for key in _NUMBERS), _layers(one, two), notes,
    )  # fmt: skip


def _outputs(a: LayerRun, b: LayerRun) -> tuple[bool | None, OutputDifference | None, tuple[str, ...]]:
    if [(tensor.name, tensor.shape) for tensor in a.about.outputs] != [
        (tensor.name, tensor.shape) for tensor in b.about.outputs
    ]:
        return None, None, ("the networks make different tensors: their outputs cannot be compared",)
    count = min(a.inferences, b.inferences)
    notes = () if a.inferences == b.inferences else (f"compared over the first {count:,} inferences",)
    for inference in range(count):
        ours, theirs = a.outputs(inference), b.outputs(inference)
        for name, values in ours.items():
            places = np.flatnonzero(values != theirs[name])
            if len(places):
                place = int(places[0])
                pair = int(values.flat[place]), int(theirs[name].flat[place])
                return False, OutputDifference(inference, name, place, *pair), notes
    return True, None, notes


def _layers(one: Json, two: Json) -> tuple[LayerDifference, ...]:
    a, b = ({row["name"]: row for row in side["layers"]} for side in (one, two))
    return tuple(
        LayerDifference(
            name,
            *(side.get(name, {}).get(key) for key in ("time_s", "energy_j", "parts") for side in (a, b)),
        )
        for name in dict.fromkeys((*a, *b))
    )
