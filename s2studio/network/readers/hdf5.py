"""HDF5 files from strangers as plain dictionaries: sizes checked before memory is taken, links to elsewhere refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from s2studio.errors import NetworkError

MAX_BYTES = 2**30
MAX_ENTRIES = 100_000
MAX_DEPTH = 32


def read_hdf5(path: Path) -> dict[str, Any]:
    """Return the groups of `path` as dictionaries, its datasets as NumPy arrays and its texts as str.

    Raises NetworkError for what is no HDF5 file, for data of more than 1 GiB, and for links that leave the file.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return _Reader(path).group(file, "", 0)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise NetworkError(path.name, f"cannot be read as HDF5: {reason}", hint="save the model again") from problem


class _Reader:
    """Walks a file and keeps count of what it takes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = self.entries = 0

    def group(self, group: Any, where: str, depth: int) -> dict[str, Any]:
        """Return everything below `group`."""
        import h5py

        if depth > MAX_DEPTH:
            raise NetworkError(self.path.name, f"groups nested more than {MAX_DEPTH} deep at {where[:80]}")
        found: dict[str, Any] = {}
        for name in group:
            place = f"{where}/{name}"
            self.entries += 1
            if self.entries > MAX_ENTRIES:
                raise NetworkError(self.path.name, f"more than {MAX_ENTRIES:,} groups and datasets")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise NetworkError(self.path.name, f"{place} is a link", "links are not followed", "save a plain copy")
            item = group[name]
            if isinstance(item, h5py.Group):
                found[name] = self.group(item, place, depth + 1)
            elif isinstance(item, h5py.Dataset):
                found[name] = self.dataset(item, place)
        return found

    def dataset(self, dataset: Any, place: str) -> Any:
        """Return the value of `dataset`."""
        if dataset.external or dataset.is_virtual:
            raise NetworkError(self.path.name, f"{place} keeps its data in another file", hint="save a plain copy")
        self.bytes += int(np.prod(dataset.shape or (1,), dtype=object)) * dataset.dtype.itemsize
        if self.bytes > MAX_BYTES:
            raise NetworkError(self.path.name, f"{self.bytes:,} B up to {place}", f"at most {MAX_BYTES:,} B are read")
        value = dataset[()]
        return value.decode() if isinstance(value, bytes) else value
