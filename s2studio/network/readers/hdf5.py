"""HDF5 files from strangers as plain dictionaries: sizes checked before memory is taken, links to elsewhere refused."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np

from s2studio.errors import NetworkError

MAX_BYTES = 2**30
MAX_ENTRIES = 100_000
MAX_DEPTH = 32
# A Python object for each text, its text not counted.
TEXT_BYTES = 64
_STORE = b"GCOL\x01\x00\x00\x00"


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


def _check_texts(path: Path) -> None:
    """Refuse a file whose stores of texts are damaged: HDF5 2.0 walks through some of them for ever.

    A store ("global heap collection") is `GCOL`, version 1, its size, and objects of 16 B (index, count, size) and
    data up to a multiple of 8 B; the object of index 0 is free space and its size counts all of it.
    Source: HDF5 File Format Specification 3.0, section III.E.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = content.find(_STORE)
        while start >= 0:
            place, end = start + 16, start + int.from_bytes(content[start + 8 : start + 16], "little")
            while place + 16 <= end <= len(content):
                index, size = int.from_bytes(content[place : place + 2], "little"), content[place + 8 : place + 16]
                whole = int.from_bytes(size, "little")
                place += 16 + -(-whole // 8) * 8 if index else max(whole, 1)
            if not start < place <= end <= len(content):
                raise ValueError("damaged texts")
            start = content.find(_STORE, start + len(_STORE))


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
        size = TEXT_BYTES if dataset.dtype.hasobject else dataset.dtype.itemsize
        self.bytes += int(np.prod(dataset.shape or (1,), dtype=object)) * size
        if self.bytes > MAX_BYTES:
            raise NetworkError(self.path.name, f"{self.bytes:,} B up to {place}", f"at most {MAX_BYTES:,} B are read")
        value = dataset[()]
        return value.decode() if isinstance(value, bytes) else value
