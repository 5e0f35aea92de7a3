"""What `calibrate` prints for people, and the cycle costs that a fit found."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from s2studio.analysis.calibration import Calibration
from s2studio.analysis.feasible import LeftOut
from s2studio.analysis.narrowing import Narrowing, TimeInterval
from s2studio.cli.tables import new_console, print_table
from s2studio.units import with_unit

STATUS = {
    "fitted": "measured",
    "uncertain": "measured, but its standard error is above 10 %",
    "tied": "only together with those held",
    "held": "held: the data do not tell it from others",
    "absent": "nothing of the kind happened",
}


def show_calibration(found: Narrowing, chip: Path) -> None:
    """Print the fit, the intervals before and after, and the figures that contradict it."""
    console = new_console()
    show_fit(console, found.fit)
    print_table(
        console,
        "What each cost can be, in cycles",
        ("cost", ">before", ">after"),
        [(row.key, _span(row.before), _span(row.after)) for row in found.costs],
    )
    print_table(
        console,
        "Published figures, each left out",
        ("figure", ">predicted", ">published", ">error", "from"),
        [_left_out(row) for row in found.left_out],
    )
    for key in found.contradicted:
        console.print(Text(f"contradicted {key}: it no longer cuts the costs", style="yellow"))
    console.print(f"longest tick {_time(found.before)} before, {_time(found.after)} after")
    console.print(f"chip         {chip}")


def show_fit(console: Console, fit: Calibration) -> None:
    """Print the cycle costs that were fitted to a measured session."""
    print_table(
        console,
        f"Cycle costs, fitted to {fit.rows:,} PE ticks",
        ("cost", ">before", ">fitted", ">standard error", ""),
        [
            (
                cost.key,
                f"{cost.before:g}",
                f"{cost.value:.4g}" if cost.status in ("fitted", "uncertain", "tied") else "",
                "" if cost.standard_error is None else f"{cost.standard_error:.2g}",
                STATUS[cost.status],
            )
            for cost in fit.costs
        ],
    )
    before, after = with_unit(fit.error_before_s, "s"), with_unit(fit.error_after_s, "s")
    console.print(f"error        {before} before the fit, {after} after it (root mean square of time_done)")
    for why, count in fit.left_out.items():
        console.print(f"left out     {count:,} PE ticks {why}")


def _span(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{low:.4g}" if high - low < 1e-3 else f"{low:.4g} to {high:.4g}"


def _time(interval: TimeInterval) -> str:
    spread = f"{with_unit(interval.low_s, 's')} to {with_unit(interval.pessimistic_s, 's')}"
    return f"{with_unit(interval.nominal_s, 's')} ({spread})"


def _left_out(row: LeftOut) -> tuple[str, ...]:
    predicted = "" if row.predicted is None else f"{row.predicted:.4g} {row.unit}"
    error = "" if row.error is None else f"{row.error:+.1%}"
    return row.key, predicted, f"{row.published:g} {row.unit}", error, row.how
