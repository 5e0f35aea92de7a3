"""The process that opens an HDF5 file from a stranger: what a damaged file does to the HDF5 library ends with it.

A script, not a module of the others: `python hdf5_process.py FILE` writes one line of JSON and then each array as .npy.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

MAX_BYTES = 2**30
MAX_ENTRIES = 100_000
MAX_DEPTH = 32
# Of the whole process: the data, a second copy of it, the libraries.
MAX_MEMORY_BYTES = 4 * 2**30
# A Python object for each text, its letters not counted.
TEXT_BYTES = 64
NUMBERS = "biuf"


class Refusal(Exception):
    """What is wrong with the file: (found, limit, hint)."""

    def __init__(self, found: str, limit: str = "", hint: str = "save a plain copy") -> None:
        super().__init__(found, limit, hint)


class Reader:
    """Walks a file and keeps count of what it takes.

    `entries` holds [names of the groups and its own, text, or None for a group, or True for an array], `arrays` those.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[tuple[str, ...], str | bool | None]] = []
        self.arrays: list[Any] = []
        self.bytes = 0

    def group(self, group: Any, where: tuple[str, ...] = ()) -> None:
        """Read everything below `group`."""
        import h5py

        if len(where) > MAX_DEPTH:
            raise Refusal(f"groups nested more than {MAX_DEPTH} deep")
        for name in group:
            place = (*where, name)
            if len(self.entries) >= MAX_ENTRIES:
                raise Refusal(f"more than {MAX_ENTRIES:,} groups and datasets")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise Refusal(f"{_path(place)} is a link", "links are not followed")
            item = group[name]
            if isinstance(item, h5py.Group):
                self.entries.append((place, None))
                self.group(item, place)
            elif isinstance(item, h5py.Dataset):
                self.dataset(item, place)

    def dataset(self, dataset: Any, place: tuple[str, ...]) -> None:
        """Read the value of `dataset`, its size checked first."""
        if dataset.external or dataset.is_virtual:
            raise Refusal(f"{_path(place)} keeps its data in another file")
        size = TEXT_BYTES if dataset.dtype.hasobject else dataset.dtype.itemsize
        self.bytes += int(np.prod(dataset.shape or (1,), dtype=object)) * size
        if self.bytes > MAX_BYTES:
            raise Refusal(f"{self.bytes:,} B up to {_path(place)}", f"at most {MAX_BYTES:,} B are read", "")
        value = dataset[()]
        if isinstance(value, bytes | str):
            self.entries.append((place, value if isinstance(value, str) else value.decode(errors="replace")))
            return
        array = np.asarray(value)
        if array.dtype.kind == "O":
            array = array.astype(np.bytes_)
        if array.dtype.kind not in f"{NUMBERS}S":
            raise Refusal(f"{_path(place)} holds {array.dtype}", "numbers and texts are expected", "")
        self.entries.append((place, True))
        self.arrays.append(array)


def _path(place: tuple[str, ...]) -> str:
    return "/" + "/".join(place)


def main(path: Path) -> None:
    """Write what is in the file at `path` to standard output, or why it is refused."""
    import h5py

    _limit_memory()
    reader, refusal = Reader(), None
    try:
        with h5py.File(path, "r") as file:
            reader.group(file)
    except Refusal as problem:
        refusal = problem.args
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as problem:
        reason = " ".join(str(problem).split())[:200] or type(problem).__name__
        refusal = (f"cannot be read as HDF5: {reason}", "", "save the model again")
    line = {"refusal": refusal} if refusal else {"entries": reader.entries}
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:  # buffered whatever PYTHONUNBUFFERED says
        out.write(json.dumps(line).encode() + b"\n")
        for array in [] if refusal else reader.arrays:
            saved = io.BytesIO()  # NumPy asks a file for its position, which a pipe has not
            np.lib.format.write_array(saved, array, allow_pickle=False)
            out.write(saved.getbuffer())


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):  # macOS may refuse
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
