"""Power within a tick: which phase each PE is in when, at which level, when it sleeps, and what that takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec
from s2studio.sim.energy import ENERGY_KINDS, always_on_energy_j, noc_energy_j, router_energy_j, unused_pe_energy_j
from s2studio.sim.pricing import Priced
from s2studio.sim.timing import SWITCHING, FloatArray, clocks_hz, switch_s

# What a PE does first in a tick comes first; the time model knows how long each takes, this order is the program's.
PHASES = (SWITCHING, "packets", "synapses", "neurons", "recording")
_SENDING = PHASES.index("neurons")
ASLEEP = "asleep"


def phase_ends_s(cycles: Mapping[str, FloatArray], levels: NDArray[np.int8], spec: ChipSpec) -> FloatArray:
    """Return when each of PHASES ends, in s after the PE began its tick, shape of `levels` and an axis of phases."""
    spent = np.stack([cycles[kind] for kind in PHASES if kind != SWITCHING], axis=-1)
    change_s = switch_s(levels, spec)[..., None]
    works_s = change_s + np.cumsum(spent, axis=-1) / clocks_hz(levels, spec)[..., None]
    return np.concatenate([change_s, works_s], axis=-1)


@dataclass(frozen=True)
class TickEnds:
    """Both ends of one tick: `done_s` of when the last PE is done, in s, and `energy_j` by kind and `total`, in J."""

    done_s: tuple[float, float]
    energy_j: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class WithinTick:
    """One tick of `tick_s` seconds of one sample, in s after its timer.

    By slice: `begins_s` (slices,) when its PE began the tick, `ends_s` (slices, PHASES) when each phase ended, beyond
    `tick_s` where the PE is late; after the last it changes its level back and sleeps. `levels` are indices into the
    chip's levels, `busy_w` and `asleep_w` a PE's power in W at its level, and asleep. `power_w` (ENERGY_KINDS, spans)
    is that of the whole machine between the moments `edges_s` (spans + 1,), until the next timer. All of it is by the
    chip file's values; `ends`, where they were asked for, are of when the last PE is done, and of the energy.
    """

    tick: int
    tick_s: float
    begins_s: FloatArray
    ends_s: FloatArray
    levels: NDArray[np.int8]
    busy_w: FloatArray
    asleep_w: float
    edges_s: FloatArray
    power_w: FloatArray
    ends: TickEnds | None = None

    @property
    def energy_j(self) -> dict[str, float]:
        """The energy of the machine in the tick in J, by kind."""
        energy = self.power_w @ np.diff(self.edges_s)
        return dict(zip(ENERGY_KINDS, energy.tolist(), strict=True))


def within_tick(
    tick: int, priced: Priced, machine: Machine, tick_s: float, sample: int = 0, begins_s: FloatArray | None = None
) -> WithinTick:
    """Return the tick `tick` of `sample`, the only one in `priced`; `begins_s` (slices,) where PEs began it late.

    What a PE that began late works before that is left from its last tick, and counted as neurons. Flits and look-ups
    fall due while spikes are sent: their energy is spread over the time in which any PE updates neurons.
    """
    spec, levels = machine.spec, priced.levels[sample, 0]
    begins = np.zeros(len(levels)) if begins_s is None else begins_s
    cycles = {kind: values[sample, 0] for kind, values in priced.cycles.items()}
    ends = begins[:, None] + phase_ends_s(cycles, levels, spec)
    busy_w: FloatArray = np.array([level.arm_busy_w for level in spec.levels.values()])[levels]
    asleep_w = spec.levels[spec.sleep_level].asleep_w
    change_s = switch_s(levels, spec)
    changed = ends[:, -1] + change_s
    spans = _Spans(tick_s, np.concatenate([begins, ends.ravel(), changed]))
    starts = np.column_stack([begins, ends[:, :-1]])
    spans.add("neurons", np.zeros(len(begins)), begins, busy_w)
    for number, kind in enumerate(PHASES):
        spans.add(kind, starts[:, number], ends[:, number], busy_w)
    spans.add(SWITCHING, ends[:, -1], changed, np.full(len(begins), spec.levels[spec.sleep_level].arm_busy_w))
    changes = int(np.count_nonzero([list(spec.levels)[level] != spec.sleep_level for level in levels]))
    spans.add_energy(SWITCHING, 2 * changes * spec.switch_energy_j, 0.0, tick_s)
    spans.add(ASLEEP, changed, np.full(len(begins), tick_s), np.full(len(begins), asleep_w))
    unused = len(machine.usable_pes) - len(levels)
    spans.add_throughout(ASLEEP, unused * unused_pe_energy_j(1, 1.0, spec))
    spans.add_throughout("always_on", always_on_energy_j(1, 1.0, machine))
    sending = (float(starts[:, _SENDING].min(initial=tick_s)), float(ends[:, _SENDING].max(initial=0.0)))
    spans.add_energy("noc", float(noc_energy_j(priced.flits[sample, 0], spec).sum()), *sending)
    spans.add_energy("router", float(router_energy_j(priced.router_lookups[sample, 0], spec).sum()), *sending)
    return WithinTick(tick, tick_s, begins, ends, levels, busy_w, asleep_w, spans.edges, spans.power_w)


class _Spans:
    """Power by kind between all moments of a tick at which any of it changes."""

    def __init__(self, tick_s: float, moments: FloatArray) -> None:
        self.tick_s = tick_s
        self.edges: FloatArray = np.unique(np.clip(np.concatenate([[0.0, tick_s], moments]), 0.0, tick_s))
        # What comes to the power, and goes, at each moment.
        self._changes = {kind: np.zeros(len(self.edges)) for kind in ENERGY_KINDS}

    def add(self, kind: str, starts: FloatArray, stops: FloatArray, power_w: FloatArray) -> None:
        """Add `power_w` from `starts` to `stops`, as far as they are in the tick."""
        first, last = (np.searchsorted(self.edges, np.clip(each, 0.0, self.tick_s)) for each in (starts, stops))
        last = np.maximum(first, last)
        np.add.at(self._changes[kind], first, power_w)
        np.add.at(self._changes[kind], last, -power_w)

    def add_throughout(self, kind: str, power_w: float) -> None:
        """Add `power_w` over the whole tick."""
        self._changes[kind][0] += power_w

    def add_energy(self, kind: str, energy_j: float, start: float, stop: float) -> None:
        """Spread `energy_j` evenly from `start` to `stop`, or over the tick where nothing is between them."""
        start, stop = max(0.0, start), min(self.tick_s, stop)
        if stop <= start:
            start, stop = 0.0, self.tick_s
        self.add(kind, np.array([start]), np.array([stop]), np.array([energy_j / (stop - start)]))

    @property
    def power_w(self) -> FloatArray:
        """The power, (ENERGY_KINDS, spans)."""
        sums: FloatArray = np.cumsum([self._changes[kind] for kind in ENERGY_KINDS], axis=1)
        # Where all that came has gone, rounding may leave a little.
        return np.asarray(np.maximum(sums[:, :-1], 0.0))
