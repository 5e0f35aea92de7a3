"""Float against chip, layer by layer: what each population sends on both sides, and why that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.blame import Difference, Sides
from s2studio.analysis.causes import CAUSES, Redone, causes_of
from s2studio.analysis.float_network import FloatPopulation
from s2studio.analysis.float_synapses import BoolArray

# A neuron that spikes in this share of all ticks says nothing any more.
SATURATED_SHARE = 0.9
# Differences that are listed one by one, per population; all are counted.
LISTED = 10


@dataclass(frozen=True)
class Batch:
    """Samples that ran side by side; `steps` are the ticks of each. Rasters are empty behind them."""

    names: Sequence[str]
    steps: Sequence[int]
    sides: Sides
    redone: Redone


@dataclass
class LayerTotals:
    """What is added up over the batches for one population; `idle` says which neurons can do nothing on the chip."""

    population: FloatPopulation
    idle: tuple[BoolArray, BoolArray]
    neuron_spikes: dict[str, NDArray[np.int64]] = field(init=False)
    ticks: int = 0
    samples: int = 0
    differing_spikes: int = 0
    own_differing_spikes: int = 0
    differing_neurons: int = 0
    causes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))
    differences: list[Difference] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.neuron_spikes = {side: np.zeros(self.population.size, np.int64) for side in ("float", "chip", "alone")}

    def add(self, batch: Batch) -> None:
        """Add the samples of `batch`."""
        name = self.population.name
        before, chip = batch.sides.spikes_in_float[name], batch.sides.spikes_on_chip[name]
        alone = batch.redone.chip.get(name, before)
        for side, spikes in (("float", before), ("chip", chip), ("alone", alone)):
            self.neuron_spikes[side] += spikes.sum(axis=(0, 1), dtype=np.int64)
        self.ticks += sum(batch.steps)
        self.samples += len(batch.steps)
        self.differing_spikes += int((before != chip).sum())
        self.own_differing_spikes += int((before != alone).sum())
        if self.population.constants is not None:
            self._explain(batch, before, chip)

    def _explain(self, batch: Batch, before: BoolArray, chip: BoolArray) -> None:
        first, cause = causes_of(self.population, before, chip, batch.redone, self.idle)
        self.differing_neurons += int((cause >= 0).sum())
        for index, name in enumerate(CAUSES):
            self.causes[name] += int((cause == index).sum())
        sample, neuron = np.nonzero(cause >= 0)
        order = np.lexsort((neuron, first[sample, neuron], sample))[: LISTED - len(self.differences)]
        for one, other in zip(sample[order].tolist(), neuron[order].tolist(), strict=True):
            tick, why = int(first[one, other]), CAUSES[cause[one, other]]
            self.differences.append(batch.sides.explain(self.population.name, one, batch.names[one], other, tick, why))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of this population."""
        has_neurons = self.population.constants is not None
        sides = ("float", "chip", "alone") if has_neurons else ("float", "chip")
        places = self.population.size * self.ticks
        limit = SATURATED_SHARE * self.ticks
        return {
            "name": self.population.name,
            "neurons": self.population.size,
            "is_input": not has_neurons,
            "spikes": {side: int(self.neuron_spikes[side].sum()) for side in sides},
            "rate_per_tick": {
                side: float(self.neuron_spikes[side].sum() / places) if places else 0.0 for side in sides
            },
            "silent_neurons": {side: int((self.neuron_spikes[side] == 0).sum()) for side in sides},
            "saturated_neurons": {side: int((self.neuron_spikes[side] >= limit).sum()) for side in sides},
            "differing_spikes": self.differing_spikes,
            "own_differing_spikes": self.own_differing_spikes,
            "differing_neurons": self.differing_neurons,
            "causes": {cause: count for cause, count in self.causes.items() if count},
            "first_difference": asdict(self.differences[0]) if self.differences else None,
            "differences": [asdict(difference) for difference in self.differences],
        }

    def warnings(self) -> list[str]:
        """Return what a user must see at once."""
        name, found = self.population.name, []
        if self.population.constants is None or self.population.is_graded:
            return []
        sent = {side: int(spikes.sum()) for side, spikes in self.neuron_spikes.items()}
        if sent["float"] and not sent["chip"]:
            found.append(f"'{name}' is silent on the chip, in float it sends {sent['float']:,} spikes")
        elif not sent["float"] and not sent["chip"]:
            found.append(f"'{name}' is silent on both sides")
        elif not sent["float"]:
            found.append(f"'{name}' sends {sent['chip']:,} spikes on the chip, in float it is silent")
        limit = SATURATED_SHARE * self.ticks
        saturated = {side: int((spikes >= limit).sum()) for side, spikes in self.neuron_spikes.items()}
        if self.ticks and max(saturated["float"], saturated["chip"]):
            always = f"{saturated['chip']:,} of {self.population.size:,} neurons spike in almost every tick"
            found.append(f"'{name}': {always} on the chip, {saturated['float']:,} in float")
        return found
