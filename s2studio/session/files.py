"""Files that are there whole or not at all, and what a user is told where they cannot be written."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from pathlib import Path

from s2studio.errors import SessionError
from s2studio.marks import mark_of
from s2studio.units import unit_of


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path` and put it in its place; what was there stays until then."""
    unfinished = path.with_name(f"{path.name}.tmp")
    try:
        write(unfinished)
        unfinished.replace(path)
    except OSError as problem:
        with suppress(OSError):
            unfinished.unlink()
        raise not_written(path, problem) from problem


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write `rows` as the CSV file `path` (RFC 4180, UTF-8), whole or not at all."""

    def write(unfinished: Path) -> None:
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)

    write_whole(path, write)


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


def not_written(path: Path, problem: OSError) -> SessionError:
    """Return the error that says why `path` cannot be written."""
    hint = "free some space or choose another folder"
    # pyarrow puts its own words around those of the system.
    reason = os.strerror(problem.errno) if problem.errno else str(problem)
    return SessionError(str(path), f"cannot be written: {reason}", hint=hint)
