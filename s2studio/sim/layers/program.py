"""What the teams of one layer do, step by step: the flat arrays that the kernel runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.layer_costs import LayerCosts
from s2studio.mapping.layers.mapping import LayerPlan
from s2studio.mapping.layers.tiling import Tiling
from s2studio.sim.kernels.layers import AWAIT, SKIP, TAKE, TRANSFER, WORK, Steps
from s2studio.sim.layers.stages import ARM, CONFIG, FLAG, INPUT, MLA, REORDER, STORE, WEIGHTS
from s2studio.units import NS_PER_S

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LayerProgram:
    """The steps of one layer; `stage` (steps,) is what each counts as, `part` (steps,) which part it belongs to.

    `mla_cycles` is what all arrays work together. `read_bytes` and `written_bytes` are what goes over the DRAM,
    `relayed_bytes` what teams hand on to each other.
    """

    stage: NDArray[np.int8]
    part: Integers
    steps: Steps
    mla_cycles: float
    read_bytes: float
    written_bytes: float
    relayed_bytes: float


class _Part(NamedTuple):
    batch: int
    rows: int
    columns: int
    depth: int


class _Place(NamedTuple):
    batch: Integers
    rows: Integers
    columns: Integers


class _Step(NamedTuple):
    stage: int
    part: int
    kinds: NDArray[np.int64]
    amounts: Floats
    giver: Integers
    delay_ns: Floats
    own_rate: float


def layer_program(plan: LayerPlan, costs: LayerCosts, clock_hz: float, is_first: bool) -> LayerProgram:
    """Return what the teams of `plan` do; weights that stay are fetched where `is_first`."""
    return _Builder(plan, costs, clock_hz, is_first).program()


class _Builder:
    """Adds steps for all teams, part by part."""

    def __init__(self, plan: LayerPlan, costs: LayerCosts, clock_hz: float, is_first: bool) -> None:
        self.tiling, self.costs, self.ns_per_cycle = plan.tiling, costs, NS_PER_S / clock_hz
        self.fetches_weights = is_first or not plan.is_resident
        self.own_rate = costs.dma_bytes_per_cycle * clock_hz / NS_PER_S
        self.relay_ns = NS_PER_S / costs.link_bytes_per_s
        at = np.arange(self.tiling.teams.count)
        grid = self.tiling.teams
        self.at = _Place(at // (grid.rows * grid.columns), at // grid.columns % grid.rows, at % grid.columns)
        self.steps: list[_Step] = []
        self.ahead: dict[int, int] = {}
        self.read = self.written = self.relayed = 0.0
        self.mla_cycles = 0.0
        self.part = 0

    def program(self) -> LayerProgram:
        """Return the whole layer."""
        costs, teams = self.costs, self.tiling.teams.count
        every = np.ones(teams, np.bool_)
        self._work(CONFIG, costs.layer_overhead_s * costs.config_share * NS_PER_S, every)
        self.read += costs.config_bytes * self.tiling.workers
        before: _Part | None = None
        mla = -1
        for number, part in enumerate(_parts(self.tiling)):
            self.part = number
            mla = self._add(part, before, mla)
            before = part
        left = 1 - costs.dispatch_share - costs.config_share
        self._work(FLAG, costs.layer_overhead_s * left * NS_PER_S, every)
        return self._arrays()

    def _add(self, part: _Part, before: _Part | None, mla: int) -> int:
        """Add a part and return its step of the MAC array, or what stands for it; `mla` is that of the part before."""
        tiling = self.tiling
        members, rows_here = self._members(part)
        if self._changes(part, before, "input"):
            self._fetch(INPUT, members * tiling.input_bytes, members > 0, axis="columns", members=members)
            self._work(REORDER, tiling.reorder_cycles * self.ns_per_cycle, members > 0)
        if tiling.weight_bytes and self.fetches_weights and self._changes(part, before, "weights"):
            step = self._fetch(WEIGHTS, np.where(rows_here, tiling.weight_bytes, 0), rows_here, axis="rows")
            if tiling.prefetches and mla >= 0:
                self.ahead[mla] = step
        mla = len(self.steps)
        self._work(MLA, tiling.mla_cycles * self.ns_per_cycle, rows_here)
        self.mla_cycles += tiling.mla_cycles * float(members.sum())
        self._work(ARM, tiling.arm_cycles * self.ns_per_cycle, rows_here)
        if part.depth == tiling.parts.depth - 1:
            self._transfer(STORE, members * float(tiling.output_bytes), rows_here)
            self.written += float(members.sum()) * tiling.output_bytes
        return mla

    def _members(self, part: _Part) -> tuple[Floats, NDArray[np.bool_]]:
        """Return how many PEs of each team have a tile in this part, and whether any has."""
        tiling, at, grid = self.tiling, self.at, self.tiling.teams
        batch = part.batch * grid.batch + at.batch
        row = (part.rows * grid.rows + at.rows) * tiling.team
        column = part.columns * grid.columns + at.columns
        members = np.clip(tiling.tiles.rows - row, 0, tiling.team)
        members = np.where((batch < tiling.tiles.batch) & (column < tiling.tiles.columns), members, 0)
        return members.astype(np.float64), np.asarray(members > 0)

    def _changes(self, part: _Part, before: _Part | None, what: str) -> bool:
        """Return whether a part takes another tile of input or of weights than the one before."""
        if before is None:
            return True
        own = (part.batch, part.rows if what == "input" else part.columns, part.depth)
        last = (before.batch, before.rows if what == "input" else before.columns, before.depth)
        return own != last

    def _fetch(
        self, stage: int, size: NDArray[np.float64], takes: NDArray[np.bool_], axis: str, members: Floats | None = None
    ) -> int:
        """Add a tile that the first team along `axis` fetches and the others are handed; return the step."""
        at, grid = self.at, self.tiling.teams
        if axis == "columns":
            place, giver = at.columns, (at.batch * grid.rows + at.rows) * grid.columns
        else:
            place, giver = at.rows, at.batch * grid.rows * grid.columns + at.columns
        reads = takes & (np.asarray(place) == 0)
        piece = min(self.costs.relay_piece_bytes, float(np.max(size, initial=1)))
        kinds = np.where(takes, np.where(reads, AWAIT, TAKE), SKIP)
        delay = np.asarray(place * piece * self.relay_ns, np.float64)
        width = 1.0 if members is None else float(members.max(initial=1))
        self._start_dma(stage, takes)
        self.read += float(size[reads].sum())
        self.relayed += float(size[takes & ~reads].sum())
        amounts = np.asarray(size, np.float64)
        return self._step(stage, kinds, amounts, np.asarray(giver, np.int64), delay, self.own_rate * width)

    def _transfer(self, stage: int, size: Floats, takes: NDArray[np.bool_]) -> None:
        self._start_dma(stage, takes)
        zeros = np.zeros(len(size), np.int64)
        kinds = np.where(takes, TRANSFER, SKIP)
        self._step(stage, kinds, size, zeros, zeros.astype(np.float64), self.own_rate * self.tiling.team)

    def _start_dma(self, stage: int, takes: NDArray[np.bool_]) -> None:
        self._work(stage, self.costs.dma_start_cycles * self.ns_per_cycle, takes)

    def _work(self, stage: int, duration_ns: float, takes: NDArray[np.bool_]) -> None:
        if duration_ns > 0:
            zeros = np.zeros(len(takes), np.int64)
            kinds = np.where(takes, WORK, SKIP)
            self._step(stage, kinds, np.where(takes, duration_ns, 0.0), zeros, zeros.astype(np.float64), 1.0)

    def _step(
        self, stage: int, kinds: NDArray[np.int64], amounts: Floats, giver: Integers, delay: Floats, rate: float
    ) -> int:
        self.steps.append(_Step(stage, self.part, kinds, amounts, giver, delay, rate))
        return len(self.steps) - 1

    def _arrays(self) -> LayerProgram:
        steps = self.steps
        ahead = np.full(len(steps), -1, np.int64)
        for step, wanted in self.ahead.items():
            ahead[step] = wanted
        return LayerProgram(
            stage=np.array([step.stage for step in steps], np.int8),
            part=np.array([step.part for step in steps], np.int64),
            steps=Steps(
                kinds=np.stack([step.kinds.astype(np.int8) for step in steps], axis=1),
                amounts=np.stack([step.amounts for step in steps], axis=1),
                giver=np.stack([step.giver for step in steps], axis=1),
                delay_ns=np.stack([step.delay_ns for step in steps], axis=1),
                ahead=ahead,
                own_rate=np.array([step.own_rate for step in steps]),
            ),
            mla_cycles=self.mla_cycles,
            read_bytes=self.read,
            written_bytes=self.written,
            relayed_bytes=self.relayed,
        )


def _parts(tiling: Tiling) -> list[_Part]:
    """Return the parts in the order in which they run."""
    count = tiling.parts
    outer, inner = (count.rows, count.columns) if tiling.order == "columns" else (count.columns, count.rows)
    return [
        _Part(batch, *((one, two) if tiling.order == "columns" else (two, one)), depth)
        for batch in range(count.batch)
        for one in range(outer)
        for two in range(inner)
        for depth in range(count.depth)
    ]
