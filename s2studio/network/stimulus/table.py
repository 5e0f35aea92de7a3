"""Spikes in CSV: `neuron,step` or `population,neuron,step`, header required (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.stimulus.columns import Columns

# A row is about 200 B of texts until all are read.
MAX_ROWS = 10**7
COLUMNS = ("population", "neuron", "step")


def read_table(path: Path) -> Columns:
    """Return the columns of the CSV file `path`. Raises NetworkError with the line where it is malformed."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file, strict=True)
            header = [name.strip() for name in next(rows, [])]
            _check_header(path, header)
            return _columns(path, header, rows)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise NetworkError(path.name, f"cannot be read as CSV: {problem}") from problem


def _check_header(path: Path, header: Sequence[str]) -> None:
    if sorted(header) not in (sorted(COLUMNS[1:]), sorted(COLUMNS)):
        raise NetworkError(
            f"{path.name}, line 1",
            f"the header '{','.join(header)[:80]}'",
            "'neuron,step' or 'population,neuron,step' is expected",
            "add it as the first line",
        )


def _columns(path: Path, header: Sequence[str], rows: Iterable[list[str]]) -> Columns:
    texts: dict[str, list[str]] = {name: [] for name in header}
    lines: list[int] = []
    for line, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(header):
            raise NetworkError(f"{path.name}, line {line}", f"{len(row)} fields", f"{len(header)} are expected")
        if len(lines) >= MAX_ROWS:
            raise NetworkError(path.name, f"more than {MAX_ROWS:,} spikes", hint="save them as .npz columns")
        lines.append(line)
        for name, value in zip(header, row, strict=True):
            texts[name].append(value)
    numbers = {name: _whole(path, name, texts[name], lines) for name in ("neuron", "step")}
    population = np.array(texts["population"], dtype=object) if "population" in texts else None
    return Columns(numbers["step"], numbers["neuron"], population, np.array(lines, np.int64))


def _whole(
    path: Path, name: str, texts: Sequence[str], lines: Sequence[int]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    try:
        return np.array(texts, np.int64) if texts else np.zeros(0, np.int64)
    except (ValueError, OverflowError):
        line, text = next((line, text) for line, text in zip(lines, texts, strict=True) if not _is_whole(text))
    raise NetworkError(f"{path.name}, line {line}", f"{name} is '{text[:40]}'", "a whole number is expected")


def _is_whole(text: str) -> bool:
    try:
        return -(2**63) <= int(text) < 2**63
    except ValueError:
        return False
