"""Energy against deadline: every level policy at several ticks, priced from the counts of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.counted import CountedRun
from s2studio.analysis.pareto import pareto
from s2studio.analysis.thresholds import slowest_level, thresholds_for
from s2studio.analysis.timed import longest_s
from s2studio.chip.spec import ChipSpec
from s2studio.session.run import Progress, no_progress
from s2studio.sim.counts import Counts
from s2studio.sim.energy import busy_energy_j, idle_energy_j, idle_pe_energy_j, noc_energy_j, router_energy_j
from s2studio.sim.energy_ends import outside_ends_j
from s2studio.sim.level import AUTO, LevelPolicy, choose_levels
from s2studio.sim.timing import (
    CycleBounds,
    FloatArray,
    clocks_hz,
    cycle_bounds,
    late,
    smallest_safe_tick_s,
    switch_ends,
    switch_s,
)
from s2studio.sim.traffic import flits
from s2studio.units import estimated, with_unit

Levels = NDArray[np.int8]
HINDSIGHT, FOUND = "hindsight", "found"
# Ticks between the shortest and the longest that are looked at.
_BETWEEN = 4
_CURVE_BINS = 200


@dataclass(frozen=True)
class Switching:
    """What one change of the level costs a PE: `time_s` at the busy power of the new level, and `energy_j` besides.

    A tick at another level than the one PEs sleep at takes two, there before its work begins, and back after it. It is
    priced as in a run (`sim.energy.switch_energy_j`).
    """

    time_s: float = 0.0
    energy_j: float = 0.0

    def on(self, run: CountedRun) -> CountedRun:
        """Return `run` on a chip whose changes of level cost this, exactly so where that is not what its file says."""
        spec, key = run.spec, "level_switch.time"
        if self == chip_switching(spec):
            return run
        known = {key: replace(spec.quantities[key], range=None)} if key in spec.quantities else {}
        priced = replace(
            spec,
            switch_time_s=self.time_s,
            switch_energy_j=self.energy_j,
            quantities={**spec.quantities, **known},
        )
        return replace(run, machine=replace(run.machine, spec=priced))


@dataclass(frozen=True, eq=False)
class Curve:
    """A policy's run over time, in bins: `edges` are ticks, shape (bins + 1,).

    `power_w` is the mean power of the chip in W, by the chip file's values, `late` how many PE ticks are late, by the
    pessimistic end of every time, both (bins,).
    """

    edges: NDArray[np.int64]
    power_w: FloatArray
    late: NDArray[np.int64]


@dataclass(frozen=True)
class LevelRow:
    """A policy at ticks of `tick_s`; times in s, energies in J.

    `policy` is a level, `auto` (the chip file's thresholds), `found` (the thresholds in `level`) or `hindsight`: of
    each PE and tick the cheapest level that is in time, chosen when its work is known; no policy does better. `late`
    ticks and `time_done_max_s` are by the pessimistic end of every time, `energy_low_j` and `energy_high_j` by both
    ends of the cycle costs. `fast_share` is the share of PE ticks at another than the slowest level.
    """

    policy: str
    level: tuple[str, ...] | None
    tick_s: float
    late_ticks: int
    time_done_max_s: float
    energy_j: float
    energy_low_j: float
    energy_high_j: float
    energy_dynamic_j: float
    energy_dynamic_low_j: float
    energy_dynamic_high_j: float
    fast_share: float
    curve: Curve = field(repr=False, compare=False)
    is_pareto: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the row for JSON, without its curve."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "curve"}


@dataclass(frozen=True)
class LevelStudy:
    """What `levels` answers: `rows` by tick and policy, `choice` the row to take, `why` it wins, in words.

    `winners` says which policy takes least energy at each tick in which any is in time. `least` is the row of least
    energy at any tick, `bound_j` what hindsight would take at the tick of `choice`, with both ends.
    """

    network: str
    chip: str
    ticks: int
    switching: Switching
    rows: tuple[LevelRow, ...]
    winners: Mapping[float, str]
    choice: LevelRow
    least: LevelRow
    bound_j: float
    bound_low_j: float
    bound_high_j: float
    why: tuple[str, ...]

    @property
    def over_bound_j(self) -> tuple[float, float, float]:
        """What `choice` takes more than the bound in J, and both ends of it: at one end of the costs both are."""
        over_j = self.choice.energy_j - self.bound_j
        ends = (over_j, self.choice.energy_low_j - self.bound_low_j, self.choice.energy_high_j - self.bound_high_j)
        return over_j, min(ends), max(ends)

    @property
    def policy(self) -> LevelPolicy:
        """The policy of `choice`."""
        return LevelPolicy.parse(self.choice.level or ())

    def as_dict(self) -> dict[str, Any]:
        """Return what `levels --json` prints."""
        found = {one.name: getattr(self, one.name) for one in fields(self)} | {
            "switching": asdict(self.switching),
            "rows": [row.as_dict() for row in self.rows],
            "winners": [{"tick_s": tick, "policy": name} for tick, name in self.winners.items()],
            "choice": self.choice.as_dict(),
            "least": self.least.as_dict(),
        }
        return found | {"thresholds": dict(self.policy.thresholds)}


def chip_switching(spec: ChipSpec) -> Switching:
    """Return what a change of level costs on the chip `spec`."""
    return Switching(spec.switch_time_s, spec.switch_energy_j)


def study_levels(
    run: CountedRun,
    tick_s: float | None = None,
    switching: Switching | None = None,
    progress: Progress = no_progress,
) -> LevelStudy:
    """Return the policies at several ticks; `choice` is at `tick_s` (None: the run's own, or the next that is safe)."""
    switching = chip_switching(run.spec) if switching is None else switching
    run, wanted = switching.on(run), run.tick_s if tick_s is None else tick_s
    candidates = [
        _Candidate(name, policy, tick) for tick in _ticks(run, wanted) for name, policy in _policies(run, tick)
    ]
    for start, counts in run.blocks():
        progress(start, run.ticks)
        _Pricer(run, counts).add_to(candidates)
    progress(run.ticks, run.ticks)
    rows = _marked([candidate.row(run) for candidate in candidates])
    choice, winners = _choice(rows, wanted), _winners(rows)
    in_time = [row for row in rows if row.level is not None and not row.late_ticks]
    least = min(in_time or [choice], key=lambda row: row.energy_j)
    bound = next(row for row in rows if row.policy == HINDSIGHT and row.tick_s == choice.tick_s)
    why = (*_why(run, rows, choice), *_why_least(run, choice, least))
    ends_j = (bound.energy_j, bound.energy_low_j, bound.energy_high_j)
    return LevelStudy(run.network.name, run.spec.name, run.ticks, switching, rows, winners, choice, least, *ends_j, why)


@dataclass
class _Candidate:
    """A row in the making; `policy` None is hindsight."""

    name: str
    policy: LevelPolicy | None
    tick_s: float
    late_ticks: int = 0
    time_done_max_s: float = 0.0
    fast: int = 0
    pe_ticks: int = 0
    # Above the idle chip, in J: at the low end, nominal, at the high end of the cycle costs.
    above_j: FloatArray | None = None
    # By tick, in blocks: the nominal energy above the idle chip in J, and late PEs.
    above_by_tick_j: list[FloatArray] = field(default_factory=list)
    late_by_tick: list[NDArray[np.int64]] = field(default_factory=list)

    def add(self, levels: Levels, times: FloatArray, above_j: FloatArray, by_tick_j: FloatArray, slowest: int) -> None:
        """Add PE ticks at `levels`, done after `times` in s; `by_tick_j` is the nominal energy of each tick."""
        is_late = late(times, self.tick_s)
        self.late_ticks += int(is_late.sum())
        self.late_by_tick.append(is_late.sum(axis=(0, 2)))
        self.above_by_tick_j.append(by_tick_j)
        self.time_done_max_s = max(self.time_done_max_s, float(times.max()))
        self.fast += int((levels != slowest).sum())
        self.pe_ticks += levels.size
        self.above_j = above_j if self.above_j is None else self.above_j + above_j

    def row(self, run: CountedRun) -> LevelRow:
        """Return what was added up."""
        idle = idle_energy_j(run.samples * run.ticks, self.tick_s, run.machine, run.mapping.pes_used)
        ends = np.zeros(3) if self.above_j is None else self.above_j
        low, nominal, high = float(ends.min()), float(ends[1]), float(ends.max())
        return LevelRow(
            policy=self.name,
            level=None if self.policy is None else self.policy.texts,
            tick_s=self.tick_s,
            late_ticks=self.late_ticks,
            time_done_max_s=self.time_done_max_s,
            energy_j=idle + nominal,
            energy_low_j=idle + low,
            energy_high_j=idle + high,
            energy_dynamic_j=nominal,
            energy_dynamic_low_j=low,
            energy_dynamic_high_j=high,
            fast_share=self.fast / max(1, self.pe_ticks),
            curve=self._curve(run),
        )

    def _curve(self, run: CountedRun) -> Curve:
        edges = np.unique(np.linspace(0, run.ticks, min(_CURVE_BINS, run.ticks) + 1).round().astype(np.int64))
        above_j, late_pes = np.concatenate(self.above_by_tick_j), np.concatenate(self.late_by_tick)
        idle_w = idle_energy_j(1, 1.0, run.machine, run.mapping.pes_used)
        mean_j = np.add.reduceat(above_j, edges[:-1]) / (np.diff(edges) * run.samples)
        return Curve(edges, idle_w + mean_j / self.tick_s, np.add.reduceat(late_pes, edges[:-1]))


class _Pricer:
    """Prices a block of ticks at any levels."""

    def __init__(self, run: CountedRun, counts: Counts) -> None:
        self.run, self.counts, self.spec = run, counts, run.spec
        self.least, self.most = switch_ends(run.spec)
        self.bounds: CycleBounds = cycle_bounds(counts, run.work, run.spec)
        lookups = counts.spikes * run.traffic.router_lookups
        crossed = flits(counts.spikes, run.traffic.flits)
        noc_j, router_j = noc_energy_j(crossed, self.spec), router_energy_j(lookups, self.spec)
        self.elsewhere_by_tick_j = noc_j.sum(axis=(0, 2)) + router_j.sum(axis=(0, 2))
        self.elsewhere_ends_j = outside_ends_j(float(noc_j.sum()), float(router_j.sum()), self.spec)
        self.slowest = tuple(self.spec.levels).index(slowest_level(self.spec))

    def add_to(self, candidates: Sequence[_Candidate]) -> None:
        """Add this block to each of `candidates`."""
        for candidate in candidates:
            levels = self._levels(candidate)
            bounds = self.bounds
            ends = ((bounds.low, self.least), (bounds.nominal, self.spec), (bounds.pessimistic, self.most))
            above = np.array([self._above_j(*end, levels, candidate.tick_s).sum(axis=(0, 2)) for end in ends])
            above += self.elsewhere_by_tick_j
            whole = above.sum(axis=1)
            low, high = self.elsewhere_ends_j
            ends_j = np.array([whole.min() + low, whole[1], whole.max() + high])
            candidate.add(levels, self._times(levels), ends_j, above[1], self.slowest)

    def _levels(self, candidate: _Candidate) -> Levels:
        if candidate.policy is not None:
            return choose_levels(candidate.policy, self.counts.packets, self.run.work.models, self.spec)
        shape = self.counts.packets.shape
        found, least = np.zeros(shape, np.int8), np.full(shape, np.inf)
        for level in sorted(range(len(self.spec.levels)), key=lambda number: -self._clock(number)):
            levels = np.full(shape, level, np.int8)
            cost = self._above_j(self.bounds.nominal, self.spec, levels, candidate.tick_s)
            is_better = (~late(self._times(levels), candidate.tick_s) & (cost < least)) | np.isinf(least)
            found, least = np.where(is_better, levels, found), np.where(is_better, cost, least)
        return found

    def _clock(self, level: int) -> float:
        return tuple(self.spec.levels.values())[level].clock_hz

    def _times(self, levels: Levels) -> FloatArray:
        return np.asarray(self.bounds.pessimistic / clocks_hz(levels, self.spec) + switch_s(levels, self.most))

    def _above_j(self, cycles: FloatArray, spec: ChipSpec, levels: Levels, tick_s: float) -> FloatArray:
        """Return the energy of each PE tick on the chip `spec` above that of an idle one, in J."""
        done_s = cycles / clocks_hz(levels, spec) + switch_s(levels, spec)
        return np.asarray(busy_energy_j(done_s, levels, tick_s, spec) - idle_pe_energy_j(1, tick_s, spec))


def _ticks(run: CountedRun, wanted: float) -> list[float]:
    """Return the ticks to look at: what each policy needs, the wanted one, and some between."""
    spec = run.spec
    safe = [smallest_safe_tick_s(longest_s(run, LevelPolicy(name)), spec) for name in (*spec.levels, AUTO)]
    shortest, longest = min(safe), max(*safe, wanted)
    between = np.geomspace(shortest, longest, _BETWEEN + 2)[1:-1]
    return sorted({*safe, wanted, *(smallest_safe_tick_s(float(tick), spec) for tick in between)})


def _policies(run: CountedRun, tick_s: float) -> list[tuple[str, LevelPolicy | None]]:
    found = thresholds_for(run, tick_s)
    standard: list[tuple[str, LevelPolicy | None]] = [(name, LevelPolicy(name)) for name in run.spec.levels]
    return [*standard, (AUTO, LevelPolicy(AUTO)), (FOUND, found), (HINDSIGHT, None)]


def _marked(rows: Sequence[LevelRow]) -> tuple[LevelRow, ...]:
    points = [None if row.late_ticks or row.level is None else (row.tick_s, row.energy_j) for row in rows]
    return tuple(replace(row, is_pareto=best) for row, best in zip(rows, pareto(points), strict=True))


def _winners(rows: Sequence[LevelRow]) -> dict[float, str]:
    in_time: dict[float, list[LevelRow]] = {}
    for row in rows:
        if row.level is not None and not row.late_ticks:
            in_time.setdefault(row.tick_s, []).append(row)
    return {tick: min(found, key=lambda row: row.energy_j).policy for tick, found in in_time.items()}


def _choice(rows: Sequence[LevelRow], wanted: float) -> LevelRow:
    """Return the cheapest row that is in time at the wanted tick, else at the shortest tick after it that has one."""
    real = [row for row in rows if row.level is not None]
    in_time = [row for row in real if not row.late_ticks and row.tick_s >= wanted]
    if not in_time:
        return min(real, key=lambda row: (row.late_ticks, row.energy_j))
    shortest = min(row.tick_s for row in in_time)
    return min((row for row in in_time if row.tick_s == shortest), key=lambda row: row.energy_j)


def _why(run: CountedRun, rows: Sequence[LevelRow], choice: LevelRow) -> list[str]:
    """Say why `choice` wins at its tick."""
    spec, slowest = run.spec, slowest_level(run.spec)
    here = {row.policy: row for row in rows if row.tick_s == choice.tick_s}
    low, found = here[slowest], here[choice.policy]
    costs = " against ".join(
        f"{with_unit(level.cycle_above_sleep_j, 'J')} at {name}" for name, level in spec.levels.items()
    )
    text = f"at ticks of {with_unit(choice.tick_s, 's')} '{choice.policy}' wins with {_energy(found)}"
    if not low.late_ticks:
        return [f"{text}: no PE is late even at '{slowest}', and a cycle costs {costs} above sleep"]
    fast = f"{found.fast_share:.1%} of PE ticks run fast"
    beaten = [row for name, row in here.items() if name not in (choice.policy, HINDSIGHT)]
    others = ", ".join(
        f"'{row.policy}' is late in {row.late_ticks:,} PE ticks"
        if row.late_ticks
        else f"'{row.policy}' takes {with_unit(row.energy_dynamic_j - found.energy_dynamic_j, 'J')} more"
        for row in beaten
    )
    return [f"{text}: {fast}; {others}; a cycle costs {costs} above sleep"]


def _energy(row: LevelRow) -> str:
    return estimated(row.energy_j, row.energy_low_j, row.energy_high_j, "J")


def _why_least(run: CountedRun, choice: LevelRow, least: LevelRow) -> list[str]:
    if least.tick_s >= choice.tick_s:
        return []
    idle_w = idle_energy_j(1, 1.0, run.machine, run.mapping.pes_used)
    where = f"'{least.policy}' at ticks of {with_unit(least.tick_s, 's')}"
    idle = f"the chip takes {with_unit(idle_w, 'W')} even when it is idle"
    return [f"least energy of all is {where}: {_energy(least)}, since {idle}"]
