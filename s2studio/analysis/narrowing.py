"""What a measured session says of the cycle costs: intervals before and after, and those of the run's longest tick."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from s2studio.analysis.calibration import Calibration
from s2studio.analysis.feasible import LeftOut, left_out_table
from s2studio.chip.spec import ChipSpec
from s2studio.session.run import Run
from s2studio.sim.cost_bounds import feasible_costs
from s2studio.sim.timing import time_done_bounds_s


class CostInterval(NamedTuple):
    """Where a cost of the chip file lies, in cycles, before and after the fit."""

    key: str
    before: tuple[float, float]
    after: tuple[float, float]


class TimeInterval(NamedTuple):
    """The longest `time_done` of a run in s: least, by the chip file's values, and most."""

    low_s: float
    nominal_s: float
    pessimistic_s: float


@dataclass(frozen=True)
class Narrowing:
    """A fit, the intervals it narrows, and the anchors that it contradicts (keys of the chip file).

    `before` and `after` are the longest `time_done` of the simulated run with either chip; `left_out` says what the
    model with the fitted costs would say of each published figure without it.
    """

    fit: Calibration
    costs: tuple[CostInterval, ...]
    contradicted: tuple[str, ...]
    before: TimeInterval
    after: TimeInterval
    left_out: tuple[LeftOut, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `calibrate --json` prints."""
        return {
            "fit": self.fit.as_dict(),
            "costs": [row._asdict() for row in self.costs],
            "contradicted": list(self.contradicted),
            "time_done_max_s": {"before": self.before._asdict(), "after": self.after._asdict()},
            "left_out": [asdict(row) | {"error": row.error} for row in self.left_out],
        }


def narrowing(fit: Calibration, run: Run, spec: ChipSpec) -> Narrowing:
    """Return what the costs of the chip `spec`, fitted to a measurement of `run`, change."""
    old, new = feasible_costs(run.machine.spec), feasible_costs(spec)
    fitted = [cost.key for cost in fit.costs if cost.status != "absent"]
    return Narrowing(
        fit,
        tuple(CostInterval(key, old.interval(key), new.interval(key)) for key in fitted),
        new.contradicted,
        longest_time_s(run, run.machine.spec),
        longest_time_s(run, spec),
        left_out_table(spec),
    )


def longest_time_s(run: Run, spec: ChipSpec) -> TimeInterval:
    """Return the longest `time_done` of `run` at the level it ran at, with the costs of `spec`."""
    low = nominal = most = 0.0
    for block in run.priced_blocks(chip=spec):
        bounds = time_done_bounds_s(block.counts, run.work, spec, block.priced.levels)
        low, nominal = max(low, float(bounds.low_s.max())), max(nominal, float(bounds.nominal_s.max()))
        most = max(most, float(bounds.pessimistic_s.max()))
    return TimeInterval(low, nominal, most)
