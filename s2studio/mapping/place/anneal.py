"""Simulated annealing: from the greedy placement by exchanges of PEs and QPEs, worse ones ever more rarely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from s2studio.chip.machine import PE
from s2studio.mapping.place.greedy import free_by_cell, place_greedy
from s2studio.mapping.place.kernels import FloatArray, Graph, Int64, anneal
from s2studio.mapping.place.noc import Noc, noc
from s2studio.mapping.place.task import Task
from s2studio.mapping.place.traffic import graph_of, load_of

WORST_LINK_WEIGHT = 1.0
"""What a flit over the busiest link costs, in flit-hops."""
_MOST_TRIES_PER_SLICE = 20_000
# An exchange takes time with what the two slices send and hear, so a dense network gets fewer. A visit of an entry of a
# table takes about 10 ns: 2 s for a full chip, then linear in slices.
_MOST_VISITS, _MOST_VISITS_PER_SLICE = 200_000_000, 1_000_000
_ROUNDS, _TRIES_AT_THE_START = 40, 64
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
    holder = np.full(len(slots), -1, np.int64)
    for index in task.open_slices:
        holder[slot_of[start[index]]] = index
    pes = [pe for pe, _ in slots]
    best = _Search(task, mesh, graph, pes, np.array([cell for _, cell in slots], np.int64)).run(holder)
    return task.pes_of({int(index): pes[slot] for slot, index in enumerate(best) if index >= 0})


class _Search:
    """The annealing of one task; `slots` are the QPEs of `pes`, the PEs that open slices share."""

    def __init__(self, task: Task, mesh: Noc, graph: Graph, pes: Sequence[PE], slots: Int64) -> None:
        self.task = task
        self.mesh = mesh
        self.graph = graph
        self.pes = pes
        self.slots = slots
        self.first_slot = np.searchsorted(slots, np.arange(len(mesh.cells) + 1))
        self.random = np.random.default_rng(task.options.seed)

    def run(self, holder: Int64) -> Int64:
        """Return the best holders of the slots that exchanges from `holder` on lead to."""
        holder, best, tries = holder.copy(), holder.copy(), self._tries() // _ROUNDS
        least = np.inf
        # Any change is accepted where it is endlessly hot.
        _, changes = self._try(holder.copy(), best.copy(), np.inf, np.full(_TRIES_AT_THE_START, np.inf), whole=0.0)
        hot = _HOT * changes / _TRIES_AT_THE_START
        for step in range(_ROUNDS if hot > 0 else 0):
            cooling = np.linspace(step, step + 1, tries, endpoint=False) / _ROUNDS
            least, _ = self._try(holder, best, least, hot * (_COLD / _HOT) ** cooling, _WHOLE_QPES)
            self.task.cost(step + 1, _ROUNDS, least)
            self.task.progress(step + 1, _ROUNDS)
        return best

    def _tries(self) -> int:
        """Return how many exchanges to try in all."""
        slices, way = len(self.task.slices), self.mesh.ways.out.shape[2]
        heard = len(self.graph.sources) // slices
        # Fitted to times of the digits sample, N-MNIST's network and W1 4k that fill a chip.
        visits: float = 20 * way + heard + len(self.mesh.links) // 4
        visits += (5 if self.mesh.ways.shares else 8) * way * min(heard, len(self.mesh.cells))
        # Slots that hold nothing cost nothing.
        visits *= len(self.task.open_slices) / len(self.slots)
        most = max(_MOST_VISITS, _MOST_VISITS_PER_SLICE * slices) / visits
        return int(min(_MOST_TRIES_PER_SLICE * slices, most))

    def _try(
        self, holder: Int64, best: Int64, least: float, temperatures: FloatArray, whole: float
    ) -> tuple[float, float]:
        """Try an exchange for each of `temperatures`, the share `whole` of them between QPEs; as `kernels.anneal`."""
        # A round starts from sums made anew, so rounding never adds up.
        load, tries = load_of(self.mesh, self.graph, self._pes(holder)), len(temperatures)
        picks = self.random.integers(0, len(self.slots), (tries, 2))
        wholes, chances = self.random.random(tries) < whole, self.random.random(tries)
        now = float(load.hops[0] + WORST_LINK_WEIGHT * load.flits.max(initial=0.0))
        return anneal(
            picks, wholes, chances, temperatures, WORST_LINK_WEIGHT, self.slots, self.first_slot, holder, best,
            min(least, now), load, self.graph, self.mesh.ways,
        )  # fmt: skip

    def _pes(self, holder: Int64) -> dict[int, PE]:
        held = {int(index): slot for slot, index in enumerate(holder) if index >= 0}
        return {**self.task.pinned, **{index: self.pes[slot] for index, slot in held.items()}}
