"""From counts to time, levels, energy and traffic: all that follows from counts without running again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.counts import Counts
from s2studio.sim.energy import (
    ENERGY_KINDS,
    PE_KINDS,
    always_on_energy_j,
    busy_energy_j,
    noc_energy_j,
    pe_energy_j,
    router_energy_j,
    unused_pe_energy_j,
)
from s2studio.sim.level import LevelPolicy, choose_levels
from s2studio.sim.timing import (
    FloatArray,
    SliceWork,
    cycles_by_kind,
    slice_work,
    switch_ends,
    time_done_bounds_s,
    time_done_s,
)
from s2studio.sim.traffic import IntArray, Traffic, flits, traffic
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True)
class Priced:
    """What a block of counts costs; arrays are (samples, ticks, slices) unless the name says links.

    `levels` are indices into `tuple(spec.levels)`; `cycles` and `energy_j` (J) are by kind, `energy_j` with `asleep`;
    `flits` is (samples, ticks, links) with the links of `sim.traffic.link_table`; `packets_sent` and `router_lookups`
    are what each slice puts on the NoC and into the event router.
    """

    levels: NDArray[np.int8]
    cycles: Mapping[str, FloatArray]
    time_done_s: FloatArray
    energy_j: Mapping[str, FloatArray]
    flits: IntArray
    packets_sent: IntArray
    router_lookups: IntArray


def price(
    counts: Counts, network: ChipNetwork, mapping: ChipMapping, spec: ChipSpec, policy: LevelPolicy, tick_s: float
) -> Priced:
    """Return what `counts` cost on `mapping`, at the levels that `policy` chooses and ticks of `tick_s` seconds."""
    return price_counts(counts, slice_work(network, mapping), traffic(mapping), spec, policy, tick_s)


def price_counts(
    counts: Counts, work: SliceWork, routes: Traffic, spec: ChipSpec, policy: LevelPolicy, tick_s: float
) -> Priced:
    """Return what `counts` cost: as `price`, with tables that are worked out once for many blocks of a run."""
    levels = choose_levels(policy, counts.packets, work.models, spec)
    cycles = cycles_by_kind(counts, work, spec)
    return Priced(
        levels=levels,
        cycles=cycles,
        time_done_s=time_done_s(cycles, levels, spec),
        energy_j=pe_energy_j(cycles, levels, tick_s, spec),
        flits=flits(counts.spikes, routes.flits),
        packets_sent=counts.spikes * routes.packets,
        router_lookups=counts.spikes * routes.router_lookups,
    )


@dataclass(frozen=True)
class Bounds:
    """Both ends of what `Priced` says by the chip file's values, over the feasible cycle costs.

    Arrays are (samples, ticks, slices): when each PE is done in its tick, in s, and its energy in the tick, in J.
    """

    time_low_s: FloatArray
    time_pessimistic_s: FloatArray
    energy_low_j: FloatArray
    energy_high_j: FloatArray


@dataclass(frozen=True)
class BlockEnds:
    """Both ends of a block of ticks: `work`, what its PEs work in each, and when they are done, in s after the timer.

    `done_low_s` and `done_pessimistic_s` are (samples, ticks, slices): those of `work` where every PE began in time.
    """

    work: Bounds
    done_low_s: FloatArray
    done_pessimistic_s: FloatArray

    @classmethod
    def in_time(cls, work: Bounds) -> BlockEnds:
        """Return the ends of PEs that began every tick in time."""
        return cls(work, work.time_low_s, work.time_pessimistic_s)


def bounds(counts: Counts, work: SliceWork, spec: ChipSpec, levels: NDArray[np.int8], tick_s: float) -> Bounds:
    """Return both ends of the times and energies of `counts` at `levels`, which `price_counts` chose."""
    times = time_done_bounds_s(counts, work, spec, levels)
    ends = zip((times.low_s, times.pessimistic_s), switch_ends(spec), strict=True)
    low_j, high_j = (busy_energy_j(done_s, levels, tick_s, end) for done_s, end in ends)
    # Where a PE sleeps at a level that takes more than it does at work, more cycles take less energy.
    return Bounds(times.low_s, times.pessimistic_s, np.minimum(low_j, high_j), np.maximum(low_j, high_j))


def energy_by_tick_j(priced: Priced, machine: Machine, tick_s: float) -> Mapping[str, FloatArray]:
    """Return the energy of the whole machine in J for each kind of `ENERGY_KINDS`, each shape (samples, ticks).

    Their sum is all the energy there is. `always_on` holds the reserved PEs asleep, `asleep` the unused PEs too.
    """
    samples, ticks, slices = priced.levels.shape
    spec = machine.spec
    unused = len(machine.usable_pes) - slices
    energy = {kind: priced.energy_j[kind].sum(axis=2) for kind in PE_KINDS}
    energy["asleep"] = energy["asleep"] + unused * unused_pe_energy_j(1, tick_s, spec)
    energy["always_on"] = np.full((samples, ticks), always_on_energy_j(1, tick_s, machine))
    energy["noc"] = noc_energy_j(priced.flits.sum(axis=2), spec)
    energy["router"] = router_energy_j(priced.router_lookups.sum(axis=2), spec)
    return {kind: energy[kind] for kind in ENERGY_KINDS}
