"""Ticks of one sample of a run, priced: of a run that is under way, or of a session."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.bins import Bins, ticks_as_bins
from s2studio.sim.counts import Counts
from s2studio.sim.level import LevelPolicy
from s2studio.sim.pricing import Priced, price_counts
from s2studio.sim.timing import slice_work
from s2studio.sim.traffic import traffic
from s2studio.snn.network import ChipNetwork

if TYPE_CHECKING:
    from s2studio.session.run import PricedBlock, Run


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
        return ticks_as_bins(start, counts, priced, self.machine, self.tick_s)


def ticks_of(run: Run, block: PricedBlock) -> Bins:
    """Return a bin for each tick of `block`, of the first sample."""
    counts, priced = block.counts, block.priced
    if run.about.samples > 1:
        moving = {name: getattr(counts, name)[:1] for name in ("packets", "synaptic_events", "spikes")}
        counts, priced = replace(counts, **moving), _first_sample(priced)
    return ticks_as_bins(block.start, counts, priced, run.machine, run.tick_s)


def _first_sample(priced: Priced) -> Priced:
    parts: dict[str, Any] = {}
    for field in fields(Priced):
        value = getattr(priced, field.name)
        parts[field.name] = {kind: one[:1] for kind, one in value.items()} if hasattr(value, "items") else value[:1]
    return Priced(**parts)
