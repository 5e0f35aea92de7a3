"""The content hash of a table: over its values, column by column, whatever the chunks they were stored in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.session.tables import Table


class ContentHash:
    """SHA-256 over the values of a table, fed in pieces.

    Each column has a digest of its values, little endian at the width of its dtype; a text stands for itself by the
    first 8 bytes of its own SHA-256. The table's hash is the SHA-256 of every column's name, dtype and digest.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._digests = {column.name: hashlib.sha256() for column in table.columns}
        self._texts: dict[tuple[str, ...], NDArray[np.uint64]] = {}

    def update(self, columns: Mapping[str, NDArray[np.generic]], texts: Mapping[str, Sequence[str]]) -> None:
        """Add rows; `columns` of text hold indices into `texts[column]`."""
        for column in self._table.columns:
            values = columns[column.name]
            if column.dtype == "text":
                canonical: NDArray[np.generic] = self._marks(tuple(texts[column.name]))[values.astype(np.int64)]
            else:
                canonical = values.astype(np.dtype(column.dtype).newbyteorder("<"), copy=False)
            self._digests[column.name].update(np.ascontiguousarray(canonical).data)

    def hexdigest(self) -> str:
        """Return the hash of the rows so far."""
        whole = hashlib.sha256()
        for column in self._table.columns:
            whole.update(f"{column.name}:{column.dtype}:{self._digests[column.name].hexdigest()}\n".encode())
        return whole.hexdigest()

    def _marks(self, texts: tuple[str, ...]) -> NDArray[np.uint64]:
        if texts not in self._texts:
            marks = b"".join(hashlib.sha256(text.encode()).digest()[:8] for text in texts)
            self._texts[texts] = np.frombuffer(marks, "<u8")
        return self._texts[texts]
