"""Columns to the bytes of CSV rows (RFC 4180), many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def quoted(texts: Sequence[str]) -> list[str]:
    """Return `texts` as fields of CSV: in quotes where they hold a comma, a quote or a line break."""
    return ['"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text for text in texts]


def csv_rows(columns: Sequence[NDArray[Any] | tuple[Sequence[str], NDArray[Any]]]) -> bytes:
    """Return one line for each row, ended by CR LF.

    A column is an array of numbers, written as short as they read back the same, or texts, quoted where need be, with
    the index of each row's text.
    """
    fields = [_fields(column) for column in columns]
    ends = pa.scalar("", pa.large_string())
    lines = pc.binary_join_element_wise(
        pc.binary_join_element_wise(*fields, pa.scalar(",", pa.large_string())), ends, pa.scalar("\r\n", ends.type)
    )
    _, offsets, text = lines.buffers()
    start, stop = np.frombuffer(offsets, np.int64)[[lines.offset, lines.offset + len(lines)]]
    return text.to_pybytes()[start:stop] if len(lines) else b""


def _fields(column: NDArray[Any] | tuple[Sequence[str], NDArray[Any]]) -> Any:
    if isinstance(column, tuple):
        texts, index = column
        return pa.array(list(texts), pa.large_string()).take(pa.array(np.ascontiguousarray(index)))
    return pa.array(np.ascontiguousarray(column)).cast(pa.large_string())
