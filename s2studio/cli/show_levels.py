"""What `levels` prints for people: the Pareto front, every policy at the chosen tick, and why one wins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from s2studio.analysis.levels import HINDSIGHT, LevelRow, LevelStudy
from s2studio.cli.tables import new_console, print_table
from s2studio.units import estimated, with_unit

_HEAD = (
    ">tick",
    "policy",
    ">energy (estimate)",
    ">above idle",
    ">late",
    ">longest at most",
    ">fast",
    "thresholds in packets",
)


def show_levels(study: LevelStudy, written: Path | None) -> None:
    """Print `study`: one screen."""
    console = new_console()
    print_table(
        console, "No other is both shorter and cheaper", _HEAD, _rows([row for row in study.rows if row.is_pareto])
    )
    here = [row for row in study.rows if row.tick_s == study.choice.tick_s]
    print_table(console, f"All at ticks of {with_unit(study.choice.tick_s, 's')}", _HEAD, _rows(here))
    for line in study.why:
        console.print(f"why          {line}   (estimate)", markup=False)
    bound = estimated(study.bound_j, study.bound_low_j, study.bound_high_j, "J")
    more = estimated(*study.over_bound_j, "J")
    console.print(
        f"bound        {bound} if every level were chosen in hindsight; the choice takes {more} more   (estimate)"
    )
    cost = study.switching
    console.print(f"switching    {with_unit(cost.time_s, 's')} and {with_unit(cost.energy_j, 'J')} each")
    if written is not None:
        level = ", ".join(study.choice.level or ())
        console.print(
            f"written      {written}: level {level}, tick {with_unit(study.choice.tick_s, 's')}", markup=False
        )


def _rows(rows: Sequence[LevelRow]) -> list[tuple[str, ...]]:
    return [
        (
            with_unit(row.tick_s, "s"),
            row.policy,
            estimated(row.energy_j, row.energy_low_j, row.energy_high_j, "J"),
            estimated(row.energy_dynamic_j, row.energy_dynamic_low_j, row.energy_dynamic_high_j, "J"),
            f"{row.late_ticks:,}",
            with_unit(row.time_done_max_s, "s"),
            f"{row.fast_share:.1%}",
            _thresholds(row),
        )
        for row in rows
    ]


def _thresholds(row: LevelRow) -> str:
    if row.policy == HINDSIGHT:
        return "chosen when all is known"
    return ", ".join(text.partition(":")[2] for text in row.level or () if ":" in text)
