"""Ticks of a run with all that panels show of them: counts of each PE, what they cost, what crosses the links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.counts import Counts
from s2studio.sim.energy import PE_KINDS
from s2studio.sim.level import LevelPolicy
from s2studio.sim.pricing import energy_by_tick_j, price_counts
from s2studio.sim.timing import slice_work
from s2studio.sim.traffic import traffic
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True, eq=False)
class Ticks:
    """Consecutive ticks of one sample from `start` on; arrays are (ticks, slices) unless the name says otherwise.

    `spikes_by_population` is (ticks, populations), `flits` (ticks, links) with the links of `sim.traffic.traffic`,
    `energy_j` (ticks, kinds) in J of the whole machine by `ENERGY_KINDS`; `pe_energy_j` J and `time_done_s` s are of
    each slice's PE; `levels` are indices into the chip's levels.
    """

    start: int
    packets: NDArray[np.int32]
    synaptic_events: NDArray[np.int32]
    spikes: NDArray[np.int32]
    spikes_by_population: NDArray[np.int64]
    time_done_s: NDArray[np.float64]
    levels: NDArray[np.int8]
    pe_energy_j: NDArray[np.float64]
    energy_j: NDArray[np.float64]
    flits: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many ticks there are."""
        return len(self.packets)

    @property
    def stop(self) -> int:
        """The tick after the last."""
        return self.start + self.count


class Pricer:
    """Prices counts of one run: what is the same for all its ticks is worked out once."""

    def __init__(
        self, network: ChipNetwork, mapping: ChipMapping, machine: Machine, policy: LevelPolicy, tick_s: float
    ) -> None:
        self.machine, self.policy, self.tick_s = machine, policy, tick_s
        self.work = slice_work(network, mapping)
        self.traffic = traffic(mapping)
        names = [population.name for population in network.spiking.populations]
        self._population_of = np.zeros((len(mapping.slices), len(names)))
        for row, piece in enumerate(mapping.slices):
            self._population_of[row, names.index(piece.population)] = 1.0

    def ticks(self, start: int, counts: Counts) -> Ticks:
        """Return the ticks of the first sample in `counts`, the first of which is tick `start`."""
        own = Counts(
            counts.packets[:1], counts.synaptic_events[:1], counts.spikes[:1], counts.updates, counts.recorded_bytes
        )
        priced = price_counts(own, self.work, self.traffic, self.machine.spec, self.policy, self.tick_s)
        energy = energy_by_tick_j(priced, self.machine, self.tick_s)
        return Ticks(
            start=start,
            packets=own.packets[0],
            synaptic_events=own.synaptic_events[0],
            spikes=own.spikes[0],
            spikes_by_population=np.rint(own.spikes[0] @ self._population_of).astype(np.int64),
            time_done_s=priced.time_done_s[0],
            levels=priced.levels[0],
            pe_energy_j=sum((priced.energy_j[kind][0] for kind in PE_KINDS), np.zeros(own.packets[0].shape)),
            energy_j=np.stack([kind[0] for kind in energy.values()], axis=1),
            flits=priced.flits[0],
        )
