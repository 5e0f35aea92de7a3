"""What an edit would change, told from tables that are made once for a mapping: fast enough to follow a hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.edit import Refused, name_of, why_not_on
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.memory import MemoryModel
from s2studio.mapping.partition import cut, cuts_of, pieces_of
from s2studio.mapping.place.kernels import Graph, Load, place_next, put_all, try_places
from s2studio.mapping.place.noc import noc
from s2studio.mapping.place.traffic import busiest_first, empty_load, graph_of_matrix
from s2studio.mapping.rates import FloatArray, Rates, slice_traffic
from s2studio.mapping.recut import OPEN, Layout, Recut
from s2studio.snn.fan_out import IntArray
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True)
class Change:
    """What is more (or, negative, less) after an edit, for as many spikes as the rates say.

    `flit_hops` and `worst_link_flits` are flits; `worst_time_done_s` is of the busiest PE in s, None where no busy
    times are known; `memory_bytes` of all PEs, `fullest_bytes` of the fullest; `energy_j` of NoC and event router in
    J, `energy_per_tick_j` its share of a tick. `headroom_bytes` is what is then free in the fullest PE, `fits` whether
    every slice has room in its PE.
    """

    flit_hops: float
    worst_link_flits: float
    worst_time_done_s: float | None
    memory_bytes: int
    fullest_bytes: int
    energy_j: float
    energy_per_tick_j: float
    headroom_bytes: int
    fits: bool


@dataclass(frozen=True)
class Places:
    """What putting one slice on each PE of the machine would change; arrays are (pes,), in the order of `pes`.

    A PE that holds another slice gives it this slice's PE. `holder` is the slice on each PE, -1 for none. `refused`
    says why a place cannot be, None where it can; the figures there are 0. Others as in `Change`; times do not change.
    """

    pes: tuple[PE, ...]
    holder: IntArray
    refused: tuple[Refused | None, ...]
    flit_hops: FloatArray
    worst_link_flits: FloatArray
    energy_per_tick_j: FloatArray
    headroom_bytes: IntArray

    @property
    def legal(self) -> NDArray[np.bool_]:
        """Where the slice may go, shape (pes,)."""
        return np.array([refused is None for refused in self.refused])


class _State(NamedTuple):
    """A layout with all slices placed, and its traffic."""

    layout: Layout
    graph: Graph
    load: Load


class EditCost:
    """Tells what edits of one mapping would change.

    `rates` are spikes per neuron (None: each neuron one) in `ticks` ticks; `busy_s` is for each slice the time it takes
    in its worst tick, shape (slices,) in s: half a slice takes its share of it, and moving a slice does not change it
    (by c2c it does, where the number of QPEs it sends to changes; that is left out). Edits that the Editor refuses have
    a cost all the same, except where a method says so.
    """

    def __init__(
        self,
        mapping: ChipMapping,
        network: ChipNetwork,
        machine: Machine,
        rates: Rates | None = None,
        busy_s: FloatArray | None = None,
        ticks: int = 1,
    ) -> None:
        self.mapping = mapping
        self._part, self._machine, self._ticks = network.spiking, machine, ticks
        self._rates = rates or {}
        memory = MemoryModel(network.spiking, machine, mapping.demand)
        self._capacity, self._recut = memory.capacity, Recut(memory)
        self._noc = noc(machine.spec, mapping.options.routing)
        self._pes = machine.pes
        self._number = {pe: index for index, pe in enumerate(self._pes)}
        cell = {cell: index for index, cell in enumerate(self._noc.cells)}
        self._cell_of_pe = np.array([cell[pe.cell] for pe in self._pes], np.int64)
        closed = machine.reserved_pes | mapping.options.forbidden
        self._is_open = np.array([pe not in closed for pe in self._pes])
        self._each_qpe = machine.spec.memory.routing_bytes_per_target_qpe
        self._now = self._placed(self._layout_of(mapping, busy_s))
        self._bytes = self._total_bytes(self._now)

    def move(self, index: int, pe: PE) -> Change:
        """Return what putting a slice on `pe` changes."""
        return self._moved({index: pe})

    def swap(self, one: int, other: int) -> Change:
        """Return what exchanging the PEs of two slices changes."""
        slices = self.mapping.slices
        return self._moved({one: slices[other].pe, other: slices[one].pe})

    def rearrange(self, to: Mapping[int, PE]) -> Change:
        """Return what moving several slices at once changes."""
        return self._moved(to)

    def split(self, index: int, at: int, pe: PE | None = None) -> Change:
        """Return what cutting a slice before neuron `at` changes, its second part on `pe` (None: least traffic)."""
        piece, first = self.mapping.slices[index], self._ordinal(index)
        second = OPEN if pe is None else self._number[pe]
        pes = np.array([self._now.layout.pes[index], second])
        bounds = np.array([piece.start, at, piece.stop])
        return self._change(self._recut(self._now.layout, piece.population, first, first + 1, bounds, pes))

    def merge(self, index: int) -> Change:
        """Return what putting a slice and the next of its population in one changes."""
        piece, first = self.mapping.slices[index], self._ordinal(index)
        bounds = np.array([piece.start, self.mapping.slices[index + 1].stop])
        pes = self._now.layout.pes[index : index + 1]
        return self._change(self._recut(self._now.layout, piece.population, first, first + 2, bounds, pes))

    def set_neurons_per_pe(self, population: str, neurons: int) -> Change | Refused:
        """Return what cutting a population anew, at most `neurons` in a slice, changes; Refused without PEs for it."""
        layout, bounds = self._now.layout, cut(self._part, self._part.population(population), neurons)
        start = next(index for index, piece in enumerate(self.mapping.slices) if piece.population == population)
        old, new = len(layout.cuts[population]) - 1, len(bounds) - 1
        pes = np.full(new, OPEN)
        pes[:old] = layout.pes[start : start + min(old, new)]
        after = self._recut(layout, population, 0, old, bounds, pes)
        return self._room_for(after, f"population '{population}'") or self._change(after)

    def forbid(self, pe: PE) -> Change | Refused:
        """Return what emptying `pe` changes: a slice there goes where traffic is least. Refused without a free PE."""
        layout, number = self._now.layout, self._number[pe]
        self._is_open[number], was = False, bool(self._is_open[number])
        try:
            after = layout._replace(pes=np.where(layout.pes == number, OPEN, layout.pes))
            return self._room_for(after, str(pe)) or self._change(after)
        finally:
            self._is_open[number] = was

    def to(self, after: ChipMapping) -> Change:
        """Return what is different in `after`, any other mapping of the network: what a placer made of the rest."""
        return self._change(self._layout_of(after, None))

    def places(self, index: int) -> Places:
        """Return what putting a slice on each PE of the machine would change, and why where it cannot be."""
        layout = self._now.layout
        holder = np.full(len(self._pes), OPEN, np.int64)
        holder[layout.pes] = np.arange(len(layout.pes))
        refused = self._refusals(index, holder)
        legal = np.array([each is None for each in refused])
        cells = np.where(legal, self._cell_of_pe, self._now.load.cell_of[index])
        others = np.where(legal, holder, OPEN)
        hops, worst, fullest = try_places(
            index, cells, others, layout.bytes, self._each_qpe, self._now.load, self._now.graph, self._noc.ways
        )
        for place in np.flatnonzero(fullest > self._capacity):
            needed = f"a PE would need {fullest[place]:,} B, {self._capacity:,} B are there"
            refused[place] = refused[place] or Refused(name_of(self.mapping, index), needed, "split a slice")
        hops -= self._now.load.hops[0]
        return Places(
            pes=self._pes,
            holder=holder,
            refused=tuple(refused),
            flit_hops=hops,
            worst_link_flits=worst - self._now.load.flits.max(initial=0.0),
            energy_per_tick_j=hops * self._machine.spec.energy.flit_hop_j / self._ticks,
            headroom_bytes=self._capacity - fullest,
        )

    def _refusals(self, index: int, holder: NDArray[np.int64]) -> list[Refused | None]:
        """Return why a slice and the one on each PE cannot change places, None where they can."""
        mapping, here = self.mapping, self.mapping.slices[index].pe
        pinned = {self._number[pe]: name for name, pe in mapping.options.pinned.items()}
        own = self._number[here]
        found: list[Refused | None] = [None] * len(self._pes)
        for place, pe in enumerate(self._pes):
            if place == own:
                continue
            if own in pinned or not self._is_open[place]:
                found[place] = why_not_on(mapping, self._machine, index, pe)
            elif place in pinned and holder[place] != OPEN:
                found[place] = why_not_on(mapping, self._machine, int(holder[place]), here)
        return found

    def _layout_of(self, mapping: ChipMapping, busy_s: FloatArray | None) -> Layout:
        slices = len(mapping.slices)
        reached = np.zeros((slices, slices), np.bool_)
        for index, route in enumerate(mapping.routes):
            reached[index, list(route.targets)] = True
        pes = np.array([self._number[piece.pe] for piece in mapping.slices])
        qpes = [len({mapping.slices[target].pe.cell for target in route.targets}) for route in mapping.routes]
        whole = np.array([sum(piece.bytes.values()) for piece in mapping.slices])
        return Layout(
            cuts=cuts_of(self._part, mapping.slices),
            pes=pes,
            reached=reached,
            bytes=whole - self._each_qpe * np.array(qpes, np.int64),
            busy_s=busy_s,
        )

    def _placed(self, layout: Layout) -> _State:
        """Return `layout` with its open slices, the busiest first, where traffic is least."""
        spikes = slice_traffic(pieces_of(layout.cuts), self._rates)
        graph = graph_of_matrix(layout.reached, spikes)
        load = empty_load(self._noc, graph)
        cells = np.where(layout.pes == OPEN, OPEN, self._cell_of_pe[layout.pes])
        put_all(cells, load, graph, self._noc.ways)
        without = np.flatnonzero(layout.pes == OPEN)
        if len(without):
            room = np.bincount(self._cell_of_pe[self._free(layout)], minlength=len(self._noc.cells))
            place_next(busiest_first(graph, without.tolist()), room, load, graph, self._noc.ways)
        return _State(layout, graph, load)

    def _free(self, layout: Layout) -> NDArray[np.bool_]:
        """Return which PEs neither hold a slice nor are closed, shape (pes,)."""
        free = self._is_open.copy()
        free[layout.pes[layout.pes != OPEN]] = False
        return free

    def _room_for(self, layout: Layout, subject: str) -> Refused | None:
        missing, free = int((layout.pes == OPEN).sum()), int(self._free(layout).sum())
        if missing <= free:
            return None
        return Refused(subject, f"{missing} more PEs are needed, {free} are free", "merge slices or allow PEs")

    def _total_bytes(self, state: _State) -> IntArray:
        qpes: IntArray = np.count_nonzero(state.load.heard, axis=1)
        return state.layout.bytes + self._each_qpe * qpes

    def _moved(self, to: Mapping[int, PE]) -> Change:
        pes = self._now.layout.pes.copy()
        for index, pe in to.items():
            pes[index] = self._number[pe]
        return self._change(self._now.layout._replace(pes=pes))

    def _change(self, layout: Layout) -> Change:
        before, after = self._now, self._placed(layout)
        memory = self._total_bytes(after)
        time_s = None
        if before.layout.busy_s is not None and after.layout.busy_s is not None:
            time_s = float(after.layout.busy_s.max(initial=0.0) - before.layout.busy_s.max(initial=0.0))
        energy_j = self._energy_j(after) - self._energy_j(before)
        return Change(
            flit_hops=float(after.load.hops[0] - before.load.hops[0]),
            worst_link_flits=float(after.load.flits.max(initial=0.0) - before.load.flits.max(initial=0.0)),
            worst_time_done_s=time_s,
            memory_bytes=int(memory.sum() - self._bytes.sum()),
            fullest_bytes=int(memory.max() - self._bytes.max()),
            energy_j=energy_j,
            energy_per_tick_j=energy_j / self._ticks,
            headroom_bytes=int(self._capacity - memory.max()),
            fits=bool(memory.max() <= self._capacity),
        )

    def _energy_j(self, state: _State) -> float:
        energy = self._machine.spec.energy
        lookups = float(state.graph.spikes.sum()) if self.mapping.options.routing == "mc" else 0.0
        return float(state.load.hops[0]) * energy.flit_hop_j + lookups * energy.router_lookup_j

    def _ordinal(self, index: int) -> int:
        piece = self.mapping.slices[index]
        return int(np.searchsorted(self._now.layout.cuts[piece.population], piece.start))
