"""CSV tables of what a board returned, known by their header: spikes, voltages, and values per PE or of power."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.session.results import Results

MAX_BYTES = 1 << 28
# A table of ticks x neurons or PEs must stay within this, whatever a few rows claim.
MAX_CELLS = 1 << 28

Texts = Mapping[str, Sequence[str]]


def read_results_table(path: Path) -> Results:
    """Return what the CSV file `path` holds. Raises SessionError with the line where it is malformed."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SessionError(path.name, f"{size:,} B", f"at most {MAX_BYTES:,} B of CSV are read", "write it as .npz")
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file, strict=True)
            header = tuple(name.strip() for name in next(rows, []))
            columns = _columns(path, header, rows)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise SessionError(path.name, f"cannot be read as CSV: {problem}") from problem
    form = next((build for names, build in _FORMS.items() if set(names) <= set(header)), None)
    if form is None:
        known = "; ".join(",".join(names) for names in _FORMS)
        raise SessionError(f"{path.name}, line 1", f"the header '{','.join(header)[:80]}'", f"known are {known}")
    return form(_Table(path, columns))


class _Table:
    """The columns of one file; each is converted when it is asked for."""

    def __init__(self, path: Path, columns: Texts) -> None:
        self.path, self.columns = path, columns

    def whole(self, name: str) -> NDArray[np.int64]:
        """Return a column of whole numbers of at least 0."""
        values = self.numbers(name)
        wrong = (values < 0) | (values != np.rint(values)) | (values >= 2**53)
        self._check(name, wrong, "a whole number of at least 0 is expected")
        return values.astype(np.int64)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column of finite numbers."""
        try:
            values = np.array(self.columns[name], np.float64).reshape(-1)
        except ValueError:
            wrong = np.array([not _is_number(text) for text in self.columns[name]])
            self._check(name, wrong, "a number is expected")
            raise
        self._check(name, ~np.isfinite(values), "a finite number is expected")
        return values

    def by(self, name: str) -> dict[str, NDArray[np.int64]]:
        """Return the rows of each text in a column."""
        texts, place = np.unique(np.array(self.columns[name], dtype=object), return_inverse=True)
        return {str(text): np.flatnonzero(place == number) for number, text in enumerate(texts)}

    def grid(self, rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[Any]) -> NDArray[Any]:
        """Return (ticks, columns) of `values`; every place must be given exactly once."""
        height, width = int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1
        if height * width > MAX_CELLS or height * width != len(values):
            found = f"{len(values):,} values of {height:,} ticks x {width:,}"
            raise SessionError(self.path.name, found, "each tick must be there once, from 0 on")
        grid = np.full((height, width), np.nan)
        grid[rows, columns] = values
        if np.isnan(grid).any():
            raise SessionError(self.path.name, "a tick stands twice", "each tick must be there once, from 0 on")
        return grid

    def _check(self, name: str, wrong: NDArray[np.bool_], limit: str) -> None:
        if wrong.any():
            row = int(np.argmax(wrong))
            raise SessionError(
                f"{self.path.name}, line {row + 2}", f"{name} is '{self.columns[name][row][:40]}'", limit
            )


def _columns(path: Path, header: Sequence[str], rows: Iterable[list[str]]) -> Texts:
    texts: dict[str, list[str]] = {name: [] for name in header}
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise SessionError(f"{path.name}, line {line}", f"{len(row)} fields", f"{len(header)} are expected")
        for name, value in zip(header, row, strict=True):
            texts[name].append(value)
    return texts


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _spikes(table: _Table) -> Results:
    spikes = np.stack([table.whole("step"), table.whole("neuron")], axis=1)
    return Results(spikes={name: spikes[rows] for name, rows in table.by("population").items()})


def _voltages(table: _Table) -> Results:
    step, neuron, values = table.whole("step"), table.whole("neuron"), table.numbers("v_chip")
    return Results(
        voltages={
            name: table.grid(step[rows], neuron[rows], values[rows]).astype(np.float32)
            for name, rows in table.by("population").items()
        }
    )


def _pes(table: _Table) -> Results:
    done = _by_pe(table, table.numbers("time_done_s")) if "time_done_s" in table.columns else {}
    packets = _by_pe(table, table.whole("packets")) if "packets" in table.columns else {}
    return Results(time_done_s=done, n_packets={pe: values.astype(np.int64) for pe, values in packets.items()})


def _by_pe(table: _Table, values: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    step, single = table.whole("step"), np.zeros(len(values), np.int64)
    return {pe: table.grid(step[rows], single[rows], values[rows])[:, 0] for pe, rows in table.by("pe").items()}


def _power(table: _Table) -> Results:
    return Results(power=np.stack([table.numbers("time_s"), table.numbers("power_w")], axis=1))


# {columns that a header must have: what reads the table}, the first that fits counts
_FORMS: Mapping[tuple[str, ...], Callable[[_Table], Results]] = {
    ("population", "neuron", "step", "v_chip"): _voltages,
    ("population", "neuron", "step"): _spikes,
    ("pe", "step", "time_done_s"): _pes,
    ("pe", "step", "packets"): _pes,
    ("time_s", "power_w"): _power,
}
