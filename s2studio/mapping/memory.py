"""What each slice keeps in its PE's memory, in bytes by region; sizes are the chip file's `memory` and `models`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.chip.spec import Memory, ModelLimits
from s2studio.mapping.fan_in import DenseFanIn, FanIn, ListFanIn
from s2studio.mapping.mapping import REGIONS, Demand
from s2studio.mapping.near import Near
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from s2studio.snn.fan_out import IntArray, slice_reach
from s2studio.snn.network import SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

Cuts = Mapping[str, IntArray]
"""The slice limits of each population, ascending, from 0 to its size."""
Regions = dict[str, IntArray]

_BITS_PER_BYTE = 8


class MemoryModel:
    """Works out the memory of a network's slices for any way of cutting it; what projections cost is kept."""

    def __init__(self, part: SpikingPart, machine: Machine, demand: Demand) -> None:
        self.part = part
        self.machine = machine
        self.demand = demand
        self.populations = {population.name: population for population in part.populations}
        self._fan_in: dict[int, ListFanIn | DenseFanIn] = {}
        self._incoming: dict[tuple[int, bytes, bytes], tuple[IntArray, IntArray]] = {}

    def with_demand(self, demand: Demand) -> MemoryModel:
        """Return the model of the same network for another demand; what projections cost is shared."""
        other = MemoryModel(self.part, self.machine, demand)
        other._fan_in, other._incoming = self._fan_in, self._incoming
        return other

    @property
    def capacity(self) -> int:
        """Bytes of data memory of a PE, stack and heap included."""
        return self.machine.spec.memory.data_bytes

    def limits(self, name: str) -> ModelLimits:
        """Return what the model of the population `name` takes and allows."""
        return self.machine.spec.models[self.populations[name].model]

    def regions(self, name: str, cuts: Cuts, target_qpes: NDArray[np.int64] | None = None) -> Regions:
        """Return the bytes of each slice of the population `name` by region, each of shape (slices,).

        `target_qpes` is the number of QPEs each slice sends to; None (not placed yet) takes the most there can be.
        """
        bounds = cuts[name]
        if target_qpes is None:
            target_qpes = np.full(len(bounds) - 1, self._most_target_qpes(name, cuts))
        found = self.own_regions(name, bounds)
        memory = self.machine.spec.memory
        for index, projection in enumerate(self.part.projections):
            if projection.post == name:
                table, stored = self._of_projection(index, projection, cuts)
                found["pop_table"] = found["pop_table"] + table
                found["synapses"] = found["synapses"] + stored
        found["routing"] = memory.routing_bytes + memory.routing_bytes_per_target_qpe * target_qpes
        return {region: found[region] for region in REGIONS}

    def own_regions(self, name: str, bounds: IntArray) -> Regions:
        """Return the regions that do not depend on other populations; projections add to `pop_table` and `synapses`."""
        limits, memory = self.limits(name), self.machine.spec.memory
        sizes = np.diff(bounds)
        every = np.ones_like(sizes)
        return {
            "ring": limits.ring_bytes + limits.ring_bytes_per_neuron * sizes,
            "input_buffers": limits.input_buffer_bytes * every,
            "state": limits.state_bytes_per_neuron * sizes,
            "params": limits.params_bytes_per_neuron * sizes,
            "pop_table": 0 * every,
            "synapses": limits.stored_spike_bytes * self._stored_spikes(self.populations[name], bounds),
            "record": memory.word_bytes * self._recorded_words(name, sizes),
            "log": memory.log_bytes * every,
            "fifo": memory.word_bytes * memory.fifo_words * every,
            "stack": memory.stack_bytes * every,
        }

    def placeless(self, name: str, cuts: Cuts) -> IntArray:
        """Return the bytes of each slice of the population `name` but for those of the QPEs that it sends to."""
        return total_bytes(self.regions(name, cuts, np.zeros(len(cuts[name]) - 1, np.int64)))

    def placeless_run(self, name: str, cuts: Cuts, first: int, last: int, incoming: Sequence[Near]) -> IntArray:
        """Return the same of the slices `first` to `last` (excluded), from the synapses of their neurons alone.

        `incoming` are the projections to the population.
        """
        bounds = cuts[name][first : last + 1]
        if first == 0 and last == len(cuts[name]) - 1:
            return self.placeless(name, cuts)
        total = total_bytes(self.own_regions(name, bounds)) + self.machine.spec.memory.routing_bytes
        start, stop = int(bounds[0]), int(bounds[-1])
        for near in incoming:
            weights = near.to_targets(start, stop)
            if isinstance(weights, ConvWeights):
                entries = slice_reach(weights, cuts[near.pre], cuts[name]).sum(axis=0)[first:last]
                total = total + self.machine.spec.memory.population_table_entry_bytes * entries
                total = total + self.limits(name).kernel_weight_bytes * _kernel_weights(weights, bounds)
            else:
                total = total + sum(self._stored(name, _fan_in(weights, stop - start)(bounds - start)))
        return total

    def recorded_bytes_per_step(self, name: str, size: int) -> int:
        """Return what recording adds every tick to a slice of `size` neurons."""
        memory = self.machine.spec.memory
        words = words_per_step(self.demand.record.get(name, frozenset()), np.array([size]), memory)
        return int(words[0]) * memory.word_bytes

    def _recorded_words(self, name: str, sizes: IntArray) -> IntArray:
        variables, memory = self.demand.record.get(name, frozenset()), self.machine.spec.memory
        once = memory.voltage_record_header_words + sizes if "v_last" in variables else 0 * sizes
        return once + self.demand.steps * words_per_step(variables, sizes, memory)

    def _stored_spikes(self, population: Population, bounds: IntArray) -> IntArray:
        stored = self.demand.stored_spikes.get(population.name, np.zeros(0, np.int64))
        before = np.zeros(population.size + 1, np.int64)
        np.cumsum(stored, out=before[1 : len(stored) + 1])
        before[len(stored) + 1 :] = before[len(stored)]
        return np.diff(before[bounds])

    def _most_target_qpes(self, name: str, cuts: Cuts) -> int:
        targets = {projection.post for projection in self.part.projections if projection.pre == name}
        qpes = len(self.machine.chips) * len(self.machine.spec.qpe_order)
        return min(qpes, sum(len(cuts[target]) - 1 for target in targets))

    def _of_projection(self, index: int, projection: Projection, cuts: Cuts) -> tuple[IntArray, IntArray]:
        """Return the bytes that a projection adds to the population table and to the synapses of each target slice."""
        key = (index, cuts[projection.pre].tobytes(), cuts[projection.post].tobytes())
        if not isinstance(projection.connectivity, ConvWeights):
            key = (index, b"", key[2])
        if key not in self._incoming:
            self._incoming[key] = self._count_projection(index, projection, cuts)
        return self._incoming[key]

    def _count_projection(self, index: int, projection: Projection, cuts: Cuts) -> tuple[IntArray, IntArray]:
        weights, bounds = projection.connectivity, cuts[projection.post]
        if isinstance(weights, ConvWeights):
            entries = slice_reach(weights, cuts[projection.pre], bounds).sum(axis=0)
            stored = self.limits(projection.post).kernel_weight_bytes * _kernel_weights(weights, bounds)
            return self.machine.spec.memory.population_table_entry_bytes * entries, stored
        if index not in self._fan_in:
            self._fan_in[index] = _fan_in(weights, self.populations[projection.post].size)
        return self._stored(projection.post, self._fan_in[index](bounds))

    def _stored(self, name: str, fan_in: FanIn) -> tuple[IntArray, IntArray]:
        """Return the bytes of table and synapses of slices of the population `name` that store `fan_in`."""
        memory, limits = self.machine.spec.memory, self.limits(name)
        stored = memory.row_header_bytes * fan_in.rows + limits.synapse_bytes * fan_in.synapses
        return memory.population_table_entry_bytes * fan_in.rows, stored


