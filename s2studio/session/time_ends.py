"""Both ends of when each PE is done, of a run's blocks in order; of late PEs with what they carry from tick to tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.sim.level import LevelPolicy
from s2studio.sim.pricing import BlockEnds, bounds
from s2studio.sim.timing import FloatArray
from s2studio.units import NS_PER_S

if TYPE_CHECKING:
    from s2studio.session.run import PricedBlock, Run


class TimeEnds:
    """Gives the ends of the blocks of `run` that begin at `start` and follow each other, priced by `spec` (its own).

    A PE that is late begins its next tick late, and later at the pessimistic end of the costs than at the low one: each
    end is carried from tick to tick, from the first of the run. What PEs read is taken to be what they read in the run,
    and their waiting for full FIFOs to last as long.
    """

    def __init__(
        self, run: Run, start: int = 0, policy: LevelPolicy | None = None, spec: ChipSpec | None = None
    ) -> None:
        self._run, self._spec = run, spec or run.machine.spec
        # How late each PE begins the next tick by the low and by the pessimistic end, in s.
        self._delays_s: list[FloatArray] = [np.zeros((run.about.samples, len(run.mapping.slices)))] * 2
        if run.about.is_timed:
            for block in run.priced_blocks(0, start, policy, spec):
                self.of(block)

    def of(self, block: PricedBlock) -> BlockEnds:
        """Return the ends of `block`, the next one."""
        run, done_s = self._run, block.priced.time_done_s
        work = bounds(block.counts, run.work, self._spec, block.priced.levels, run.tick_s)
        if not run.about.is_timed:
            return BlockEnds.in_time(work)
        stalled_s = run.lateness(block.start, block.start + done_s.shape[1])["stalled_ns"] / NS_PER_S
        low_s, high_s = (
            self._carried(end, spent_s + stalled_s)
            for end, spent_s in enumerate((work.time_low_s, work.time_pessimistic_s))
        )
        return BlockEnds(work, np.minimum(low_s, done_s), np.maximum(high_s, done_s))

    def _carried(self, end: int, spent_s: NDArray[np.float64]) -> FloatArray:
        """Return when each PE is done that spends `spent_s` in each tick, (samples, ticks, slices)."""
        done_s, delay_s = np.empty_like(spent_s), self._delays_s[end]
        for tick in range(spent_s.shape[1]):
            done_s[:, tick] = delay_s + spent_s[:, tick]
            delay_s = np.maximum(done_s[:, tick] - self._run.tick_s, 0.0)
        self._delays_s[end] = delay_s
        return done_s
