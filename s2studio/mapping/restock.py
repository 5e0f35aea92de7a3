"""A mapping for another stimulus: the network, the cuts and the PEs stay, only what its sources store changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import ChipMapping, Demand, Slice
from s2studio.mapping.memory import Cuts, MemoryModel
from s2studio.mapping.partition import asked, cut, cuts_of, largest_fit, neurons_per_pe
from s2studio.snn.network import SpikingPart


def restock(mapping: ChipMapping, part: SpikingPart, machine: Machine, demand: Demand) -> ChipMapping | None:
    """Return `mapping` with the memory of `demand`, which has its steps and recording but other stored spikes.

    None where the network would be cut in another way, or no longer fits: then it must be mapped anew. `mapping` was
    made of `part` on `machine`.
    """
    if demand == mapping.demand:
        return mapping
    cuts, memory = cuts_of(part, mapping.slices), MemoryModel(part, machine, demand)
    names = [name for name in cuts if name in {*demand.stored_spikes, *mapping.demand.stored_spikes}]
    if not all(_is_cut_as_before(memory, mapping, name, cuts) for name in names):
        return None
    slices = list(mapping.slices)
    for name in names:
        places = [place for place, piece in enumerate(slices) if piece.population == name]
        regions = memory.regions(name, cuts, np.array([_target_qpes(mapping, place) for place in places], np.int64))
        if int(np.sum(list(regions.values()), axis=0).max()) > memory.capacity:
            return None
        for row, place in enumerate(places):
            slices[place] = _with_bytes(slices[place], {region: int(found[row]) for region, found in regions.items()})
    return replace(mapping, demand=demand, slices=tuple(slices))


def _is_cut_as_before(memory: MemoryModel, mapping: ChipMapping, name: str, cuts: Cuts) -> bool:
    population = memory.populations[name]
    wish = neurons_per_pe(memory, population, mapping.options)
    if asked(population, mapping.options) is None:
        wish = largest_fit(memory, name, cuts, wish) or wish
    return bool(np.array_equal(cut(memory.part, population, wish), cuts[name]))


def _target_qpes(mapping: ChipMapping, place: int) -> int:
    return len({mapping.slices[target].pe.cell for target in mapping.routes[place].targets})


def _with_bytes(piece: Slice, regions: dict[str, int]) -> Slice:
    return replace(piece, bytes=regions)
