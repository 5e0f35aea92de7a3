"""The packets from which a PE must run fast: thresholds that let it be slow whenever that is in time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.counted import CountedRun
from s2studio.chip.spec import ChipSpec
from s2studio.sim.level import AUTO, LevelPolicy
from s2studio.sim.timing import late, time_done_bounds_s

IntArray = NDArray[np.int64]


def slowest_level(spec: ChipSpec) -> str:
    """Return the name of the level with the slowest clock."""
    return min(spec.levels, key=lambda name: spec.levels[name].clock_hz)


def thresholds_for(run: CountedRun, tick_s: float) -> LevelPolicy:
    """Return the policy that is slow as often as ticks of `tick_s` allow, by the pessimistic end of every time.

    The threshold of a model is the least number of packets with which one of its PEs would be late at the slowest
    level. Where that happens nowhere, the slowest level itself is returned.
    """
    slowest = slowest_level(run.spec)
    models, number = run.models, tuple(run.spec.levels).index(slowest)
    most = int(run.counts.packets.max(initial=0))
    found = {str(model): most + 1 for model in np.unique(models)}
    for _, counts in run.blocks():
        levels = np.full(counts.packets.shape, number, np.int8)
        is_late = late(time_done_bounds_s(counts, run.work, run.spec, levels).pessimistic_s, tick_s)
        fewest = np.where(is_late, counts.packets, most + 1).min(axis=(0, 1))
        found = {model: min(least, int(fewest[models == model].min())) for model, least in found.items()}
    return LevelPolicy(AUTO, found) if min(found.values()) <= most else LevelPolicy(slowest)
