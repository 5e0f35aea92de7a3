"""A network that is mapped and compiled: what a second run of it starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from s2studio.app.simulation import FIRST_SPAN
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.memory import MemoryModel
from s2studio.sim.lockstep import Simulator
from s2studio.sim.placed import Placed
from s2studio.snn.network import ChipNetwork


@dataclass
class Compiled(Placed):
    """`notes` is what had to be changed of the script's network; `span` the ticks that suit one advance."""

    network: ChipNetwork
    notes: tuple[str, ...]
    memory: MemoryModel
    mapping: ChipMapping
    simulator: Simulator
    span: int = FIRST_SPAN

    def named(self, name: str, mapping: ChipMapping) -> Compiled:
        """Take `mapping` for the next run, which is one of an equal network called `name`; returns itself."""
        if name != self.network.name:
            self.network, mapping = replace(self.network, name=name), replace(mapping, network=name)
        self.mapping = mapping
        return self
