"""The content hash of a table: over its values, column by column, whatever the chunks they were stored in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.session.run_lengths import RunLengths, Values, whole
from s2studio.session.tables import Table

Texts = Mapping[str, Sequence[str]]


class ContentHash:
    """SHA-256 over the values of a table, fed in pieces.

    Each column has a digest of its values, little endian at the width of its dtype; a text stands for itself by the
    first 8 bytes of its own SHA-256. Of a column whose equal values stand together (`Column.has_runs`), each run is
    hashed as its value and its length, 8 bytes each. The table's hash is the SHA-256 of every column's name, dtype and
    digest, but for `time_ns` beside a `tick`, which it follows from. Sessions of schema 1 have a hash without runs,
    and of all columns: `has_runs` False.
    """

    def __init__(self, table: Table, has_runs: bool = True) -> None:
        self._columns = table.own if has_runs else table.columns
        self._digests = {
            column.name: _Runs() if has_runs and column.has_runs else _Values() for column in self._columns
        }
        self._texts: dict[tuple[str, ...], NDArray[np.uint64]] = {}

    def update(self, columns: Mapping[str, Values], texts: Texts) -> None:
        """Add rows; `columns` of text hold indices into `texts[column]`."""
        for column in self._columns:
            marks = self._marks(tuple(texts[column.name])) if column.dtype == "text" else None
            values = columns[column.name]
            if not isinstance(values, RunLengths):
                values = values.astype("int64" if column.dtype == "text" else column.dtype, copy=False)
            self._digests[column.name].update(values, marks)

    def hexdigest(self) -> str:
        """Return the hash of the rows so far."""
        digest = hashlib.sha256()
        for column in self._columns:
            digest.update(f"{column.name}:{column.dtype}:{self._digests[column.name].hexdigest()}\n".encode())
        return digest.hexdigest()

    def _marks(self, texts: tuple[str, ...]) -> NDArray[np.uint64]:
        if texts not in self._texts:
            marks = b"".join(hashlib.sha256(text.encode()).digest()[:8] for text in texts)
            self._texts[texts] = np.frombuffer(marks, "<u8")
        return self._texts[texts]


class _Values:
    """The digest of a column, value by value; `marks` are what indices stand for."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update(self, values: Values, marks: NDArray[np.uint64] | None) -> None:
        kept = whole(values) if marks is None else marks[whole(values)]
        self._digest.update(np.ascontiguousarray(kept, kept.dtype.newbyteorder("<")).data)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class _Runs:
    """The digest of a column of whole numbers, run by run; the last run stays open, for the next piece may go on."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._open = np.zeros((0, 2), "<u8")

    def update(self, values: Values, marks: NDArray[np.uint64] | None) -> None:
        if not len(values):
            return
        found = values if isinstance(values, RunLengths) else RunLengths.of(values)
        runs = np.empty((len(found.values), 2), "<u8")
        runs[:, 0] = found.values.astype(np.uint64) if marks is None else marks[found.values]
        runs[:, 1] = found.lengths
        if len(self._open) and self._open[0, 0] == runs[0, 0]:
            runs[0, 1] += self._open[0, 1]
        else:
            self._digest.update(self._open.data)
        self._digest.update(runs[:-1].data)
        self._open = runs[-1:].copy()

    def hexdigest(self) -> str:
        digest = self._digest.copy()
        digest.update(self._open.data)
        return digest.hexdigest()
