"""What stands behind each feature of a network: a recording of a chip, a published equation, or only our reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

import numpy as np

from s2studio.documents import Document, Section, read_document
from s2studio.errors import S2StudioError
from s2studio.resources import resource_path
from s2studio.snn.connectivity import ConvWeights, DenseWeights
from s2studio.snn.models import MODELS
from s2studio.snn.models.lif import SUBTRACT
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

# From the surest to the least sure.
Basis = Literal["recording", "equation", "reading"]
BASES: tuple[Basis, ...] = get_args(Basis)
# Integer weights up to this size are those of the 4-bit models.
_LARGEST_4BIT = 15


@dataclass(frozen=True)
class Evidence:
    """What stands behind the feature `key`; `source` starts with a short name of `EvidenceTable.sources`."""

    key: str
    title: str
    stands_on: Basis
    source: str
    note: str = ""


@dataclass(frozen=True)
class EvidenceTable:
    """The features of networks and of the chip, by key, and the sources by their short names."""

    sources: Mapping[str, str]
    features: Mapping[str, Evidence]
    chip: Mapping[str, Evidence]


@dataclass(frozen=True)
class PopulationEvidence:
    """What stands behind a population and what comes into it; as a whole it is as sure as its least sure feature."""

    features: tuple[Evidence, ...]

    @property
    def stands_on(self) -> Basis:
        """The basis of the least sure feature."""
        return max((row.stands_on for row in self.features), key=BASES.index)

    def as_dict(self) -> dict[str, object]:
        """Return what `info --json` prints for a population."""
        return {"stands_on": self.stands_on, "features": {row.key: row.stands_on for row in self.features}}


@cache
def evidence_table() -> EvidenceTable:
    """Return what `resources/evidence.yaml` says. Raises S2StudioError where it is malformed."""
    document = read_document(resource_path("evidence.yaml"), "evidence/1", S2StudioError)
    document.check_keys(document.root, ("s2studio", "sources", "features", "chip"), ("sources", "features", "chip"))
    root = document.root
    return EvidenceTable(dict(root["sources"]), *(_rows(document, root[name]) for name in ("features", "chip")))


def evidence_of(population: Population, projections: Sequence[Projection]) -> PopulationEvidence:
    """Return what stands behind `population`, of the `projections` of its network those that end in it included."""
    known = evidence_table().features
    incoming = [projection for projection in projections if projection.post == population.name]
    return PopulationEvidence(tuple(known[key] for key in dict.fromkeys(_keys(population, incoming))))


def _keys(population: Population, incoming: Sequence[Projection]) -> Iterator[str]:
    yield f"model.{population.model}"
    names = {parameter.name for parameter in MODELS[population.model].parameters}
    params = population.params
    if "reset" in names:
        yield f"reset.{params.get('reset', SUBTRACT)}"
    if "t_refrac" in names:
        yield "refractory.ticks" if np.any(np.asarray(params.get("t_refrac", 0.0)) != 0) else "refractory.none"
    if np.any(np.asarray(params.get("i_offset", 0.0)) != 0):
        yield "offset"
    if any(np.ndim(value) for value in params.values()):
        yield "parameters.per_neuron"
    for projection in incoming:
        yield from _of_projection(projection)


def _of_projection(projection: Projection) -> Iterator[str]:
    weights = projection.connectivity
    largest = int(np.abs(weights.weight.astype(np.int16)).max(initial=0))
    yield "weights.8bit" if largest > _LARGEST_4BIT else "weights.4bit"
    if isinstance(weights, ConvWeights):
        yield "projection.conv2d"
        if weights.pool != (1, 1):
            yield "projection.pooling"
        return
    yield "projection.synapses"
    delay = weights.delay if isinstance(weights, DenseWeights) else int(weights.delay.max(initial=0))
    yield "delay.field" if delay else "delay.none"


def _rows(document: Document, section: Section) -> dict[str, Evidence]:
    rows = {}
    for key, row in section.items():
        document.check_keys(row, ("title", "stands_on", "source", "note"), ("title", "stands_on", "source"))
        if row["stands_on"] not in BASES:
            raise document.refuse(
                row, "stands_on", f"is '{row['stands_on']}'", f"one of {', '.join(BASES)} is expected"
            )
        rows[key] = Evidence(key, row["title"], cast("Basis", row["stands_on"]), row["source"], row.get("note", ""))
    return rows