def _fan_in(weights: SynapseList | DenseWeights, size: int) -> ListFanIn | DenseFanIn:
    return ListFanIn(weights, size) if isinstance(weights, SynapseList) else DenseFanIn(weights)


def total_bytes(regions: Regions) -> IntArray:
    """Return the bytes of each slice in all its regions."""
    total: IntArray = np.sum(list(regions.values()), axis=0, dtype=np.int64)
    return total


def words_per_step(variables: frozenset[str], sizes: IntArray, memory: Memory) -> IntArray:
    """Return the words that recording takes every tick, for slices of those sizes."""
    bitmap = -(-sizes // (_BITS_PER_BYTE * memory.word_bytes))
    words = {
        "spikes": memory.spike_record_header_words + bitmap,
        "v": memory.voltage_record_header_words + sizes,
        "time_done": memory.time_done_record_words + 0 * sizes,
        "n_packets": memory.packet_count_record_words + 0 * sizes,
    }
    return sum((words[variable] for variable in sorted(variables & words.keys())), 0 * sizes)


def _kernel_weights(kernel: ConvWeights, bounds: IntArray) -> IntArray:
    """Return how many kernel weights each slice holds: those of every output channel it has a neuron of."""
    pixels = kernel.target_shape[1] * kernel.target_shape[2]
    channels = (bounds[1:] - 1) // pixels - bounds[:-1] // pixels + 1
    return channels * int(np.prod(kernel.weight.shape[1:], dtype=np.int64))
