"""A chip network: what is mapped and run, in parts that share a chip."""

from __future__ import annotations

from dataclasses import dataclass

from s2studio.snn.population import Population
from s2studio.snn.projection import Projection


@dataclass(frozen=True)
class SpikingPart:
    """Populations and projections, in the order in which they were added; `outputs` names what the user reads."""

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    outputs: tuple[str, ...] = ()

    def population(self, name: str) -> Population:
        """Return the population called `name`."""
        return next(population for population in self.populations if population.name == name)


@dataclass(frozen=True)
class ChipNetwork:
    """A network in the chip's terms. `dt_s` is the model time of a tick in s, None where the model has none."""

    name: str
    spiking: SpikingPart
    dt_s: float | None = None
