"""What a user can do about a network that does not fit, with the numbers that would make it fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from s2studio.mapping.mapping import MappingOptions
from s2studio.mapping.memory import Cuts, MemoryModel, Regions, total_bytes
from s2studio.mapping.partition import asked, cut, largest_fit, partition
from s2studio.snn.connectivity import ConvWeights


def memory_remedy(memory: MemoryModel, name: str, cuts: Cuts, regions: Regions) -> str:
    """Return what makes the slices of the population `name`, whose memory is `regions`, fit."""
    records = bool(regions["record"].any())
    lower = _lower_neurons_per_pe(memory, name, cuts)
    if lower is not None:
        return f"lower neurons_per_pe to {lower}" + (" or record fewer variables" if records else "")
    if records:
        return _record_less(memory, name, cuts, regions)
    worst = int(np.argmax(total_bytes(regions)))
    if memory.limits(name).stored_spike_bytes:
        spare = memory.capacity - int(total_bytes(regions)[worst] - regions["synapses"][worst])
        most = max(0, spare // memory.limits(name).stored_spike_bytes)
        return f"present the stimulus in several runs: a PE stores at most {most:,} spikes"
    return _connect_less(memory, name)


def pes_remedy(memory: MemoryModel, options: MappingOptions, cuts: Cuts, available: int) -> str:
    """Return what brings the number of PEs down to `available`."""
    part = memory.part
    if any(asked(population, options) is not None for population in part.populations):
        wishless = tuple(replace(population, neurons_per_pe=None) for population in part.populations)
        free = MemoryModel(replace(part, populations=wishless), memory.machine, memory.demand)
        needed = _slices(partition(free, replace(options, neurons_per_pe={})))
        if needed <= available:
            return f"leave neurons_per_pe to the mapper: {needed:,} PEs then"
    if memory.demand.record:
        silent = MemoryModel(part, memory.machine, replace(memory.demand, record={}))
        needed = _slices(partition(silent, options))
        if needed <= available:
            return f"record fewer variables: without any {needed:,} PEs are needed"
    largest = max(cuts, key=lambda name: len(cuts[name]))
    return f"make the network smaller: population '{largest}' alone takes {len(cuts[largest]) - 1:,} PEs"


def _lower_neurons_per_pe(memory: MemoryModel, name: str, cuts: Cuts) -> int | None:
    size = int(np.diff(cuts[name]).max())
    fitting = largest_fit(memory, name, cuts, size - 1) if size > 1 else None
    if fitting is None:
        return None
    return int(np.diff(cut(memory.part, memory.populations[name], fitting)).max())


def _record_less(memory: MemoryModel, name: str, cuts: Cuts, regions: Regions) -> str:
    worst = int(np.argmax(total_bytes(regions)))
    each_step = memory.recorded_bytes_per_step(name, int(np.diff(cuts[name])[worst]))
    over = int(total_bytes(regions)[worst]) - memory.capacity
    steps = memory.demand.steps - -(-over // each_step) if each_step else 0
    return "record fewer variables" + (f" or run at most {steps:,} steps" if steps > 0 else "")


def _connect_less(memory: MemoryModel, name: str) -> str:
    """Return how few sources, or kernel weights, would leave room for one neuron of the population."""
    chip, limits = memory.machine.spec.memory, memory.limits(name)
    own = int(total_bytes(memory.own_regions(name, np.array([0, 1])))[0]) + chip.routing_bytes
    spare = max(0, memory.capacity - own)
    incoming = [projection for projection in memory.part.projections if projection.post == name]
    if any(isinstance(projection.connectivity, ConvWeights) for projection in incoming):
        return f"use a smaller kernel: a PE has room for {spare // limits.kernel_weight_bytes:,} weights of a channel"
    each = chip.population_table_entry_bytes + chip.row_header_bytes + limits.synapse_bytes
    return f"connect less: a PE has room for {spare // each:,} sources of a neuron"


def _slices(cuts: Cuts) -> int:
    return sum(len(bounds) - 1 for bounds in cuts.values())
