"""What is selected and what is under the pointer: one selection for all panels."""

from __future__ import annotations

from dataclasses import dataclass, field

from psygnal import Signal

from s2studio.chip.machine import PE
from s2studio.mapping.mapping import ChipMapping, Link
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True)
class Selected:
    """Selected objects by kind; slices are indices into the mapping, a projection is (pre, post, index)."""

    slices: frozenset[int] = frozenset()
    pes: frozenset[PE] = frozenset()
    populations: frozenset[str] = frozenset()
    projections: frozenset[int] = frozenset()
    links: frozenset[Link] = frozenset()
    neurons: tuple[tuple[str, int], ...] = field(default=())

    def __bool__(self) -> bool:
        return any((self.slices, self.pes, self.populations, self.projections, self.links, self.neurons))


class Selection:
    """The selection and what is hovered; `changed` and `hovered` carry the new `Selected`."""

    changed = Signal(object)
    hovered = Signal(object)

    def __init__(self) -> None:
        self._now = Selected()
        self._under = Selected()

    @property
    def now(self) -> Selected:
        """What is selected."""
        return self._now

    @property
    def under(self) -> Selected:
        """What is under the pointer."""
        return self._under

    def select(self, selected: Selected) -> None:
        """Select `selected` and nothing else."""
        if selected != self._now:
            self._now = selected
            self.changed.emit(selected)

    def clear(self) -> None:
        """Select nothing."""
        self.select(Selected())

    def hover(self, selected: Selected) -> None:
        """Tell what is under the pointer."""
        if selected != self._under:
            self._under = selected
            self.hovered.emit(selected)


def of_slices(mapping: ChipMapping, slices: frozenset[int]) -> Selected:
    """Return slices selected with their PEs and populations."""
    there = [mapping.slices[index] for index in slices if index < len(mapping.slices)]
    return Selected(
        slices=frozenset(index for index in slices if index < len(mapping.slices)),
        pes=frozenset(piece.pe for piece in there),
        populations=frozenset(piece.population for piece in there),
    )


def of_population(mapping: ChipMapping | None, name: str) -> Selected:
    """Return a population selected with its slices and PEs."""
    if mapping is None:
        return Selected(populations=frozenset({name}))
    slices = frozenset(index for index, piece in enumerate(mapping.slices) if piece.population == name)
    pes = frozenset(mapping.slices[index].pe for index in slices)
    return Selected(slices=slices, pes=pes, populations=frozenset({name}))


def of_projection(network: ChipNetwork, mapping: ChipMapping | None, number: int) -> Selected:
    """Return a projection selected with its two populations, their slices and PEs."""
    projection = network.spiking.projections[number]
    ends = frozenset({projection.pre, projection.post})
    found = [of_population(mapping, name) for name in sorted(ends)]
    return Selected(
        slices=frozenset().union(*(one.slices for one in found)),
        pes=frozenset().union(*(one.pes for one in found)),
        populations=ends,
        projections=frozenset({number}),
    )
