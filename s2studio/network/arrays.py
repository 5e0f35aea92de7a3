"""Archives of NumPy arrays from strangers: never a pickle, their size checked before they are unpacked."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def load_npz(path: Path, most_bytes: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of `path` by name; raise ValueError, saying why, where it is no archive or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > most_bytes:
            raise ValueError(f"it unpacks to {size:,} B, at most {most_bytes:,} B are read")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in arrays.files}
    except (
        OSError,
        EOFError,
        RuntimeError,
        MemoryError,
        tokenize.TokenError,
        zipfile.BadZipFile,
        zlib.error,
    ) as problem:
        raise ValueError(" ".join(str(problem).split())[:200]) from problem
