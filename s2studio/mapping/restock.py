"""A mapping for another demand: where the network would be cut in the same way, only the memory changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.memory import MemoryModel
from s2studio.mapping.partition import cuts_of, partition


def restock(mapping: ChipMapping, memory: MemoryModel) -> ChipMapping | None:
    """Return `mapping` for the demand of `memory`: for more ticks, other recording or other stored spikes.

    `mapping` was made of the network of `memory`. What is returned is what mapping anew would give; None where that
    cuts the network in another way, or finds that it does not fit.
    """
    if memory.demand == mapping.demand:
        return mapping
    before = cuts_of(memory.part, mapping.slices)
    cuts = partition(memory, mapping.options)
    if not all(np.array_equal(cuts[name], bounds) for name, bounds in before.items()):
        return None
    slices, first = [], 0
    for name, bounds in cuts.items():
        places = range(first, first + len(bounds) - 1)
        regions = memory.regions(name, cuts, np.array([_target_qpes(mapping, place) for place in places], np.int64))
        if int(np.sum(list(regions.values()), axis=0).max()) > memory.capacity:
            return None
        columns = {region: found.tolist() for region, found in regions.items()}
        for row, place in enumerate(places):
            bytes_ = {region: column[row] for region, column in columns.items()}
            slices.append(replace(mapping.slices[place], bytes=bytes_))
        first = places.stop
    return replace(mapping, demand=memory.demand, slices=tuple(slices))


def _target_qpes(mapping: ChipMapping, place: int) -> int:
    return len({mapping.slices[target].pe.cell for target in mapping.routes[place].targets})
