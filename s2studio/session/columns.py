"""Parquet files of a table: one chunk of columns written whole or not at all, and read back checked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.session.tables import Column, Table

Columns = Mapping[str, NDArray[np.generic]]

# A chunk of more rows than this is not ours: what a small file may unpack to must stay bounded.
MAX_CHUNK_ROWS = 1 << 22


def arrow_schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of `table`; unit and meaning of a column are in its metadata."""
    return pa.schema([pa.field(column.name, _arrow_type(column), False, _about(column)) for column in table.columns])


def write_chunk(path: Path, table: Table, columns: Columns, texts: Mapping[str, Sequence[str]]) -> None:
    """Write `columns` (text as indices into `texts[column]`) to `path`, through a temporary file beside it."""
    arrays = [_arrow_array(column, columns[column.name], texts) for column in table.columns]
    unfinished = path.with_name(f"{path.name}.tmp")
    try:
        pq.write_table(
            pa.Table.from_arrays(arrays, schema=arrow_schema(table)),
            str(unfinished),
            compression="zstd",
            compression_level=1,
            write_page_checksum=True,
            use_dictionary=[column.name for column in table.columns if column.name not in ("neuron", "v_chip")],
            column_encoding={column.name: "DELTA_BINARY_PACKED" for column in table.columns if column.name == "neuron"},
        )
        os.replace(unfinished, path)
    except OSError as problem:
        with suppress(OSError):
            unfinished.unlink()
        reason = problem.strerror or str(problem)
        raise SessionError(str(path), f"cannot be written: {reason}", hint="free some space or choose another folder") from problem


class Chunk:
    """One Parquet file of a table, opened: its rows and first and last tick are known before anything is read."""

    def __init__(self, path: Path, table: Table) -> None:
        self.path = path
        self._table = table
        try:
            self._file = pq.ParquetFile(path, page_checksum_verification=True)
        except (OSError, pa.ArrowException) as problem:
            raise self._damaged(problem) from problem
        self.rows: int = self._file.metadata.num_rows
        self._check_shape()

    def ticks(self) -> tuple[int, int]:
        """Return the first and the last tick."""
        index = self._file.schema_arrow.get_field_index("tick")
        groups = [self._file.metadata.row_group(group) for group in range(self._file.metadata.num_row_groups)]
        ranges = [group.column(index).statistics for group in groups if group.num_rows]
        if any(known is None or not known.has_min_max for known in ranges):
            values = self.arrow(("tick",)).column("tick").to_numpy()
            return (int(values[0]), int(values[-1])) if len(values) else (0, -1)
        return min((known.min for known in ranges), default=0), max((known.max for known in ranges), default=-1)

    def arrow(self, names: Sequence[str] | None = None) -> Any:
        """Return the columns `names` (all: None) as a pyarrow.Table."""
        try:
            return self._file.read(columns=None if names is None else list(names))
        except (OSError, pa.ArrowException, ValueError) as problem:
            raise self._damaged(problem) from problem

    def read(self, names: Sequence[str] | None = None) -> tuple[Columns, Mapping[str, list[str]]]:
        """Return the columns `names` as arrays, text as indices into the texts that are returned beside them."""
        columns, texts = {}, {}
        read = self.arrow(names)
        for name in read.column_names:
            values = read.column(name)
            if pa.types.is_dictionary(values.type):
                whole = values.unify_dictionaries().combine_chunks()
                whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
                columns[name] = whole.indices.to_numpy(zero_copy_only=False)
                texts[name] = [str(text) for text in whole.dictionary.to_pylist()]
            else:
                columns[name] = values.to_numpy()
        return columns, texts

    def _check_shape(self) -> None:
        if self.rows > MAX_CHUNK_ROWS:
            raise SessionError(str(self.path), f"{self.rows:,} rows", f"a chunk has at most {MAX_CHUNK_ROWS:,}")
        found = self._file.schema_arrow
        for column in self._table.columns:
            index = found.get_field_index(column.name)
            if index < 0 or found.field(index).type != _arrow_type(column):
                raise SessionError(
                    str(self.path), f"no column '{column.name}' of {column.dtype}", hint="the file was changed"
                )

    def _damaged(self, problem: Exception) -> SessionError:
        reason = " ".join(str(problem).split())[:200]
        return SessionError(str(self.path), f"cannot be read: {reason}", hint="the file is damaged")


def _arrow_type(column: Column) -> Any:
    if column.dtype == "text":
        return pa.dictionary(pa.int32(), pa.string())
    return pa.bool_() if column.dtype == "bool" else pa.from_numpy_dtype(np.dtype(column.dtype))


def _arrow_array(column: Column, values: NDArray[np.generic], texts: Mapping[str, Sequence[str]]) -> Any:
    if column.dtype == "text":
        words = pa.array(list(texts[column.name]), pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(values.astype(np.int32, copy=False)), words)
    return pa.array(values.astype(column.dtype, copy=False), _arrow_type(column))


def _about(column: Column) -> dict[str, str]:
    return {key: text for key, text in (("unit", column.unit), ("doc", column.doc)) if text}
