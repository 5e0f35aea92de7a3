"""A table on its way to disk: rows gathered into chunks of a fixed size, the last one rewritten as it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from s2studio.errors import SessionError
from s2studio.session.columns import write_chunk
from s2studio.session.content import ContentHash
from s2studio.session.packed import write_packed
from s2studio.session.run_lengths import RunLengths, Values, joined
from s2studio.session.tables import Table

Columns = Mapping[str, Values]

CHUNK_ROWS = 1 << 18
# More pieces than this are joined before they are written.
_MOST_PIECES = 64


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
        rows = _length(columns)
        if rows:
            self._content.update(columns, self._texts)
            self._pending.append(columns)
            self._tail += rows
            self._rows += rows
            self._written = False

    def flush(self) -> None:
        """Write all rows that are not yet in a file."""
        self.flush_full()
        if self._written:
            return
        if self._tail or not self._chunks:
            # The same rows may be written several times as the chunk grows: in one piece that is cheaper.
            self._pending = [_joined(self._table, self._pending)]
            self._write(self._pending)
        self._written = True

    def flush_full(self) -> None:
        """Write the chunks that are full, and keep the rest in memory."""
        while self.is_full:
            self._write(self._take(CHUNK_ROWS))
            self._chunks += 1
            self._tail -= CHUNK_ROWS

    def finish(self) -> TableContent:
        """Write what is left and return the content. A table without rows has one file without rows."""
        self.flush()
        return TableContent(self._rows, self._chunks + bool(self._tail or not self._chunks), self._content.hexdigest())

    def _write(self, pieces: Sequence[Columns]) -> None:
        has_runs = any(isinstance(values, RunLengths) for piece in pieces for values in piece.values())
        write = write_packed if has_runs else write_chunk
        write(self._folder / f"{self._chunks:08d}.parquet", self._table, pieces, self._texts)

    def _take(self, rows: int) -> list[Columns]:
        """Return the first `rows` of what waits and let go of them."""
        taken: list[Columns] = []
        while rows:
            piece = self._pending.pop(0)
            if _length(piece) > rows:
                self._pending.insert(0, {name: values[rows:] for name, values in piece.items()})
                piece = {name: values[:rows] for name, values in piece.items()}
            taken.append(piece)
            rows -= _length(piece)
        return taken if len(taken) <= _MOST_PIECES else [_joined(self._table, taken)]


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _joined(table: Table, pieces: Sequence[Columns]) -> Columns:
    if not pieces:
        return {
            column.name: np.empty(0, np.int32 if column.dtype == "text" else column.dtype) for column in table.columns
        }
    return {column.name: joined([piece[column.name] for piece in pieces]) for column in table.columns}
