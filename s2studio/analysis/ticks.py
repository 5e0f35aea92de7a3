"""Ticks of one sample of a run, priced: of a run that is under way, or of a session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.bins import Bins, ticks_as_bins
from s2studio.session.time_ends import TimeEnds
from s2studio.sim.counts import Counts
from s2studio.sim.level import LevelPolicy
from s2studio.sim.pricing import BlockEnds, Bounds, Priced, bounds, price_counts
from s2studio.sim.timing import slice_work
from s2studio.sim.traffic import traffic
from s2studio.snn.network import ChipNetwork

if TYPE_CHECKING:
    from s2studio.session.run import Run


class Pricer:
    """Prices counts of one run under way: what is the same for all its ticks is worked out once."""

    def __init__(
        self, network: ChipNetwork, mapping: ChipMapping, machine: Machine, policy: LevelPolicy, tick_s: float
    ) -> None:
        self.machine, self.policy, self.tick_s = machine, policy, tick_s
        self.work = slice_work(network, mapping)
        self.traffic = traffic(mapping)

    def ticks(self, start: int, counts: Counts) -> Bins:
        """Return a bin for each tick in `counts`, of one sample, the first of which is tick `start`."""
        priced = price_counts(counts, self.work, self.traffic, self.machine.spec, self.policy, self.tick_s)
        ends = bounds(counts, self.work, self.machine.spec, priced.levels, self.tick_s)
        return ticks_as_bins(start, counts, priced, BlockEnds.in_time(ends), self.work, self.machine, self.tick_s)


def bins_of(run: Run, start: int = 0, stop: int | None = None) -> Iterator[Bins]:
    """Yield bins of one tick each, of the first sample, for the ticks `start` to `stop` (None: the end)."""
    ends = TimeEnds(run, start)
    for block in run.priced_blocks(start, stop):
        counts, priced, own = block.counts, block.priced, ends.of(block)
        if run.about.samples > 1:
            moving = {name: getattr(counts, name)[:1] for name in ("packets", "synaptic_events", "spikes")}
            counts, priced, own = replace(counts, **moving), _first_sample(priced), _first_ends(own)
        yield ticks_as_bins(block.start, counts, priced, own, run.work, run.machine, run.tick_s)


def _first_sample(priced: Priced) -> Priced:
    parts: dict[str, Any] = {}
    for field in fields(Priced):
        value = getattr(priced, field.name)
        parts[field.name] = {kind: one[:1] for kind, one in value.items()} if hasattr(value, "items") else value[:1]
    return Priced(**parts)


def _first_ends(ends: BlockEnds) -> BlockEnds:
    work = Bounds(*(getattr(ends.work, field.name)[:1] for field in fields(Bounds)))
    return BlockEnds(work, ends.done_low_s[:1], ends.done_pessimistic_s[:1])
