"""Editing a mapping by hand: each operation returns a new mapping, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from s2studio.chip.machine import PE, Machine
from s2studio.errors import S2StudioError
from s2studio.mapping.map import assemble, slice_targets
from s2studio.mapping.mapping import ChipMapping, MappingOptions
from s2studio.mapping.memory import Cuts, MemoryModel
from s2studio.mapping.partition import cut, cuts_of, pieces_of
from s2studio.mapping.pins import parse_slice_name, pinned_slices, slice_name
from s2studio.mapping.place import PLACERS
from s2studio.mapping.place.task import Progress, Task, no_progress
from s2studio.mapping.rates import Rates, slice_traffic
from s2studio.snn.fan_out import IntArray
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True)
class Refused:
    """Why an edit cannot be: what it is about, what stands against it, and what to do instead."""

    subject: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}" + (f"; {self.remedy}" if self.remedy else "")


Edited = ChipMapping | Refused


class _Draft(NamedTuple):
    """A mapping in the making: its slice limits and the PE of each slice, None where a placer has to find one."""

    options: MappingOptions
    cuts: Cuts
    pes: list[PE | None]


class Editor:
    """Edits mappings of one network on one machine; slices are named by their index in `mapping.slices`.

    A slice that needs a new PE gets the free one with the least traffic, by `rates` (None: each neuron spikes once).
    """

    def __init__(self, network: ChipNetwork, machine: Machine, rates: Rates | None = None) -> None:
        self.network = network
        self.machine = machine
        self.rates = rates or {}
        self._memory: MemoryModel | None = None

    def move(self, mapping: ChipMapping, index: int, pe: PE) -> Edited:
        """Return `mapping` with a slice on the free PE `pe`."""
        return self._place(mapping, {index: pe})

    def swap(self, mapping: ChipMapping, one: int, other: int) -> Edited:
        """Return `mapping` with two slices on each other's PEs."""
        slices = mapping.slices
        return self._place(mapping, {one: slices[other].pe, other: slices[one].pe})

    def rearrange(self, mapping: ChipMapping, to: Mapping[int, PE]) -> Edited:
        """Return `mapping` with several slices moved at once, each to a PE that is free or given up by another."""
        return self._place(mapping, to)

    def split(self, mapping: ChipMapping, index: int, at: int | None = None, pe: PE | None = None) -> Edited:
        """Return `mapping` with a slice cut in two before neuron `at` (None: in the middle).

        The first part stays; the second goes to `pe` (None: where traffic is least).
        """
        piece, ordinal = mapping.slices[index], _ordinal(mapping, index)
        at = (piece.start + piece.stop) // 2 if at is None else at
        if not piece.start < at < piece.stop:
            within = f"neurons {piece.start + 1} to {piece.stop - 1} can begin a second part"
            reason = f"it cannot be cut before neuron {at}" if piece.size > 1 else "it has one neuron only"
            return Refused(name_of(mapping, index), reason, within if piece.size > 1 else "split a larger slice")
        cuts = self._cuts(mapping)
        cuts[piece.population] = np.union1d(cuts[piece.population], [at])
        pes: list[PE | None] = [slice_.pe for slice_ in mapping.slices]
        pes.insert(index + 1, pe)
        pinned = _renamed(mapping.options, piece.population, lambda number: number + (number > ordinal))
        return self._finish(mapping, name_of(mapping, index), _Draft(_pinned(mapping, pinned), cuts, pes))

    def merge(self, mapping: ChipMapping, index: int) -> Edited:
        """Return `mapping` with a slice and the next of its population in one, on the PE of the first."""
        piece, ordinal, name = mapping.slices[index], _ordinal(mapping, index), name_of(mapping, index)
        after = mapping.slices[index + 1] if index + 1 < len(mapping.slices) else None
        if after is None or after.population != piece.population:
            return Refused(name, "it is the last of its population", "merge the slice before it")
        if name_of(mapping, index + 1) in mapping.options.pinned:
            return Refused(name_of(mapping, index + 1), f"it is pinned to {after.pe}", "take the pin off first")
        cuts = self._cuts(mapping)
        cuts[piece.population] = np.setdiff1d(cuts[piece.population], [piece.stop])
        pes: list[PE | None] = [slice_.pe for slice_ in mapping.slices]
        del pes[index + 1]
        pinned = _renamed(mapping.options, piece.population, lambda number: number - (number > ordinal))
        return self._finish(mapping, name, _Draft(_pinned(mapping, pinned), cuts, pes))

    def pin(self, mapping: ChipMapping, index: int, pe: PE | None = None) -> Edited:
        """Return `mapping` with a slice pinned to `pe`, to which it moves (None: to where it is)."""
        name = name_of(mapping, index)
        pe = mapping.slices[index].pe if pe is None else pe
        without = replace(mapping, options=_without_pin(mapping.options, name))
        moved = self.move(without, index, pe) if pe != mapping.slices[index].pe else without
        if isinstance(moved, Refused):
            return moved
        return replace(moved, options=replace(moved.options, pinned={**moved.options.pinned, name: pe}))

    def unpin(self, mapping: ChipMapping, index: int) -> Edited:
        """Return `mapping` with a slice that may move again."""
        name = name_of(mapping, index)
        if name not in mapping.options.pinned:
            return Refused(name, "it is not pinned", "")
        return replace(mapping, options=_without_pin(mapping.options, name))

    def forbid(self, mapping: ChipMapping, pe: PE) -> Edited:
        """Return `mapping` with `pe` kept empty; a slice there moves to where traffic is least."""
        if pe not in self.machine.pes:
            return Refused(str(pe), "the machine has no such PE", "see `s2studio chip`")
        at = [index for index, piece in enumerate(mapping.slices) if piece.pe == pe]
        for index in at:
            if name_of(mapping, index) in mapping.options.pinned:
                return Refused(str(pe), f"'{name_of(mapping, index)}' is pinned to it", "take the pin off first")
        options = replace(mapping.options, forbidden=mapping.options.forbidden | {pe})
        pes: list[PE | None] = [None if piece.pe == pe else piece.pe for piece in mapping.slices]
        return self._finish(mapping, str(pe), _Draft(options, self._cuts(mapping), pes))

    def allow(self, mapping: ChipMapping, pe: PE) -> Edited:
        """Return `mapping` with `pe` no longer forbidden."""
        if pe not in mapping.options.forbidden:
            return Refused(str(pe), "it is not forbidden", "")
        return replace(mapping, options=replace(mapping.options, forbidden=mapping.options.forbidden - {pe}))

    def set_neurons_per_pe(self, mapping: ChipMapping, population: str, neurons: int) -> Edited:
        """Return `mapping` with a population cut anew, at most `neurons` in a slice; nothing else moves.

        Its first slices keep their PEs, further ones go where traffic is least.
        """
        found = [piece.pe for piece in mapping.slices if piece.population == population]
        if not found:
            return Refused(f"population '{population}'", "there is none", "")
        if neurons < 1:
            return Refused(f"population '{population}'", f"{neurons} neurons on a PE", "at least 1 is needed")
        cuts = self._cuts(mapping)
        part = self.network.spiking
        cuts[population] = cut(part, part.population(population), neurons)
        count = len(cuts[population]) - 1
        for name in mapping.options.pinned:
            if parse_slice_name(name)[0] == population and parse_slice_name(name)[1] >= count:
                return Refused(name, f"it is pinned, and '{population}' would have {count} slices", "take the pin off")
        kept: list[PE | None] = [*found[:count], *[None] * (count - len(found))]
        first = next(index for index, piece in enumerate(mapping.slices) if piece.population == population)
        pes: list[PE | None] = [piece.pe for piece in mapping.slices]
        pes[first : first + len(found)] = kept
        options = replace(mapping.options, neurons_per_pe={**mapping.options.neurons_per_pe, population: neurons})
        return self._finish(mapping, f"population '{population}'", _Draft(options, cuts, pes))

    def place_rest(
        self,
        mapping: ChipMapping,
        keep: Collection[int] = (),
        placer: str | None = None,
        progress: Progress = no_progress,
    ) -> Edited:
        """Return `mapping` with every slice but those pinned and those of `keep` placed anew by `placer`."""
        options = mapping.options if placer is None else replace(mapping.options, placer=placer)
        kept = {*keep, *pinned_slices(mapping.slices, self.machine, options)}
        pes: list[PE | None] = [piece.pe if index in kept else None for index, piece in enumerate(mapping.slices)]
        return self._finish(mapping, "the rest", _Draft(options, self._cuts(mapping), pes), options.placer, progress)

    def _place(self, mapping: ChipMapping, to: Mapping[int, PE]) -> Edited:
        """Return `mapping` with slices on other PEs."""
        holder = {piece.pe: index for index, piece in enumerate(mapping.slices) if index not in to}
        for index, pe in to.items():
            name = name_of(mapping, index)
            refused = why_not_on(mapping, self.machine, index, pe)
            if refused is not None:
                return refused
            if pe in holder:
                return Refused(name, f"{pe} holds '{name_of(mapping, holder[pe])}'", "swap the two")
        pes: list[PE | None] = [to.get(index, piece.pe) for index, piece in enumerate(mapping.slices)]
        return self._finish(
            mapping, name_of(mapping, next(iter(to))), _Draft(mapping.options, self._cuts(mapping), pes)
        )

    def _finish(
        self,
        mapping: ChipMapping,
        subject: str,
        draft: _Draft,
        placer: str = "greedy",
        progress: Progress = no_progress,
    ) -> Edited:
        """Return the mapping of `draft`, its slices without a PE placed; or what is against it."""
        memory = self._memory_for(mapping)
        try:
            pes = self._filled(memory, draft, placer, progress)
            if isinstance(pes, Refused):
                return replace(pes, subject=subject)
            return assemble(self.network.name, mapping.network_digest, memory, draft.options, draft.cuts, pes)
        except S2StudioError as problem:
            return Refused(problem.subject, ", ".join(filter(None, (problem.found, problem.limit))), problem.hint)

    def _filled(self, memory: MemoryModel, draft: _Draft, placer: str, progress: Progress) -> list[PE] | Refused:
        """Return the PE of each slice of `draft`, in which `placer` finds those that have none."""
        fixed = {index: pe for index, pe in enumerate(draft.pes) if pe is not None}
        if len(fixed) == len(draft.pes):
            return list(fixed.values())
        pieces = pieces_of(draft.cuts)
        targets, traffic = slice_targets(memory.part, draft.cuts), slice_traffic(pieces, self.rates)
        task = Task(pieces, targets, self.machine, draft.options, traffic, fixed, progress)
        missing, free = len(task.open_slices), len(task.free_pes)
        if missing > free:
            return Refused("", f"{missing} more PEs are needed, {free} are free", "merge slices or allow PEs")
        return list(PLACERS[placer](task))

    def _cuts(self, mapping: ChipMapping) -> dict[str, IntArray]:
        return cuts_of(self.network.spiking, mapping.slices)

    def _memory_for(self, mapping: ChipMapping) -> MemoryModel:
        """Return the memory model for the run that `mapping` was made for; what it has counted is kept."""
        if self._memory is None or self._memory.demand is not mapping.demand:
            self._memory = MemoryModel(self.network.spiking, self.machine, mapping.demand)
        return self._memory


