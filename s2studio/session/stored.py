"""A table on disk, read by rows or by ticks, never more of it in memory than was asked for and one chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.session.columns import Chunk, Columns
from s2studio.session.tables import Table

Texts = Mapping[str, Sequence[str]]


class StoredTable:
    """Reads the Parquet files of `table` in `folder`; raises SessionError where they are damaged.

    A table without files is damaged too, unless `is_whole` says that its run came to no end.
    """

    def __init__(self, folder: Path, table: Table, is_whole: bool = True) -> None:
        self.folder, self.table, self._is_whole = folder, table, is_whole
        self._last: tuple[tuple[int, tuple[str, ...] | None], tuple[Columns, Texts]] | None = None

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """The files in order, their footers read."""
        paths = sorted(self.folder.glob("*.parquet"))
        if self._is_whole and not paths:
            raise SessionError(str(self.folder), "has no Parquet file", hint="the session is incomplete")
        return tuple(Chunk(path, self.table) for path in paths)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(chunk.rows for chunk in self.chunks)

    def columns(self, first: int, last: int, names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return the columns `names`, none of them text, of the rows `first` to `last` (excluded)."""
        pieces: list[Columns] = [
            {name: np.empty(0, column.dtype) for column in self.table.columns if (name := column.name) in names}
        ]
        position = 0
        for number, chunk in enumerate(self.chunks):
            if position < last and first < position + chunk.rows:
                columns, _ = self._read(number, tuple(names))
                part = slice(max(0, first - position), last - position)
                pieces.append({name: columns[name][part] for name in names})
            position += chunk.rows
        read = {name: np.concatenate([piece[name] for piece in pieces]) for name in names}
        if any(len(values) != last - first for values in read.values()):
            raise self.damaged()
        return read

    def ticks(self, start: int, stop: int) -> Iterator[tuple[Columns, Texts]]:
        """Return the rows of the ticks `start` to `stop` (excluded), file by file, with the texts of text columns."""
        for number, chunk in enumerate(self.chunks):
            first, last = chunk.ticks()
            if first < stop and start <= last:
                columns, texts = self._read(number, None)
                begin, end = np.searchsorted(columns["tick"], [start, stop])
                if begin < end:
                    yield {name: values[begin:end] for name, values in columns.items()}, texts

    def damaged(self) -> SessionError:
        """Return the error for values that contradict the rest of the session."""
        return SessionError(str(self.folder), "its rows do not fit the run", hint="the file was changed")

    def _read(self, number: int, names: tuple[str, ...] | None) -> tuple[Columns, Texts]:
        # Spans that are read one after the other share a chunk.
        if self._last is None or self._last[0] != (number, names):
            self._last = (number, names), self.chunks[number].read(names)
        return self._last[1]
