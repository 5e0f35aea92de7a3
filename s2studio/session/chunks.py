"""A table on its way to disk: rows gathered into chunks of a fixed size, the last one rewritten as it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.session.columns import Columns, write_chunk
from s2studio.session.content import ContentHash
from s2studio.session.tables import Table

CHUNK_ROWS = 1 << 18


@dataclass(frozen=True)
class TableContent:
    """What the manifest says of a complete table: how many rows, in how many files, and the hash of its values."""

    rows: int
    chunks: int
    sha256: str


class TableWriter:
    """Writes one table as `folder/00000000.parquet`, `00000001.parquet` and so on.

    Each file but the last has CHUNK_ROWS rows, so that the files depend neither on the blocks that came in nor on how
    often `flush` was called. `texts` are the vocabularies of the text columns.
    """

    def __init__(self, folder: Path, table: Table, texts: Mapping[str, Sequence[str]]) -> None:
        self._folder, self._table, self._texts = folder, table, texts
        self.name = table.name
        self._pending: list[Columns] = []
        self._tail = 0
        self._hashed = 0
        self._chunks = 0
        self._rows = 0
        self._written = False
        self._content = ContentHash(table)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise SessionError(str(folder), f"cannot be created: {problem.strerror}") from problem

    @property
    def is_full(self) -> bool:
        """Whether a whole chunk waits."""
        return self._tail >= CHUNK_ROWS

    def append(self, columns: Columns) -> None:
        """Add rows in memory; nothing is written before `flush`."""
        rows = len(columns[self._table.columns[0].name])
        if rows:
            self._pending.append(columns)
            self._tail += rows
            self._rows += rows
            self._written = False

    def flush(self) -> None:
        """Write all rows that are not yet in a file."""
        if self._written:
            return
        tail = self._joined()
        self._content.update({name: values[self._hashed :] for name, values in tail.items()}, self._texts)
        while self._tail >= CHUNK_ROWS:
            self._write({name: values[:CHUNK_ROWS] for name, values in tail.items()})
            tail = {name: values[CHUNK_ROWS:] for name, values in tail.items()}
            self._chunks += 1
            self._tail -= CHUNK_ROWS
        if self._tail or not self._chunks:
            self._write(tail)
        self._pending = [tail]
        self._hashed = self._tail
        self._written = True

    def finish(self) -> TableContent:
        """Write what is left and return the content. A table without rows has one file without rows."""
        self.flush()
        return TableContent(self._rows, self._chunks + bool(self._tail or not self._chunks), self._content.hexdigest())

    def _write(self, columns: Columns) -> None:
        write_chunk(self._folder / f"{self._chunks:08d}.parquet", self._table, columns, self._texts)

    def _joined(self) -> dict[str, NDArray[np.generic]]:
        if not self._pending:
            return {
                column.name: np.empty(0, np.int32 if column.dtype == "text" else column.dtype)
                for column in self._table.columns
            }
        return {
            column.name: np.concatenate([columns[column.name] for columns in self._pending])
            for column in self._table.columns
        }