def why_not_on(mapping: ChipMapping, machine: Machine, index: int, pe: PE) -> Refused | None:
    """Return why a slice cannot be on `pe` even if that is free, None where it can."""
    name = name_of(mapping, index)
    if mapping.options.pinned.get(name, pe) != pe:
        return Refused(name, f"it is pinned to {mapping.slices[index].pe}", "take the pin off first")
    if pe in machine.reserved_pes:
        return Refused(name, f"runtime '{machine.runtime.name}' reserves {pe}", "choose another PE")
    if pe in mapping.options.forbidden:
        return Refused(name, f"{pe}: it is forbidden", "allow it or choose another PE")
    if pe not in machine.pes:
        return Refused(name, f"{pe}: the machine has no such PE", "see `s2studio chip`")
    return None


def name_of(mapping: ChipMapping, index: int) -> str:
    """Return how a slice of `mapping` is written: `POP[2]`."""
    return slice_name(mapping.slices[index].population, _ordinal(mapping, index))


def _ordinal(mapping: ChipMapping, index: int) -> int:
    piece = mapping.slices[index]
    return sum(1 for other in mapping.slices[:index] if other.population == piece.population)


def _renamed(options: MappingOptions, population: str, number: Callable[[int], int]) -> dict[str, PE]:
    """Return the pins after the slices of `population` have got other numbers."""
    renamed = {}
    for name, pe in options.pinned.items():
        owner, ordinal = parse_slice_name(name)
        renamed[slice_name(owner, number(ordinal) if owner == population else ordinal)] = pe
    return renamed


def _pinned(mapping: ChipMapping, pinned: Mapping[str, PE]) -> MappingOptions:
    return replace(mapping.options, pinned=pinned)


def _without_pin(options: MappingOptions, name: str) -> MappingOptions:
    return replace(options, pinned={pinned: pe for pinned, pe in options.pinned.items() if pinned != name})
