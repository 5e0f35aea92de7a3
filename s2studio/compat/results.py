"""What a run gave a population: arrays as they came, turned into the dictionaries of py-spinnaker2 when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s2studio.sim.counts import SpikeTable


@dataclass
class PopulationResults:
    """Results of one run, each None or empty where it was not recorded.

    `spikes` holds those of the whole network, of which `index` is the population; `voltages` (ticks, neurons) in chip
    units; `time_done` and `n_packets` by the name of the PE. `ran` says whether there was a run at all.
    """

    size: int = 0
    index: int = 0
    ran: bool = False
    spikes: tuple[SpikeTable, ...] | None = None
    voltages: NDArray[np.float32] | None = None
    time_done: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    n_packets: dict[str, NDArray[np.int32]] = field(default_factory=dict)

    def spikes_by_neuron(self) -> dict[int, list[int]]:
        """Return {neuron: [tick, ...]} with every neuron as a key."""
        if self.spikes is None:
            return {}
        rows = [(table, table.population == self.index) for table in self.spikes]
        neuron = np.concatenate([table.neuron[mine] for table, mine in rows])
        tick = np.concatenate([table.tick[mine] for table, mine in rows])
        ordered = tick[np.argsort(neuron, kind="stable")]
        ends = np.cumsum(np.bincount(neuron, minlength=self.size))[:-1]
        return {index: ticks.tolist() for index, ticks in enumerate(np.split(ordered, ends))}

    def voltages_by_neuron(self) -> dict[int, NDArray[np.float32]]:
        """Return {neuron: array of its voltages}."""
        if self.voltages is None:
            return {}
        return dict(enumerate(np.ascontiguousarray(self.voltages.T)))
