"""What the mesh can show of each slice as a colour: the table of its heat maps, and the load of the links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.gui.models.sure import about
from s2studio.gui.translation import marked, tr
from s2studio.mapping.mapping import ChipMapping, Link, Slice
from s2studio.sim.traffic import flits, link_table
from s2studio.units import with_unit

if TYPE_CHECKING:
    from s2studio.analysis.view import View

FloatArray = NDArray[np.float64]
PERCENT = "%"
# Metrics that follow from cycle costs.
ESTIMATES = frozenset({"utilisation", "time_done", "energy", "level"})


@dataclass(frozen=True)
class Facts:
    """All that a heat map may go by. `view` is what a run did, in terms of the slices of `ran`; None without a run."""

    mapping: ChipMapping
    machine: Machine
    view: View | None = None
    ran: ChipMapping | None = None

    @property
    def ticks(self) -> int:
        """How many ticks the numbers of the run stand for, at least 1."""
        return max(1, self.view.ticks_seen) if self.view is not None else 1

    def additive(self, values: NDArray[np.integer] | FloatArray) -> FloatArray:
        """Return what the run counted per slice for the slices of `mapping`: a part of a slice has its share."""
        return np.asarray(values, np.float64) @ self._overlap("whole")

    def mean(self, values: FloatArray) -> FloatArray:
        """Return what is no sum, such as a share of time, for the slices of `mapping`."""
        return np.asarray(values, np.float64) @ self._overlap("part")

    def _overlap(self, of: str) -> FloatArray:
        before = self.mapping if self.ran is None else self.ran
        return overlap(before.slices, self.mapping.slices, of)


@dataclass(frozen=True)
class Metric:
    """One heat map. `values` are (slices,) in `unit`; `top` is the end of the scale, None where the largest is."""

    name: str
    title: str
    unit: str
    needs_run: bool
    values: Callable[[Facts], FloatArray]
    top: float | None = None

    def text(self, value: float) -> str:
        """Return `value` as people read it, with its unit."""
        if self.unit == PERCENT:
            return f"{value:.3g} %" if value < 1000 else f"{value:,.0f} %"
        if self.unit == "J/tick":
            return with_unit(value, "J") + "/tick"
        number = f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.3g}"
        return f"{number} {self.unit}"

    def said(self, value: float) -> str:
        """Return `value` of a slice as people read it, with the sign of an estimate where it is one."""
        return about(self.text(value)) if self.name in ESTIMATES else self.text(value)

    def scale(self, values: FloatArray) -> tuple[float, float]:
        """Return the values at which the colours begin and end; a scale of shares grows beyond 100 % if it must."""
        largest = float(values.max(initial=0.0))
        if self.top is not None:
            return 0.0, max(self.top, largest)
        return 0.0, largest or 1.0


def _memory(facts: Facts) -> FloatArray:
    total = np.array([sum(piece.bytes.values()) for piece in facts.mapping.slices], np.float64)
    return 100 * total / facts.machine.spec.memory.data_bytes


def _neurons(facts: Facts) -> FloatArray:
    return np.array([piece.size for piece in facts.mapping.slices], np.float64)


def _per_tick(name: str) -> Callable[[Facts], FloatArray]:
    return lambda facts: facts.additive(getattr(facts.view, name)) / facts.ticks


def _busy(facts: Facts) -> FloatArray:
    return 100 * facts.additive(_of(facts).slice_busy)


def _time_done(facts: Facts) -> FloatArray:
    return 100 * facts.additive(_of(facts).slice_time_done_s) / _of(facts).tick_s


def _level(facts: Facts) -> FloatArray:
    return 100 * facts.mean(_of(facts).slice_high)


def _of(facts: Facts) -> View:
    if facts.view is None:
        raise ValueError("a heat map of a run was asked for without a run")
    return facts.view


METRICS = {
    metric.name: metric
    for metric in (
        Metric("memory", marked("Data memory"), PERCENT, False, _memory, top=100.0),
        Metric("neurons", marked("Neurons"), "neurons", False, _neurons),
        Metric("packets", marked("Packets received"), "packets/tick", True, _per_tick("slice_packets")),
        Metric("synaptic_events", marked("Synaptic events"), "events/tick", True, _per_tick("slice_events")),
        Metric("utilisation", marked("Utilisation"), PERCENT, True, _busy, top=100.0),
        Metric("time_done", marked("Worst time_done / tick"), PERCENT, True, _time_done, top=100.0),
        Metric("energy", marked("Energy"), "J/tick", True, _per_tick("slice_energy_j")),
        Metric("level", marked("Ticks at a high level"), PERCENT, True, _level, top=100.0),
    )
}


def link_loads(facts: Facts) -> tuple[dict[Link, float], str]:
    """Return the flits over each link in use and their unit.

    With a run they are what its spikes cause on the routes of `facts.mapping`, per tick; without, what one spike of
    every neuron causes.
    """
    links, table = link_table(facts.mapping)
    if facts.view is None:
        spikes, ticks, unit = _neurons(facts), 1, tr("flits, if each neuron spikes once")
    else:
        spikes, ticks, unit = facts.additive(facts.view.slice_spikes), facts.ticks, "flits/tick"
    if np.array_equal(spikes, np.rint(spikes)):
        loads = flits(np.rint(spikes).astype(np.int64), table) / ticks
    else:
        loads = spikes @ table / ticks
    return dict(zip(links, loads.tolist(), strict=True)), unit


def overlap(before: Sequence[Slice], after: Sequence[Slice], of: str = "whole") -> FloatArray:
    """Return which share of each slice `before` (`of` whole) lies in each slice `after`, shape (before, after).

    `of` part: which share of each slice `after` comes from each slice `before`.
    """
    table = np.zeros((len(before), len(after)))
    by_population: dict[str, list[int]] = {}
    for index, piece in enumerate(after):
        by_population.setdefault(piece.population, []).append(index)
    for row, old in enumerate(before):
        for column in by_population.get(old.population, ()):
            new = after[column]
            common = min(old.stop, new.stop) - max(old.start, new.start)
            if common > 0:
                table[row, column] = common / (old.size if of == "whole" else new.size)
    return table
