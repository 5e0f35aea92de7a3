"""Arrays placed in memory where the processor reads them fastest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PAGE_BYTES = 4096
# Lines between the beginnings of two arrays that are walked together, counted within their pages.
_LINES_APART = 5


def starts(sizes: Iterable[int]) -> NDArray[np.int64]:
    """Return where each stretch begins of stretches that follow each other, and at last where all end."""
    known = sizes if isinstance(sizes, np.ndarray) else np.array([*sizes], np.int64)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(known, dtype=np.int64)])


def joined(arrays: Sequence[NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return `arrays`, of which there may be none, as one of `dtype`."""
    return np.concatenate(arrays, dtype=dtype) if arrays else np.zeros(0, dtype)


def aligned(shape: int | tuple[int, ...], dtype: Any, number: int = 0) -> NDArray[Any]:
    """Return zeros that begin at a cache line.

    Arrays that are walked together get different `number`s: where all of them begin at the same place of a page, they
    fight for the same few lines of the first cache, which makes a tick up to five times slower.
    """
    # Imported here: who reads counts needs no compiled code.
    from s2studio.compiled.prefetch import LINE_BYTES

    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(size + 2 * _PAGE_BYTES, np.uint8)
    first = -memory.ctypes.data % _PAGE_BYTES + number * _LINES_APART * LINE_BYTES % _PAGE_BYTES
    placed: NDArray[Any] = memory[first : first + size].view(dtype)
    return placed.reshape(shape)


def distinct_rows(table: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return the rows of `table` without repeats, in the order in which they first come, and which of them each row is.

    (np.unique makes a Python object for every column on its way.)
    """
    found: dict[bytes, int] = {}
    which = np.array([found.setdefault(row.tobytes(), len(found)) for row in table], np.int32)
    _, first = np.unique(which, return_index=True)
    return np.ascontiguousarray(table[first]), which
