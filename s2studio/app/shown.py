"""What the window knows of the run it shows: it loads none of what reads and compares sessions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from s2studio.analysis.view import Layout
from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.energy import ENERGY_KINDS
from s2studio.snn.network import ChipNetwork

# Larger outputs are no classes: their neurons are not counted one by one.
MOST_OUTPUTS = 1000


@dataclass(frozen=True, eq=False)
class RunShown:
    """A run of a session, as the window needs it to draw: `ticks` are there so far, `state` says how it ended."""

    session: Path
    number: int
    state: str
    network: ChipNetwork
    mapping: ChipMapping
    machine: Machine
    tick_s: float
    steps: int
    ticks: int
    runs: int
    voltages_of: tuple[str, ...]


def layout_of(network: ChipNetwork, mapping: ChipMapping, links: int, tick_s: float) -> Layout:
    """Return what the numbers of a run of `network` belong to."""
    populations = network.spiking.populations
    number = {population.name: index for index, population in enumerate(populations)}
    return Layout(
        population_sizes=tuple(population.size for population in populations),
        population_of=tuple(number[piece.population] for piece in mapping.slices),
        links=links,
        kinds=len(ENERGY_KINDS),
        tick_s=tick_s,
        outputs=tuple(
            index
            for index, population in enumerate(populations)
            if population.name in network.spiking.outputs and population.size <= MOST_OUTPUTS
        ),
    )
