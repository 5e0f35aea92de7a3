"""What an edit would change, told from tables that are made once for a mapping: fast enough to follow a hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.memory import Cuts, MemoryModel
from s2studio.mapping.partition import cuts_of, pieces_of
from s2studio.mapping.place.kernels import Graph, Load, put_all
from s2studio.mapping.place.noc import noc
from s2studio.mapping.place.traffic import empty_load, graph_of_matrix
from s2studio.mapping.rates import FloatArray, Rates, slice_traffic
from s2studio.snn.fan_out import IntArray, slice_reach
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True)
class Change:
    """What is more (or, negative, less) after an edit, for as many spikes as the rates say.

    `flit_hops` and `worst_link_flits` are flits; `worst_time_done_s` is of the busiest PE in s, None where no busy
    times are known; `memory_bytes` of all PEs, `fullest_bytes` of the fullest; `energy_j` of NoC and event router in
    J. `fits` is whether every slice then has room in its PE.
    """

    flit_hops: float
    worst_link_flits: float
    worst_time_done_s: float | None
    memory_bytes: int
    fullest_bytes: int
    energy_j: float
    fits: bool


class _Layout(NamedTuple):
    """Slices that are cut and placed: limits, QPE of each slice (index), who reaches whom, spikes, seconds busy."""

    cuts: Cuts
    cells: IntArray
    reached: NDArray[np.bool_]
    spikes: FloatArray
    busy_s: FloatArray | None


class _Figures(NamedTuple):
    hops: float
    worst_link: float
    worst_time_s: float | None
    bytes: IntArray
    energy_j: float


class EditCost:
    """Tells what edits of one mapping would change.

    `rates` are spikes per neuron (None: each neuron one); `busy_s` is for each slice the time it takes in its worst
    tick, shape (slices,) in s: half a slice takes its share of it, and moving a slice does not change it (by c2c it
    does, where the number of QPEs it sends to changes; that is left out).
    """

    def __init__(
        self,
        mapping: ChipMapping,
        network: ChipNetwork,
        machine: Machine,
        rates: Rates | None = None,
        busy_s: FloatArray | None = None,
    ) -> None:
        self.mapping = mapping
        self._part = network.spiking
        self._machine = machine
        self._rates = rates or {}
        self._memory = MemoryModel(network.spiking, machine, mapping.demand)
        self._noc = noc(machine.spec, mapping.options.routing)
        self._number = {cell: index for index, cell in enumerate(self._noc.cells)}
        slices = len(mapping.slices)
        reached = np.zeros((slices, slices), np.bool_)
        for index, route in enumerate(mapping.routes):
            reached[index, list(route.targets)] = True
        self._now = _Layout(
            cuts=cuts_of(network.spiking, mapping.slices),
            cells=np.array([self._number[piece.pe.cell] for piece in mapping.slices]),
            reached=reached,
            spikes=slice_traffic(mapping.slices, self._rates),
            busy_s=busy_s,
        )
        self._regions: dict[str, IntArray] = {}
        self._before = self._figures(self._now, ())

    def move(self, index: int, pe: PE) -> Change:
        """Return what putting a slice on `pe` changes."""
        return self._moved({index: pe})

    def swap(self, one: int, other: int) -> Change:
        """Return what exchanging the PEs of two slices changes."""
        slices = self.mapping.slices
        return self._moved({one: slices[other].pe, other: slices[one].pe})

    def split(self, index: int, at: int, pe: PE) -> Change:
        """Return what cutting a slice before neuron `at` changes, its second part on `pe`."""
        piece, now = self.mapping.slices[index], self._now
        bounds = np.array([piece.start, at, piece.stop])
        cuts = {**now.cuts, piece.population: np.union1d(now.cuts[piece.population], [at])}
        again = np.insert(np.arange(len(now.cells)), index + 1, index)
        reached = now.reached[np.ix_(again, again)]
        self._reach_again(piece.population, cuts, reached)
        cells = now.cells[again]
        cells[index + 1] = self._number[pe.cell]
        share = np.diff(bounds) / piece.size
        busy = now.busy_s if now.busy_s is None else now.busy_s[again]
        if busy is not None:
            busy[index : index + 2] *= share
        spikes = slice_traffic(pieces_of(cuts), self._rates)
        return self._change(_Layout(cuts, cells, reached, spikes, busy), (piece.population,))

    def merge(self, index: int) -> Change:
        """Return what putting a slice and the next of its population in one changes."""
        piece, now = self.mapping.slices[index], self._now
        cuts = {**now.cuts, piece.population: np.setdiff1d(now.cuts[piece.population], [piece.stop])}
        reached = now.reached.copy()
        reached[index] |= reached[index + 1]
        reached[:, index] |= reached[:, index + 1]
        left = np.delete(np.arange(len(now.cells)), index + 1)
        busy = None
        if now.busy_s is not None:
            busy = now.busy_s[left]
            busy[index] += now.busy_s[index + 1]
        spikes = slice_traffic(pieces_of(cuts), self._rates)
        layout = _Layout(cuts, now.cells[left], reached[np.ix_(left, left)], spikes, busy)
        return self._change(layout, (piece.population,))

    def _moved(self, to: Mapping[int, PE]) -> Change:
        cells = self._now.cells.copy()
        for index, pe in to.items():
            cells[index] = self._number[pe.cell]
        return self._change(self._now._replace(cells=cells), ())

    def _reach_again(self, population: str, cuts: Cuts, reached: NDArray[np.bool_]) -> None:
        """Work out anew, in `reached`, who reaches whom from and to the slices of `population`."""
        first = dict(zip(cuts, np.cumsum([0, *(len(bounds) - 1 for bounds in cuts.values())]).tolist(), strict=False))
        touching = [one for one in self._part.projections if population in (one.pre, one.post)]
        blocks: dict[tuple[str, str], NDArray[np.bool_]] = {}
        for one in touching:
            block = slice_reach(one.connectivity, cuts[one.pre], cuts[one.post])
            ends = (one.pre, one.post)
            blocks[ends] = blocks[ends] | block if ends in blocks else block
        for (pre, post), block in blocks.items():
            row, column = first[pre], first[post]
            reached[row : row + block.shape[0], column : column + block.shape[1]] = block

    def _change(self, layout: _Layout, recut: Sequence[str]) -> Change:
        before, after = self._before, self._figures(layout, recut)
        time_s = None
        if before.worst_time_s is not None and after.worst_time_s is not None:
            time_s = after.worst_time_s - before.worst_time_s
        return Change(
            flit_hops=after.hops - before.hops,
            worst_link_flits=after.worst_link - before.worst_link,
            worst_time_done_s=time_s,
            memory_bytes=int(after.bytes.sum() - before.bytes.sum()),
            fullest_bytes=int(after.bytes.max() - before.bytes.max()),
            energy_j=after.energy_j - before.energy_j,
            fits=bool(after.bytes.max() <= self._memory.capacity),
        )

    def _figures(self, layout: _Layout, recut: Sequence[str]) -> _Figures:
        graph = graph_of_matrix(layout.reached, layout.spikes)
        load = empty_load(self._noc, graph)
        put_all(layout.cells.astype(np.int32), load, graph, self._noc.ways)
        return _Figures(
            hops=float(load.hops[0]),
            worst_link=float(load.flits.max(initial=0.0)),
            worst_time_s=None if layout.busy_s is None else float(layout.busy_s.max(initial=0.0)),
            bytes=self._bytes(layout, recut, load),
            energy_j=self._energy_j(graph, load),
        )

    def _energy_j(self, graph: Graph, load: Load) -> float:
        energy, lookups = self._machine.spec.energy, 0.0
        if self.mapping.options.routing == "mc":
            lookups = float(graph.spikes.sum())
        return float(load.hops[0]) * energy.flit_hop_j + lookups * energy.router_lookup_j

    def _bytes(self, layout: _Layout, recut: Sequence[str], load: Load) -> IntArray:
        """Return the bytes of every slice; only those that `recut` populations change are worked out anew."""
        targets = {one.post for one in self._part.projections if one.pre in recut}
        regions = {
            name: self._placeless(name, layout.cuts)
            if name in targets or name in recut or name not in self._regions
            else self._regions[name]
            for name in layout.cuts
        }
        if not self._regions:
            self._regions = regions
        qpes = np.count_nonzero(load.heard, axis=1)
        each = self._machine.spec.memory.routing_bytes_per_target_qpe
        found: IntArray = np.concatenate(list(regions.values())) + each * qpes
        return found

    def _placeless(self, name: str, cuts: Cuts) -> IntArray:
        """Return the bytes of a population's slices but for those of the QPEs they send to."""
        found = self._memory.regions(name, cuts, np.zeros(len(cuts[name]) - 1, np.int64))
        total: IntArray = np.sum(list(found.values()), axis=0, dtype=np.int64)
        return total
