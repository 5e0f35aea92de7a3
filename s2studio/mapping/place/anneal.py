"""Simulated annealing: from the greedy placement by exchanges of PEs and QPEs, worse ones ever more rarely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.mapping.place.greedy import free_by_cell, place_greedy
from s2studio.mapping.place.kernels import FloatArray, Graph, Int32, anneal, cost
from s2studio.mapping.place.noc import Noc, noc
from s2studio.mapping.place.task import Task
from s2studio.mapping.place.traffic import graph_of, load_of

WORST_LINK_WEIGHT = 1.0
"""What a flit over the busiest link costs, in flit-hops."""
# An exchange takes time with what a slice sends and hears, so a dense network gets fewer.
_MOST_TRIES_PER_SLICE = 20_000
_MOST_VISITS, _LEAST_VISITS_PER_TRY = 16_000_000, 8
_ROUNDS = 40
_WHOLE_QPES = 0.2
"""The share of exchanges between QPEs instead of PEs: slices that sit together keep together on their way."""
# Of the mean cost of the exchanges at the start: hot enough to leave the greedy placement, and as good as frozen.
_HOT, _COLD = 0.6, 0.001


def place_anneal(task: Task) -> tuple[PE, ...]:
    """Return a PE for each slice: least found of traffic-weighted hops + `WORST_LINK_WEIGHT` x the busiest link.

    Draws from `options.seed` only, so the same task gives the same PEs; never worse than `greedy`. Reports progress
    after each of its rounds.
    """
    start = place_greedy(task)
    if not task.open_slices or len(task.free_pes) < 2:
        return start
    mesh, graph = noc(task.machine.spec, task.options.routing), graph_of(task)
    slots = [(pe, cell) for cell, pes in enumerate(free_by_cell(task, mesh)) for pe in pes]
    slot_of = {pe: index for index, (pe, _) in enumerate(slots)}
    holder = np.full(len(slots), -1, np.int32)
    for index in task.open_slices:
        holder[slot_of[start[index]]] = index
    pes = [pe for pe, _ in slots]
    best = _Search(task, mesh, graph, pes, np.array([cell for _, cell in slots], np.int32)).run(holder)
    return task.pes_of({int(index): pes[slot] for slot, index in enumerate(best) if index >= 0})


class _Search:
    """The annealing of one task; `slots` are the QPEs of `pes`, the PEs that open slices share."""

    def __init__(self, task: Task, mesh: Noc, graph: Graph, pes: Sequence[PE], slots: Int32) -> None:
        self.task = task
        self.mesh = mesh
        self.graph = graph
        self.pes = pes
        self.slots = slots
        self.first_slot = np.searchsorted(slots, np.arange(len(mesh.cells) + 1)).astype(np.int32)
        self.random = np.random.default_rng(task.options.seed)

    def run(self, holder: Int32) -> Int32:
        """Return the best holders of the slots that exchanges from `holder` on lead to."""
        slices = len(self.task.slices)
        visits_per_try = _LEAST_VISITS_PER_TRY + len(self.graph.targets) // slices
        tries = min(_MOST_TRIES_PER_SLICE * slices, _MOST_VISITS // visits_per_try) // _ROUNDS
        holder, best = holder.copy(), holder.copy()
        least = np.inf
        hot = _HOT * self._mean_change(holder)
        for step in range(_ROUNDS if hot > 0 else 0):
            cooling = np.linspace(step, step + 1, tries, endpoint=False) / _ROUNDS
            least = self._try(holder, best, least, hot * (_COLD / _HOT) ** cooling)
            self.task.cost(step + 1, _ROUNDS, least)
            self.task.progress(step + 1, _ROUNDS)
        return best

    def _mean_change(self, holder: Int32) -> float:
        """Return the mean of what an exchange changes the cost by, up or down, over some exchanges."""
        costs = [self._cost(holder)]
        trial = holder.copy()
        for one, other in self._picks(64):
            trial[one], trial[other] = trial[other], trial[one]
            costs.append(self._cost(trial))
        return float(np.abs(np.diff(costs)).mean())

    def _cost(self, holder: Int32) -> float:
        return float(cost(load_of(self.mesh, self.graph, self._pes(holder)), WORST_LINK_WEIGHT))

    def _try(self, holder: Int32, best: Int32, least: float, temperatures: FloatArray) -> float:
        # A round starts from sums made anew, so rounding never adds up.
        load = load_of(self.mesh, self.graph, self._pes(holder))
        picks, chances = self._picks(len(temperatures)), self.random.random(len(temperatures))
        wholes = self.random.random(len(temperatures)) < _WHOLE_QPES
        least = min(least, float(cost(load, WORST_LINK_WEIGHT)))
        return float(
            anneal(
                picks, wholes, chances, temperatures, WORST_LINK_WEIGHT, self.slots, self.first_slot, holder, best,
                least, load, self.graph, self.mesh.ways,
            )
        )  # fmt: skip

    def _pes(self, holder: Int32) -> dict[int, PE]:
        held = {int(index): slot for slot, index in enumerate(holder) if index >= 0}
        return {**self.task.pinned, **{index: self.pes[slot] for index, slot in held.items()}}

    def _picks(self, tries: int) -> NDArray[np.int32]:
        return self.random.integers(0, len(self.slots), (tries, 2), dtype=np.int32)
