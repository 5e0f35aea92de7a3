"""Runs one layer from its own start: the intervals of its workers and the rate of the DRAM."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.layer_costs import LayerCosts
from s2studio.mapping.layers.mapping import LayerPlan
from s2studio.sim.kernels.layers import SKIP, run_teams
from s2studio.sim.layers.program import LayerProgram, layer_program
from s2studio.sim.layers.stages import MLA
from s2studio.units import NS_PER_S

Floats = NDArray[np.float64]


class LayerRun(NamedTuple):
    """One layer, ns from its start: intervals (n,) of `worker` (an index), in order for each; `rates` of the DRAM.

    `rates` is (changes, 2): from when on, bytes per ns. `mla_ns` is how long all arrays together run.
    """

    worker: NDArray[np.int64]
    stage: NDArray[np.int8]
    start_ns: Floats
    stop_ns: Floats
    end_ns: float
    rates: Floats
    mla_ns: float
    program: LayerProgram


def run_layer(plan: LayerPlan, costs: LayerCosts, clock_hz: float, is_first: bool) -> LayerRun:
    """Return what the workers of `plan` do, and how long that takes."""
    program = layer_program(plan, costs, clock_hz, is_first)
    teams, steps = program.steps.kinds.shape
    dispatch = costs.layer_overhead_s * costs.dispatch_share * NS_PER_S
    # The scheduler wakes one team after the other; the last is awake when it is done.
    awake = dispatch * (1 + np.arange(teams)) / teams
    stops, rates = np.zeros((teams, steps)), np.zeros((4 * teams * steps + 4, 2))
    changes = run_teams(program.steps, awake, costs.dram_bytes_per_s / NS_PER_S, stops, rates)
    team, stage, start, stop = _intervals(program, awake, stops)
    members = len(plan.workers) // teams
    worker = (team[:, None] * members + np.arange(members)).ravel()
    lasted = (stop - start)[stage == MLA].sum() * members
    return LayerRun(
        worker, np.repeat(stage, members), np.repeat(start, members), np.repeat(stop, members),
        float(stops[:, -1].max()), rates[:changes], float(lasted), program,
    )  # fmt: skip


def _intervals(
    program: LayerProgram, awake: Floats, stops: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int8], Floats, Floats]:
    """Return team, stage, start and stop of each stage that takes any time; steps of one stage in a row are one."""
    starts = np.concatenate([awake[:, None], stops[:, :-1]], axis=1)
    stage, part = program.stage, program.part
    is_new = np.concatenate([[True], (np.diff(stage) != 0) | (np.diff(part) != 0)])
    first = np.flatnonzero(is_new)
    last = np.concatenate([first[1:] - 1, [len(stage) - 1]])
    works = np.logical_or.reduceat(program.steps.kinds != SKIP, first, axis=1)
    begin, end = starts[:, first], stops[:, last]
    team, group = np.nonzero(works & (end > begin))
    return team, stage[first][group], begin[team, group], end[team, group]
