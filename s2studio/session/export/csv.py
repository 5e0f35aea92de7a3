"""CSV export (RFC 4180): a file for each table, summary.json, and columns.csv, which says what every column is."""

from __future__ import annotations

import csv
from pathlib import Path

from s2studio.session.export.json import write_json
from s2studio.session.export.part import SUMMARY, Exported
from s2studio.session.export.text import csv_rows, quoted
from s2studio.session.run import Progress


def write_csv(part: Exported, folder: Path, progress: Progress) -> None:
    """Write the channels of `part`; with a batch of several samples every file has a column `sample`."""
    for name in part.tables:
        columns = [column.name for column in part.columns(name)]
        with (folder / f"{name}.csv").open("wb") as file:
            file.write(",".join(columns).encode() + b"\r\n")
            for rows in part.blocks(name, progress):
                found = [rows[column] for column in columns]
                fields = [(quoted(each[0]), each[1]) if isinstance(each, tuple) else each for each in found]
                file.write(csv_rows(fields))
    if part.tables:
        _write_columns(part, folder)
    if SUMMARY in part.channels:
        write_json(part, folder / "summary.json", progress)


def _write_columns(part: Exported, folder: Path) -> None:
    """Write unit, mark and meaning of every column of the tables."""
    with (folder / "columns.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("table", "column", "unit", "mark", "meaning"))
        for name in part.tables:
            writer.writerows((name, each.name, each.unit, each.mark, each.doc) for each in part.columns(name))
