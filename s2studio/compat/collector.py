"""Keeps of a run what its populations asked to record, block by block, and gives it to them at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.compat.results import PopulationResults
from s2studio.compat.spinnaker2.snn import Population
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.counts import Counts, SpikeTable, TickBlock
from s2studio.snn.population import Population as ChipPopulation

Shares = Callable[[Counts], NDArray[np.float64]]


class Collector:
    """What `populations`, those of the chip network in its order, record of a run on `mapping`.

    `shares` returns when each slice was done in each tick, as a share of the tick, shape (ticks, slices).
    """

    def __init__(self, populations: Sequence[ChipPopulation], mapping: ChipMapping, shares: Shares) -> None:
        self._populations, self._mapping, self._shares_of = populations, mapping, shares
        self._records = [population.record or frozenset() for population in populations]
        self._all = frozenset[str]().union(*self._records)
        self._spikes: list[SpikeTable] = []
        self._shares: list[NDArray[np.float64]] = []
        self._packets: list[NDArray[np.int32]] = []
        self._voltages: dict[str, list[NDArray[np.float32]]] = {population.name: [] for population in populations}

    def add(self, block: TickBlock) -> None:
        """Keep what was asked for of `block`."""
        if "spikes" in self._all:
            self._spikes.append(block.spikes)
        if "time_done" in self._all:
            self._shares.append(self._shares_of(block.counts))
        if "n_packets" in self._all:
            self._packets.append(block.counts.packets[0])
        for population, record in zip(self._populations, self._records, strict=True):
            kept = self._voltages[population.name]
            if "v" in record:
                kept.append(block.voltages[population.name][0])
            elif "v_last" in record:
                kept[:] = [block.voltages[population.name][0, -1:]]

    def give(self, populations: Sequence[Population]) -> None:
        """Leave with each population of the script, in the order of the chip network, what it recorded."""
        spikes = tuple(self._spikes)
        shares = np.concatenate(self._shares) if self._shares else None
        packets = np.concatenate(self._packets) if self._packets else None
        for index, (population, chip) in enumerate(zip(populations, self._populations, strict=True)):
            record, results = self._records[index], PopulationResults(chip.size, index, ran=True)
            if "spikes" in record:
                results.spikes = spikes
            if self._voltages[chip.name]:
                results.voltages = np.concatenate(self._voltages[chip.name])
            if shares is not None and "time_done" in record:
                results.time_done = self._by_pe(chip.name, shares)
            if packets is not None and "n_packets" in record:
                results.n_packets = self._by_pe(chip.name, packets)
            population.results = results

    def _by_pe(self, name: str, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return the columns of `values` (ticks, slices) that belong to the population `name`, by PE."""
        return {
            str(piece.pe): values[:, place].copy()
            for place, piece in enumerate(self._mapping.slices)
            if piece.population == name
        }
