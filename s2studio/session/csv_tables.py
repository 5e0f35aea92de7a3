"""Tables as CSV files, with unit and mark of their columns beside them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path

from s2studio.errors import SessionError
from s2studio.marks import mark_of
from s2studio.units import unit_of
from s2studio.whole_file import write_whole


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write `rows` as the CSV file `path` (RFC 4180, UTF-8), whole or not at all."""

    def write(unfinished: Path) -> None:
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)

    write_whole(path, write, SessionError)


def write_marked_table(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]], given: Set[str]
) -> None:
    """Write `rows` as `write_table` does, and beside them NAME.columns.csv: unit and mark of each column.

    What stands in the columns `given` was said by the user, and is exact under any name.
    """
    write_table(path, columns, rows)
    about = [
        {"column": name, "unit": unit_of(name), "mark": "exact" if name in given else mark_of(name)} for name in columns
    ]
    write_table(path.with_suffix(f".columns{path.suffix}"), tuple(about[0]), about)
