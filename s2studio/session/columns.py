"""Parquet files of a table: one chunk of columns written whole or not at all, and read back checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.session.run_lengths import Values, whole
from s2studio.session.tables import Column, Table
from s2studio.whole_file import write_whole

Columns = Mapping[str, NDArray[np.generic]]

# A chunk of more rows than this is not ours: what a small file may unpack to must stay bounded.
MAX_CHUNK_ROWS = 1 << 22


def arrow_schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of `table`; unit and meaning of a column are in its metadata."""
    return pa.schema([pa.field(column.name, _arrow_type(column), False, _about(column)) for column in table.columns])


# How columns that long tables have are packed: what costs least time at a fifth of the space of plain values. In the
# others few values come again and again: a dictionary of them is small.
_PACKED = {
    "time_ns": ("PLAIN", "snappy"),
    "tick": ("DELTA_BINARY_PACKED", "none"),
    "sample": ("PLAIN", "snappy"),
    "population": (None, "none"),
    "neuron": ("DELTA_BINARY_PACKED", "none"),
    "v_chip": ("PLAIN", "zstd"),
}


def arrow_table(table: Table, columns: Columns, texts: Mapping[str, Sequence[str]]) -> Any:
    """Return `columns` (text as indices into `texts[column]`) as a pyarrow.Table."""
    arrays = [arrow_array(column, columns[column.name], texts) for column in table.columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table))


def write_chunk(
    path: Path, table: Table, pieces: Sequence[Mapping[str, Values]], texts: Mapping[str, Sequence[str]]
) -> None:
    """Write the rows of `pieces` (text as indices into `texts[column]`) to `path`, through a temporary file beside it.

    Of the columns only ticks and times have a least and a largest value in the file, by which readers find rows.
    """
    rows = pa.Table.from_arrays(
        [_chunked(column, pieces, texts) for column in table.columns], schema=arrow_schema(table)
    )
    names = [column.name for column in table.columns]
    packed = {name: _PACKED.get(name, (None, "zstd")) for name in names}
    write_whole(
        path,
        lambda unfinished: pq.write_table(
            rows,
            str(unfinished),
            compression={name: compression for name, (_, compression) in packed.items()},
            write_page_checksum=True,
            # Pages of the second version are cut by bytes alone: those of the first, by rows too, take a tenth longer.
            data_page_version="2.0",
            use_dictionary=[name for name, (encoding, _) in packed.items() if encoding is None],
            column_encoding={name: encoding for name, (encoding, _) in packed.items() if encoding is not None},
            write_statistics=[name for name in names if name in ("tick", "time_ns")],
        ),
        SessionError,
    )


class Chunk:
    """One Parquet file of a table: its rows and first and last tick are known before any column is read."""

    def __init__(self, path: Path, table: Table) -> None:
        self.path = path
        self._table = table
        with self._opened() as file:
            self.rows: int = file.metadata.num_rows
            self._check_shape(file.schema_arrow)
            self._range = _tick_range(file) if table.has_ticks and self.rows else (0, -1)

    def ticks(self) -> tuple[int, int]:
        """Return the first and the last tick; (0, -1) where there are no rows."""
        if self._range is None:
            values = self.read(("tick",))[0]["tick"]
            self._range = int(values[0]), int(values[-1])
        return self._range

    def arrow(self, names: Sequence[str] | None = None) -> Any:
        """Return the columns `names` (all: None) as a pyarrow.Table."""
        with self._opened() as file:
            columns = file.read([column.name for column in self._table.columns] if names is None else list(names))
        if any(column.null_count for column in columns.columns):
            raise SessionError(str(self.path), "values are missing", hint="the file was changed")
        return columns

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

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Yield the file; whatever pyarrow raises while it is read is a SessionError."""
        try:
            with pq.ParquetFile(self.path, page_checksum_verification=True) as file:
                yield file
        except (OSError, pa.ArrowException, ValueError) as problem:
            reason = " ".join(str(problem).split())[:200]
            raise SessionError(str(self.path), f"cannot be read: {reason}", hint="the file is damaged") from problem

    def _check_shape(self, found: Any) -> None:
        if self.rows > MAX_CHUNK_ROWS:
            raise SessionError(str(self.path), f"{self.rows:,} rows", f"a chunk has at most {MAX_CHUNK_ROWS:,}")
        for column in self._table.columns:
            index = found.get_field_index(column.name)
            if index < 0 or found.field(index).type != _arrow_type(column):
                raise SessionError(
                    str(self.path), f"no column '{column.name}' of {column.dtype}", hint="the file was changed"
                )


def _tick_range(file: Any) -> tuple[int, int] | None:
    """Return the first and last tick by the file's statistics, None where it has none."""
    index = file.schema_arrow.get_field_index("tick")
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    known = [group.column(index).statistics for group in groups if group.num_rows]
    if not known or any(statistics is None or not statistics.has_min_max for statistics in known):
        return None
    return min(statistics.min for statistics in known), max(statistics.max for statistics in known)


def _arrow_type(column: Column) -> Any:
    if column.dtype == "text":
        return pa.dictionary(pa.int32(), pa.string())
    return pa.bool_() if column.dtype == "bool" else pa.from_numpy_dtype(np.dtype(column.dtype))


def _chunked(column: Column, pieces: Sequence[Mapping[str, Values]], texts: Mapping[str, Sequence[str]]) -> Any:
    arrays = [arrow_array(column, whole(piece[column.name]), texts) for piece in pieces]
    return pa.chunked_array(arrays, _arrow_type(column))


def arrow_array(column: Column, values: NDArray[np.generic], texts: Mapping[str, Sequence[str]]) -> Any:
    """Return `values` (text as indices into `texts[column.name]`) as an Arrow array of the column's type."""
    if column.dtype == "text":
        words = pa.array(list(texts[column.name]), pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(values.astype(np.int32, copy=False)), words)
    return pa.array(values.astype(column.dtype, copy=False), _arrow_type(column))


def _about(column: Column) -> dict[str, str]:
    return {key: text for key, text in (("unit", column.unit), ("doc", column.doc), ("mark", column.mark)) if text}
