"""A single tick of a run: which is the busiest, and what happens within it."""

from __future__ import annotations

from dataclasses import replace

from s2studio.errors import UsageError
from s2studio.session.run import PricedBlock, Run
from s2studio.session.time_ends import TimeEnds
from s2studio.sim.energy_ends import energy_ends
from s2studio.sim.within_tick import TickEnds, WithinTick, within_tick
from s2studio.units import NS_PER_S


def busiest_tick(run: Run, start: int = 0, stop: int | None = None) -> int:
    """Return the tick of `start` to `stop` (None: the end) in which a PE is done last."""
    longest, found = -1.0, start
    for block in run.priced_blocks(start, stop):
        done = block.priced.time_done_s.max(axis=(0, 2))
        if len(done) and float(done.max()) > longest:
            longest, found = float(done.max()), block.start + int(done.argmax())
    return found


def moment_of(run: Run, tick: int, sample: int = 0, has_ends: bool = False) -> WithinTick:
    """Return what happens within `tick` of a simulated run, with both ends where asked: of late PEs they take long.

    Raises UsageError where it has no such tick.
    """
    if not 0 <= tick < run.ticks or not 0 <= sample < run.about.samples:
        raise UsageError(f"tick {tick}, sample {sample}", f"the run has {run.ticks} ticks")
    block = next(iter(run.priced_blocks(tick, tick + 1)))
    begins = None
    if run.about.is_timed:
        begins = run.lateness(tick, tick + 1)["start_delay_ns"][sample, 0] / NS_PER_S
    found = within_tick(tick, block.priced, run.machine, run.tick_s, sample, begins)
    return replace(found, ends=_ends(run, block, sample)) if has_ends else found


def _ends(run: Run, block: PricedBlock, sample: int) -> TickEnds:
    times = TimeEnds(run, block.start).of(block)
    energy = energy_ends(block.counts, run.work, block.priced, times.work, run.machine, run.tick_s)
    done = (float(ends_s[sample, 0].max(initial=0.0)) for ends_s in (times.done_low_s, times.done_pessimistic_s))
    by_kind = {
        kind: (float(low[sample, 0]), float(energy.high_j[kind][sample, 0])) for kind, low in energy.low_j.items()
    }
    return TickEnds((next(done), next(done)), by_kind)
