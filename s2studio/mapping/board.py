"""Whether the board can reproduce a mapping: its tools have no placement, only the order of `net.add`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.partition import Piece, cut, cuts_of, pieces_of
from s2studio.mapping.pins import slice_name
from s2studio.snn.fan_out import IntArray
from s2studio.snn.network import SpikingPart

BOARD_RUNTIME = "py-spinnaker2"


@dataclass(frozen=True)
class Moved:
    """A slice that the board would put elsewhere: its name `POP[2]`, its neurons, and its PE here and there.

    `board_pe` is where the board puts the neuron `start`, None where it has no PE left.
    """

    slice: str
    start: int
    stop: int
    pe: str
    board_pe: str | None


@dataclass(frozen=True)
class BoardClass:
    """Whether a mapping is board-expressible, or simulation only.

    `order` are the populations in the order in which to add them, `neurons_per_pe` what to set for each; with these
    the board reproduces the mapping where it is `expressible`, else all but the slices in `moved`. `reasons` says why
    not, in words.
    """

    expressible: bool
    order: tuple[str, ...]
    neurons_per_pe: Mapping[str, int] = field(default_factory=dict)
    moved: tuple[Moved, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The class in words."""
        return "board-expressible" if self.expressible else "simulation only"


def board_class(mapping: ChipMapping, machine: Machine, part: SpikingPart) -> BoardClass:
    """Return the class of `mapping` of the network `part` on `machine`.

    The board adds slice after slice to the cores in logical order that its runtime does not reserve, population after
    population in the order of `net.add`, each cut into as few slices as its neurons per PE allow.
    """
    cuts = cuts_of(part, mapping.slices)
    per_pe = {name: int(np.diff(bounds).max()) for name, bounds in cuts.items()}
    board_cuts = {population.name: cut(part, population, per_pe[population.name]) for population in part.populations}
    layouts = [_layout(order, board_cuts, machine) for order in _orders(mapping, machine, part)]
    layout = min(layouts, key=lambda one: len(_moved(mapping, one)))
    moved = _moved(mapping, layout)
    reasons = tuple(_reasons(mapping, machine, cuts, board_cuts, moved))
    order = tuple(dict.fromkeys(piece.population for piece in layout))
    return BoardClass(not reasons, order, per_pe, moved, reasons)


Layout = Mapping[Piece, PE | None]


def _orders(mapping: ChipMapping, machine: Machine, part: SpikingPart) -> Iterator[tuple[str, ...]]:
    """Yield the orders of `net.add` that may reproduce the placement: the network's own, and that of the first PEs."""
    place = {pe: number for number, pe in enumerate(machine.pes)}
    first: dict[str, int] = {}
    for piece in mapping.slices:
        first[piece.population] = min(first.get(piece.population, len(place)), place[piece.pe])
    names = tuple(population.name for population in part.populations)
    yield names
    yield tuple(sorted(names, key=lambda name: first[name]))


def _layout(order: Sequence[str], cuts: Mapping[str, IntArray], machine: Machine) -> Layout:
    """Return the board's slices, each with its PE, None for those behind the last one."""
    pieces = pieces_of({name: cuts[name] for name in order})
    pes: list[PE | None] = [*machine.usable_pes]
    return dict(zip(pieces, pes + [None] * max(0, len(pieces) - len(pes)), strict=False))


def _moved(mapping: ChipMapping, layout: Layout) -> tuple[Moved, ...]:
    starts: dict[str, list[int]] = {}
    for piece in layout:
        starts.setdefault(piece.population, []).append(piece.start)
    pes = {(piece.population, piece.start): pe for piece, pe in layout.items()}
    ordinals: dict[str, int] = {}
    moved = []
    for own in mapping.slices:
        ordinal = ordinals[own.population] = ordinals.get(own.population, -1) + 1
        if layout.get(Piece(own.population, own.start, own.stop)) == own.pe:
            continue
        there = starts[own.population]
        pe = pes[own.population, there[bisect_right(there, own.start) - 1]]
        name = slice_name(own.population, ordinal)
        moved.append(Moved(name, own.start, own.stop, str(own.pe), None if pe is None else str(pe)))
    return tuple(moved)


def _reasons(
    mapping: ChipMapping,
    machine: Machine,
    cuts: Mapping[str, IntArray],
    board_cuts: Mapping[str, IntArray],
    moved: Sequence[Moved],
) -> Iterator[str]:
    if not machine.spec.is_spinnaker2:
        yield f"the chip '{machine.spec.name}' is {machine.spec.label}"
    if mapping.runtime != BOARD_RUNTIME:
        yield f"the runtime is {mapping.runtime}, not {BOARD_RUNTIME}"
    uneven = [name for name, bounds in cuts.items() if not np.array_equal(bounds, board_cuts[name])]
    if uneven:
        yield f"no number of neurons per PE cuts {', '.join(map(repr, uneven))} like this"
    if len(moved) > 0:
        yield f"{len(moved):,} of {len(mapping.slices):,} slices are on PEs that the order of net.add does not reach"
