"""A run as questions are asked of it: its counts, where its slices sit, and how long each PE may take at most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.counts import Counts
from s2studio.sim.level import LevelPolicy
from s2studio.sim.placed import Placed
from s2studio.snn.network import ChipNetwork

# Values of one kind that are worked on at once.
_CELLS = 1 << 20


@dataclass(frozen=True, eq=False)
class CountedRun(Placed):
    """Counts of a whole run, (samples, ticks, slices), with what is needed to price them in any way.

    `network` needs no projections; `policy` and `tick_s` are how it ran, or is to run.
    """

    network: ChipNetwork
    machine: Machine
    mapping: ChipMapping
    counts: Counts
    policy: LevelPolicy
    tick_s: float

    @property
    def spec(self) -> ChipSpec:
        """The chip with its cost table."""
        return self.machine.spec

    @property
    def samples(self) -> int:
        """The size of the batch."""
        return int(self.counts.packets.shape[0])

    @property
    def ticks(self) -> int:
        """How many ticks ran."""
        return int(self.counts.packets.shape[1])

    @property
    def models(self) -> NDArray[np.str_]:
        """The neuron model of each slice, shape (slices,)."""
        return np.array(self.work.models)

    def blocks(self) -> Iterator[tuple[int, Counts]]:
        """Return the counts in blocks of ticks, each with its first tick: what is worked on at once stays small."""
        counts = self.counts
        span = max(1, _CELLS // max(1, self.samples * counts.packets.shape[2]))
        for start in range(0, self.ticks, span):
            part = (slice(None), slice(start, start + span))
            packets, events, spikes = counts.packets[part], counts.synaptic_events[part], counts.spikes[part]
            yield start, Counts(packets, events, spikes, counts.updates, counts.recorded_bytes)
