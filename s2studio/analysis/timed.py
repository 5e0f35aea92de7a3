"""How long each PE needs at most, what a run costs, and where it is late: at any level policy and tick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.counted import CountedRun
from s2studio.sim.counts import Counts
from s2studio.sim.energy import busy_energy_j, idle_energy_j
from s2studio.sim.energy_ends import outside_ends_j
from s2studio.sim.level import LevelPolicy, choose_levels
from s2studio.sim.pricing import energy_by_tick_j, price_counts
from s2studio.sim.timing import (
    FloatArray,
    cycles_by_kind,
    late,
    smallest_safe_tick_s,
    switch_ends,
    time_done_bounds_s,
)

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """What a run takes at ticks of `tick_s`: times in s, energies in J.

    `safe_tick_s` is the smallest tick in which no PE is late, by the pessimistic end of every time; `late_ticks` (PE x
    tick) those at `tick_s` by the same end. `energy_low_j` and `energy_high_j` are by both ends of the costs,
    `energy_dynamic_j` and its ends are what is above the idle chip.
    """

    level: str
    tick_s: float
    safe_tick_s: float
    late_ticks: int
    duration_s: float
    energy_j: float
    energy_low_j: float
    energy_high_j: float
    energy_dynamic_j: float
    energy_dynamic_low_j: float
    energy_dynamic_high_j: float
    pes_used: int


@dataclass(frozen=True, eq=False)
class Timed:
    """A run at one policy and tick; arrays are (slices,).

    `longest_s` is the pessimistic end of each slice's longest tick, which is `tick` of `sample`; `low_s` and
    `nominal_s` are of the same tick. `most_packets` waited at once.
    """

    low_s: FloatArray
    nominal_s: FloatArray
    longest_s: FloatArray
    tick: IntArray
    sample: IntArray
    most_packets: IntArray
    late_ticks: IntArray
    outcome: Outcome


def timed(run: CountedRun, policy: LevelPolicy | None = None, tick_s: float | None = None) -> Timed:
    """Return `run` at `policy` and ticks of `tick_s` (None: its own)."""
    policy, tick_s = policy or run.policy, run.tick_s if tick_s is None else tick_s
    sums = _Sums(run, policy, tick_s)
    for start, counts in run.blocks():
        sums.add(start, counts)
    return sums.timed()


def longest_s(run: CountedRun, policy: LevelPolicy) -> float:
    """Return the longest that any PE works in a tick at `policy`, by the pessimistic end, in s."""
    longest = 0.0
    for _, counts in run.blocks():
        levels = choose_levels(policy, counts.packets, run.work.models, run.spec)
        longest = max(longest, float(time_done_bounds_s(counts, run.work, run.spec, levels).pessimistic_s.max()))
    return longest


def safe_tick_s(run: CountedRun, policy: LevelPolicy) -> float:
    """Return the smallest tick of whole timer periods in which no PE is late at `policy`, pessimistically."""
    return smallest_safe_tick_s(longest_s(run, policy), run.spec)


class _Sums:
    """What is added up over the blocks of a run."""

    def __init__(self, run: CountedRun, policy: LevelPolicy, tick_s: float) -> None:
        self.run, self.policy, self.tick_s = run, policy, tick_s
        slices = len(run.mapping.slices)
        self.low, self.nominal, self.longest = (np.zeros(slices) for _ in range(3))
        self.tick, self.sample, self.packets, self.late = (np.zeros(slices, np.int64) for _ in range(4))
        self.energy_j = 0.0
        # What the ends of the cycle costs, and their values, make of the energy of the PEs, in J.
        self.ends_j = np.zeros(3)
        # What the ends of the energies outside the PEs add to it.
        self.outside_j = np.zeros(2)

    def add(self, start: int, counts: Counts) -> None:
        """Add the ticks of `counts`, the first of which is `start`."""
        run = self.run
        priced = price_counts(counts, run.work, run.traffic, run.spec, self.policy, self.tick_s)
        by_kind = {kind: float(each.sum()) for kind, each in energy_by_tick_j(priced, run.machine, self.tick_s).items()}
        self.energy_j += sum(by_kind.values())
        self.outside_j += outside_ends_j(by_kind["noc"], by_kind["router"], run.spec)
        times, (least, most_spec) = time_done_bounds_s(counts, run.work, run.spec, priced.levels), switch_ends(run.spec)
        for end, (done_s, spec) in enumerate(
            ((times.low_s, least), (times.nominal_s, run.spec), (times.pessimistic_s, most_spec))
        ):
            self.ends_j[end] += float(busy_energy_j(done_s, priced.levels, self.tick_s, spec).sum())
        most = times.pessimistic_s
        self.late += late(most, self.tick_s).sum(axis=(0, 1))
        self.packets = np.maximum(self.packets, counts.packets.max(axis=(0, 1)))
        flat = most.reshape(-1, most.shape[2])
        worst, slices = flat.argmax(axis=0), np.arange(flat.shape[1])
        longer = flat[worst, slices] > self.longest
        self.longest = np.where(longer, flat[worst, slices], self.longest)
        for name, done_s in (("low", times.low_s), ("nominal", times.nominal_s)):
            found = done_s.reshape(flat.shape)[worst, slices]
            setattr(self, name, np.where(longer, found, getattr(self, name)))
        ticks = most.shape[1]
        self.tick = np.where(longer, start + worst % ticks, self.tick)
        self.sample = np.where(longer, worst // ticks, self.sample)

    def timed(self) -> Timed:
        """Return what was added up."""
        run, ticks = self.run, self.run.samples * self.run.ticks
        low_j = self.energy_j + float(self.ends_j.min() - self.ends_j[1] + self.outside_j[0])
        high_j = self.energy_j + float(self.ends_j.max() - self.ends_j[1] + self.outside_j[1])
        idle_j = idle_energy_j(ticks, self.tick_s, run.machine, run.mapping.pes_used)
        outcome = Outcome(
            level=", ".join(self.policy.texts),
            tick_s=self.tick_s,
            safe_tick_s=smallest_safe_tick_s(float(self.longest.max(initial=0.0)), run.spec),
            late_ticks=int(self.late.sum()),
            duration_s=ticks * self.tick_s,
            energy_j=self.energy_j,
            energy_low_j=low_j,
            energy_high_j=high_j,
            energy_dynamic_j=self.energy_j - idle_j,
            energy_dynamic_low_j=low_j - idle_j,
            energy_dynamic_high_j=high_j - idle_j,
            pes_used=run.mapping.pes_used,
        )
        return Timed(
            self.low, self.nominal, self.longest, self.tick, self.sample, self.packets, self.late, outcome
        )  # fmt: skip


def cycles_at(run: CountedRun, sample: int, tick: int) -> dict[str, FloatArray]:
    """Return the cycles of every slice in one tick by what they go to, each (slices,), as the chip file says."""
    counts = run.counts
    part = (slice(sample, sample + 1), slice(tick, tick + 1))
    own = Counts(
        counts.packets[part], counts.synaptic_events[part], counts.spikes[part], counts.updates, counts.recorded_bytes
    )
    return {kind: cycles[0, 0] for kind, cycles in cycles_by_kind(own, run.work, run.spec).items()}
