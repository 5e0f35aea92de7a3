"""What the mesh goes by: the numbers of each slice, of the placement or of a run, and the load of the links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.draw.metrics import Metric, SliceMeans, Values
from s2studio.gui.models.sure import about
from s2studio.gui.translation import tr
from s2studio.mapping.mapping import ChipMapping, Link, Slice
from s2studio.sim.traffic import flits, link_table

if TYPE_CHECKING:
    from s2studio.analysis.view import View


@dataclass(frozen=True, eq=False)
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

    def values(self, metric: Metric) -> Values:
        """Return what `metric` says of each slice, shape (slices,); raises ValueError where it needs a run."""
        return metric.of(self.mapping, self.means, self.machine.spec)

    def said(self, metric: Metric, indices: Sequence[int]) -> str:
        """Return what `metric` says of slices, as people read it: with both ends, and the sign of an estimate.

        Of several it is the sum of what there is of each in a tick, and the largest of all else.
        """
        combine = np.sum if metric.is_sum else np.max
        values, ends = self.values(metric), metric.ends_of(self.means)
        band = None if ends is None else combine(ends[:, list(indices)], axis=1)
        text = metric.text(float(combine(values[list(indices)])), band)
        return about(text) if metric.is_estimate else text

    @cached_property
    def means(self) -> SliceMeans | None:
        """What the run did, for the slices of `mapping`; None without one."""
        if self.view is None:
            return None
        view, ticks = self.view, self.ticks
        found = SliceMeans(
            tick_s=view.tick_s,
            packets=self.shared(view.slice_packets) / ticks,
            synaptic_events=self.shared(view.slice_events) / ticks,
            spikes=self.shared(view.slice_spikes) / ticks,
            busy=self.shared(view.slice_busy),
            time_done_max_s=self.shared(view.slice_time_done_s),
            energy_j=self.shared(view.slice_energy_j) / ticks,
            clock_hz=self._moved(view.slice_clock_hz, "part"),
        )
        return found.with_ends(
            self.shared(view.slice_busy_ends),
            self.shared(view.slice_time_done_ends_s),
            self.shared(view.slice_energy_ends_j) / ticks,
        )

    def shared(self, values: NDArray[np.integer] | Values) -> Values:
        """Return what the run counted per slice for the slices of `mapping`: a part of a slice has its share."""
        return self._moved(values, "whole")

    def _moved(self, values: NDArray[np.integer] | Values, of: str) -> Values:
        before = self.mapping if self.ran is None else self.ran
        if before.slices == self.mapping.slices:
            return np.asarray(values, np.float64)
        return np.asarray(values, np.float64) @ overlap(before.slices, self.mapping.slices, of)


def link_loads(facts: Facts) -> tuple[dict[Link, float], str]:
    """Return the flits over each link in use and their unit.

    With a run they are what its spikes cause on the routes of `facts.mapping`, per tick; without, what one spike of
    every neuron causes.
    """
    links, table = link_table(facts.mapping)
    if facts.view is None:
        sizes = np.array([piece.size for piece in facts.mapping.slices], np.float64)
        spikes, ticks, unit = sizes, 1, tr("flits, if each neuron spikes once")
    else:
        spikes, ticks, unit = facts.shared(facts.view.slice_spikes), facts.ticks, "flits/tick"
    if np.array_equal(spikes, np.rint(spikes)):
        loads = flits(np.rint(spikes).astype(np.int64), table) / ticks
    else:
        loads = spikes @ table / ticks
    return dict(zip(links, loads.tolist(), strict=True)), unit


def overlap(before: Sequence[Slice], after: Sequence[Slice], of: str = "whole") -> Values:
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
