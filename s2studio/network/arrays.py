"""NumPy files from strangers: never a pickle, no Python text evaluated, their size checked before memory is taken."""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = b"\x93NUMPY"
# As long as NumPy itself accepts.
MAX_HEADER_BYTES = 10_000
MAX_AXES = 32
# The form in which NumPy and others write a header; NumPy itself would evaluate any Python literal.
_TYPE = r"'[<>|=]?[biufSU]\d{1,9}'"
_HEADER = re.compile(
    rf"\{{ ?'descr': (?P<type>{_TYPE}|\[(?:\('\w{{1,40}}', {_TYPE}\)(?:, ?)?){{1,32}}\]),"
    r" ?'fortran_order': (?P<order>True|False), ?'shape': \((?P<shape>(?:\d{1,19}L?, ?)*(?:\d{1,19}L?)?)\),? ?\}\s*"
)
_PART = re.compile(rf"\('(\w{{1,40}})', ({_TYPE})\)")
_PIECE_BYTES = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Deflate makes at most so many bytes of one: https://zlib.net/zlib_tech.html
_MOST_UNPACKED = 1032


class _Head(NamedTuple):
    """What a .npy file says of its array, and where that begins."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    order: Any
    start: int

    @property
    def bytes(self) -> int:
        """The bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


def load_npy(path: Path, most_bytes: int) -> NDArray[Any]:
    """Return the array in `path`, which stays on disk; raise ValueError, saying why, where it is none or too large."""
    try:
        with path.open("rb") as file:
            head = _head(file.read(MAX_HEADER_BYTES + 12))
        _check(head.bytes, path.stat().st_size - head.start, most_bytes)
        if not head.bytes:
            return np.zeros(head.shape, head.dtype)
        return np.memmap(path, head.dtype, "r", head.start, head.shape, head.order)
    except OSError as problem:
        raise ValueError(" ".join(str(problem).split())[:200]) from problem


def load_npz(path: Path, most_bytes: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of `path` by name; raise ValueError, saying why, where it is no archive or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries, packed = archive.infolist(), path.stat().st_size
            size = sum(entry.file_size for entry in entries)
            if size > most_bytes:
                raise ValueError(f"it unpacks to {size:,} B, at most {most_bytes:,} B are read")
            for entry in entries:
                # Python unpacks the others without a limit.
                if entry.compress_type not in _METHODS:
                    raise ValueError(f"'{entry.filename}' is compressed in another way than NumPy does")
            if size > _MOST_UNPACKED * packed:
                raise ValueError(f"it claims to unpack to {size:,} B, more than {packed:,} B can hold")
            return {
                entry.filename.removesuffix(".npy"): _array(_unpacked(archive, entry), most_bytes) for entry in entries
            }
    except (
        OSError,
        EOFError,
        RuntimeError,
        MemoryError,
        NotImplementedError,
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
    ) as problem:
        raise ValueError(" ".join(str(problem).split())[:200] or type(problem).__name__) from problem


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytearray:
    """Return what is in `entry`, in memory that an array may be, piece by piece: with no second copy of all of it."""
    content, end = bytearray(entry.file_size), 0
    opened: Any = archive.open(entry)
    with opened as file:
        while count := file.readinto(memoryview(content)[end : end + _PIECE_BYTES]):
            end += count
    if end < len(content):
        raise EOFError(f"'{entry.filename}' ends early")
    return content


def _array(content: bytearray, most_bytes: int) -> NDArray[Any]:
    head = _head(bytes(content[: MAX_HEADER_BYTES + 12]))
    _check(head.bytes, len(content) - head.start, most_bytes)
    flat = np.frombuffer(content, head.dtype, math.prod(head.shape), head.start) if head.bytes else np.zeros(0)
    return flat.astype(head.dtype, copy=False).reshape(head.shape, order=head.order)


def _check(needed: int, there: int, most: int) -> None:
    if needed > most:
        raise ValueError(f"an array of {needed:,} B, at most {most:,} B are read")
    if needed > there:
        raise ValueError(f"an array of {needed:,} B, but only {max(there, 0):,} B follow; the file is cut off")


def _head(content: bytes) -> _Head:
    if not content.startswith(MAGIC) or len(content) < 12:
        raise ValueError("it does not begin as a NumPy array does")
    width = 2 if content[6] == 1 else 4
    length = int.from_bytes(content[8 : 8 + width], "little")
    start = 8 + width + length
    if content[6] not in (1, 2, 3) or length > MAX_HEADER_BYTES or start > len(content):
        raise ValueError(f"version {content[6]} with a header of {length:,} B is not one that is read")
    header = content[8 + width : start].decode("latin-1")
    parts = _HEADER.fullmatch(header)
    if parts is None:
        raise ValueError(f"its header is {header[:120]!r}; plain numbers, texts and tables of them are read")
    shape = tuple(int(side.rstrip("L")) for side in re.split(r", ?", parts["shape"].strip()) if side)
    if len(shape) > MAX_AXES or any(side > np.iinfo(np.intp).max for side in shape):
        raise ValueError(f"its shape is {shape}")
    return _Head(_dtype(parts["type"]), shape, "F" if parts["order"] == "True" else "C", start)


def _dtype(text: str) -> np.dtype[Any]:
    try:
        if text.startswith("["):
            return np.dtype([(name, kind.strip("'")) for name, kind in _PART.findall(text)])
        return np.dtype(text.strip("'"))
    except (TypeError, ValueError) as problem:
        raise ValueError(f"its type is {text[:120]}") from problem
