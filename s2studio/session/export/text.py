"""Columns to lines of text, many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Field = NDArray[Any] | tuple[Sequence[str], NDArray[Any]]
"""Numbers, written as short as they read back the same, or texts with the index of each row's text."""


def quoted(texts: Sequence[str]) -> list[str]:
    """Return `texts` as fields of CSV: in quotes where they hold a comma, a quote or a line break."""
    return ['"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text for text in texts]


def csv_rows(columns: Sequence[Field]) -> bytes:
    """Return one line of CSV (RFC 4180) for each row, ended by CR LF; texts are quoted already where need be."""
    parts: list[str | Field] = []
    for column in columns:
        parts += [column, ","]
    return lines([*parts[:-1], "\r\n"])


def lines(parts: Sequence[str | Field]) -> bytes:
    """Return for each row the `parts` one after the other; a string is the same in every row."""
    fields = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else _field(part) for part in parts]
    joined = pc.binary_join_element_wise(*fields, pa.scalar("", pa.large_string()))
    _, offsets, text = joined.buffers()
    start, stop = np.frombuffer(offsets, np.int64)[[joined.offset, joined.offset + len(joined)]]
    return text.to_pybytes()[start:stop] if len(joined) else b""


def _field(column: Field) -> Any:
    if isinstance(column, tuple):
        texts, index = column
        return pa.array(list(texts), pa.large_string()).take(pa.array(np.ascontiguousarray(index)))
    return pa.array(np.ascontiguousarray(column)).cast(pa.large_string())
