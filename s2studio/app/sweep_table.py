"""The rows of a sweep: read from and written to CSV, and which of them no other row beats."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from s2studio.analysis.pareto import pareto
from s2studio.errors import SessionError
from s2studio.session.csv_tables import write_marked_table

# What is measured of each combination. Energy and latency are means per sample.
MEASURES = (
    *("samples", "accuracy", "float_accuracy", "same_answer", "output_overlap"),
    *(
        "energy_j",
        "energy_low_j",
        "energy_high_j",
        "energy_dynamic_j",
        "energy_dynamic_low_j",
        "energy_dynamic_high_j",
        "latency_s",
        "pes_used",
        "smallest_safe_tick_s",
        "late_ticks",
    ),
    *("synaptic_events", "weighted_hops", "max_link_load", "lowest_snr_db", "clipped_share"),
)
WHOLE = frozenset({"samples", "pes_used", "late_ticks", "synaptic_events", "weighted_hops", "max_link_load"})
# What the chip costs: less is better.
COSTS = ("energy_j", "pes_used", "smallest_safe_tick_s")


@dataclass(frozen=True)
class Row:
    """One combination: its `settings`, and what was `measured`, {name of `MEASURES`: number or None}.

    `reason` says why it was refused. `is_pareto` rows are those that no other one beats.
    """

    settings: Mapping[str, str]
    measured: Mapping[str, float | None] = field(default_factory=dict)
    reason: str = ""
    is_pareto: bool = False

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells it from other rows of its table."""
        return tuple(self.settings.values())

    def value(self, name: str) -> float | None:
        """Return what was measured, None where it was not."""
        return self.measured.get(name)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of this row."""
        measured = {name: self.value(name) for name in MEASURES}
        return {"settings": dict(self.settings), **measured, "pareto": self.is_pareto, "reason": self.reason}


def objectives(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """Return what decides between `rows`, (name, `most` or `least`).

    Accuracy where there are labels, else how much of the output's spikes float and chip share, if anything is known of
    that; and the costs.
    """
    done = [row for row in rows if not row.reason]
    quality = next(
        (name for name in ("accuracy", "output_overlap") if any(row.value(name) is not None for row in done)), None
    )
    costs = tuple((name, "least") for name in COSTS)
    return costs if quality is None else ((quality, "most"), *costs)


def mark_pareto(rows: Sequence[Row]) -> list[Row]:
    """Return `rows` with those marked that no other is as good as in all objectives and better in one."""
    aims = objectives(rows)
    best = pareto([None if row.reason else _point(row, aims) for row in rows])
    return [replace(row, is_pareto=is_best) for row, is_best in zip(rows, best, strict=True)]


def _point(row: Row, aims: Sequence[tuple[str, str]]) -> tuple[float, ...]:
    """Return the objectives of `row`, each so that less is better; what is unknown is worst."""
    found = [(row.value(name), -1.0 if aim == "most" else 1.0) for name, aim in aims]
    return tuple(math.inf if value is None else sign * value for value, sign in found)


def write_rows(table: Path, columns: Sequence[str], key: str, rows: Sequence[Row]) -> None:
    """Write `rows` of the sweep `key` over `columns` to `table`, whole or not at all."""
    names = [*columns, *MEASURES, "pareto", "reason", "sweep"]
    lines = [
        {
            **row.settings,
            **{name: "" if row.value(name) is None else row.value(name) for name in MEASURES},
            "pareto": "yes" if row.is_pareto else "no",
            "reason": row.reason,
            "sweep": key,
        }
        for row in rows
    ]
    write_marked_table(table, names, lines, frozenset(columns))


def read_rows(table: Path, columns: Sequence[str], key: str) -> list[Row]:
    """Return the rows in `table`, none where there is no such file.

    Raises SessionError where it is no table of a sweep, or one of another model, of other options or columns.
    """
    if not table.exists():
        return []
    try:
        with table.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file, strict=True))
        keys = {line["sweep"] for line in lines}
        rows = [] if keys - {key} else [_row(line, columns) for line in lines]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as problem:
        raise SessionError(str(table), f"is no table of a sweep: {problem}", hint="choose another name") from problem
    if keys - {key}:
        found = "holds the sweep of another model, data set, or other options"
        raise SessionError(str(table), found, hint="choose another name")
    return rows


def _row(line: Mapping[str, str], columns: Sequence[str]) -> Row:
    measured: dict[str, float | None] = {}
    for name in () if line["reason"] else MEASURES:
        text = line[name]
        measured[name] = None if not text else int(text) if name in WHOLE else float(text)
    return Row({name: line[name] for name in columns}, measured, line["reason"])
