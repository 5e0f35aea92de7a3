"""Placements of one network compared by what they cost, differences below the model's error being none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from s2studio.analysis.counted import CountedRun
from s2studio.analysis.pareto import pareto
from s2studio.analysis.timed import timed
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.traffic import flits

# What decides, all the less the better, in this order where two are equal in those before.
OBJECTIVES = ("time_done_max_s", "energy_j", "worst_link_flits", "router_entries")


@dataclass(frozen=True)
class Runner:
    """One placer with one seed."""

    placer: str
    seed: int

    @property
    def name(self) -> str:
        """How it is called in events and tables."""
        return f"{self.placer}, seed {self.seed}"


@dataclass(frozen=True)
class Measured:
    """What a placement costs in the run: times in s, energies in J.

    `time_done_max_s` is the pessimistic end of the longest tick of any PE, `time_done_low_s` its other end;
    `worst_link_flits` cross the busiest link in its busiest tick, `flit_hops` all links in the whole run.
    """

    time_done_low_s: float
    time_done_max_s: float
    energy_low_j: float
    energy_j: float
    energy_high_j: float
    worst_link_flits: int
    flit_hops: int
    router_entries: int


@dataclass(frozen=True, eq=False)
class RaceRow:
    """One runner: what its placement costs, or the `reason` why there is none.

    `curve` is the least cost (flit-hops and busiest link, by the traffic of the run) found after each round of a
    search; `equal` says that no objective tells it from the winner.
    """

    runner: Runner
    measured: Measured | None
    mapping: ChipMapping | None
    reason: str = ""
    curve: tuple[tuple[int, float], ...] = ()
    is_pareto: bool = False
    equal: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of this row; the mapping is left out."""
        found: dict[str, Any] = asdict(self.runner)
        found |= dict.fromkeys(Measured.__dataclass_fields__) if self.measured is None else asdict(self.measured)
        found |= {"is_pareto": self.is_pareto, "equal": self.equal, "reason": self.reason}
        return found | {"curve": [list(point) for point in self.curve]}


@dataclass(frozen=True, eq=False)
class Race:
    """The rows in the order of the runners; `winner` is None where none found a placement.

    `errors` is the model's error of each objective: smaller differences are none.
    """

    network: str
    chip: str
    ticks: int
    errors: Mapping[str, float]
    rows: tuple[RaceRow, ...]
    winner: RaceRow | None

    def as_dict(self) -> dict[str, Any]:
        """Return what `race --json` prints."""
        found: dict[str, Any] = {"network": self.network, "chip": self.chip, "ticks": self.ticks}
        found |= {"objectives": list(OBJECTIVES), "errors": dict(self.errors)}
        found |= {"winner": None if self.winner is None else asdict(self.winner.runner)}
        return found | {"rows": [row.as_dict() for row in self.rows]}


def measure(run: CountedRun) -> Measured:
    """Return what `run` costs on its mapping."""
    found = timed(run)
    worst, hops = 0, 0
    for _, counts in run.blocks():
        crossed = flits(counts.spikes, run.traffic.flits)
        worst, hops = max(worst, int(crossed.max(initial=0))), hops + int(crossed.sum())
    slowest = int(found.longest_s.argmax())
    return Measured(
        time_done_low_s=float(found.low_s[slowest]),
        time_done_max_s=float(found.longest_s[slowest]),
        energy_low_j=found.outcome.energy_low_j,
        energy_j=found.outcome.energy_j,
        energy_high_j=found.outcome.energy_high_j,
        worst_link_flits=worst,
        flit_hops=hops,
        router_entries=run.mapping.routing_entries,
    )


def judge(run: CountedRun, rows: Sequence[RaceRow]) -> Race:
    """Return `rows` with those marked that no other beats, and the winner."""
    done = [row.measured for row in rows if row.measured is not None]
    errors = model_errors(done)
    best = pareto([None if row.measured is None else _point(row.measured) for row in rows], tuple(errors.values()))
    marked = [replace(row, is_pareto=is_best) for row, is_best in zip(rows, best, strict=True)]
    winner = _winner([row for row in marked if row.measured is not None], errors)
    if winner is not None:
        marked = [replace(row, equal=_equal(row, winner, errors)) for row in marked]
        winner = next(row for row in marked if row.runner == winner.runner)
    return Race(run.network.name, run.spec.name, run.ticks, errors, tuple(marked), winner)


def model_errors(done: Sequence[Measured]) -> dict[str, float]:
    """Return half of the widest interval of times and energies; what is counted has no error."""
    time = max(((each.time_done_max_s - each.time_done_low_s) / 2 for each in done), default=0.0)
    energy = max(((each.energy_high_j - each.energy_low_j) / 2 for each in done), default=0.0)
    return dict(zip(OBJECTIVES, (time, energy, 0.0, 0.0), strict=True))


def _winner(rows: Sequence[RaceRow], errors: Mapping[str, float]) -> RaceRow | None:
    """Return the row that is best in the first objective in which the rest differ; at last, of fewest flit-hops."""
    left = list(rows)
    for name, error in errors.items():
        least = min((getattr(row.measured, name) for row in left), default=0.0)
        left = [row for row in left if getattr(row.measured, name) <= least + error]
    return min(left, key=lambda row: row.measured.flit_hops if row.measured else 0, default=None)


def _equal(row: RaceRow, winner: RaceRow, errors: Mapping[str, float]) -> bool:
    if row.measured is None or winner.measured is None:
        return False
    pairs = zip(_point(row.measured), _point(winner.measured), errors.values(), strict=True)
    return all(abs(one - other) <= error for one, other, error in pairs)


def _point(measured: Measured) -> tuple[float, ...]:
    return tuple(float(getattr(measured, name)) for name in OBJECTIVES)
