"""Another network on the same chip: which PEs it has, so that no layer takes one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from s2studio.chip.machine import PE
from s2studio.mapping.mapping import ChipMapping

if TYPE_CHECKING:
    from s2studio.mapping.layers.mapping import LayerMapping


@dataclass(frozen=True)
class Beside:
    """The network `network` on `pes`, each of which holds what `names` says at the same place."""

    network: str
    pes: tuple[PE, ...]
    names: tuple[str, ...]

    @property
    def note(self) -> str:
        """What a layer mapping beside it has to say."""
        text = f"beside '{self.network}' on {len(self.pes)} PEs, which count as asleep here"
        return f"{text}: power, packets and DRAM of that network are in its own session"


def beside_slices(mapping: ChipMapping) -> Beside:
    """Return what a spiking network leaves to others."""
    slices = mapping.slices
    return Beside(mapping.network, tuple(piece.pe for piece in slices), tuple(piece.population for piece in slices))


def beside_layers(mapping: LayerMapping) -> Beside:
    """Return what a deep network leaves to others."""
    names = ("scheduler", *["worker"] * (len(mapping.pes) - 1))
    return Beside(mapping.network, mapping.pes, names)
