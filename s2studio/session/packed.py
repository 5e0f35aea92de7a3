"""Spikes as Parquet files: ticks, times, samples and populations encoded run by run, neurons as differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.session.columns import arrow_schema
from s2studio.session.content import Texts
from s2studio.session.parquet_file import EncodedColumn, Encoding, parquet_file
from s2studio.session.run_lengths import RunLengths, Values, joined
from s2studio.session.tables import Column, Table
from s2studio.session.thrift import varint
from s2studio.whole_file import write_whole

# A run takes at most so many bytes: its length, then an index of 32 bits.
_RUN_BYTES = 10 + 4
_MOST = 2**31 - 1


def write_packed(path: Path, table: Table, pieces: Sequence[Mapping[str, Values]], texts: Texts) -> None:
    """Write the rows of `pieces`, at least one, to `path`, through a temporary file beside it.

    Columns are whole numbers, or text as indices into `texts[column]`. The files hold what `write_chunk` would write,
    and take a tenth of its time: the format allows both, but pyarrow encodes value by value.
    """
    columns = {column.name: joined([piece[column.name] for piece in pieces]) for column in table.columns}
    rows = len(columns[table.columns[0].name])
    encoded = [_encoded(column, columns[column.name], texts) for column in table.columns]
    parts = parquet_file(arrow_schema(table), rows, encoded)

    def write(unfinished: Path) -> None:
        with unfinished.open("wb") as file:
            file.writelines(parts)

    write_whole(path, write, SessionError)


def _encoded(column: Column, values: Values, texts: Texts) -> EncodedColumn:
    if column.dtype == "text":
        words = [text.encode() for text in texts[column.name]]
        dictionary = b"".join(len(word).to_bytes(4, "little") + word for word in words)
        return EncodedColumn(_runs(_as_runs(values), len(words)), Encoding.RLE_DICTIONARY, dictionary, len(words))
    dtype = np.dtype(column.dtype).newbyteorder("<")
    if not isinstance(values, RunLengths):
        return _numbers(values.astype(dtype, copy=False))
    # Those of ticks and times ascend: each run is an entry of its own.
    entries, index = values.values.astype(dtype, copy=False), RunLengths(np.arange(len(values.values)), values.bounds)
    ends = entries.min().tobytes(), entries.max().tobytes()
    data = _runs(index, len(entries))
    return EncodedColumn(data, Encoding.RLE_DICTIONARY, entries.tobytes(), len(entries), ends)


def _as_runs(values: Values) -> RunLengths:
    return values if isinstance(values, RunLengths) else RunLengths.of(values)


def _numbers(values: NDArray[Any]) -> EncodedColumn:
    """Return numbers as what each is more than the one before, or as they are where they are wide."""
    # Imported here: who reads a session needs no compiled code for it.
    from s2studio.session.kernels import BLOCK, encode_deltas

    if not 0 <= values.min() <= values.max() <= _MOST:
        return EncodedColumn(values.tobytes(), Encoding.PLAIN)
    narrow = values.astype(np.int32, copy=False)
    data = np.empty(-(-len(values) // BLOCK) * (14 + 4 * BLOCK), np.uint8)
    end = encode_deltas(narrow, np.empty(BLOCK, np.int64), data)
    head = b"".join(map(varint, (BLOCK, 4, len(values), int(narrow[0]) << 1)))
    return EncodedColumn(head + data[:end].tobytes(), Encoding.DELTA_BINARY_PACKED)


def _runs(index: RunLengths, entries: int) -> bytes:
    """Return runs of indices into a dictionary as Parquet has them: how wide they are, then each run."""
    from s2studio.session.kernels import encode_runs

    bits = max(1, (entries - 1).bit_length())
    data = np.empty(len(index.values) * _RUN_BYTES, np.uint8)
    end = encode_runs(index.values.astype(np.int64, copy=False), index.lengths, -(-bits // 8), data)
    return bytes([bits]) + data[:end].tobytes()
