"""Reads .safetensors: a header in JSON, then the numbers of each tensor; nothing in it can run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import NetworkError

MAX_BYTES = 2**30
MAX_HEADER_BYTES = 2**24
HINT = "save it again"
# BF16 has no type in NumPy: it is the upper half of a float32.
_KINDS: Mapping[str, str] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "BOOL": "?",
    **{f"{sign}{bits}": f"<{kind}{bits // 8}" for sign, kind in (("I", "i"), ("U", "u")) for bits in (8, 16, 32, 64)},
}


class _Entry(NamedTuple):
    """A tensor of the header: its kind, its shape, and where its bytes begin and end."""

    kind: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors in the file by their names, floats as float32.

    Raises NetworkError for what is no such file, truncated, or larger than is read; sizes are checked before memory
    is taken.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or not 2 <= length <= min(size - 8, MAX_HEADER_BYTES):
            found = f"a header of {length:,} B in a file of {size:,} B"
            raise NetworkError(path.name, found, "a .safetensors file is expected", HINT)
        entries = _entries(path, file.read(length), size - 8 - length)
        total = sum(entry.end - entry.begin for entry in entries.values())
        if total > MAX_BYTES:
            raise NetworkError(path.name, f"{total:,} B of tensors", f"at most {MAX_BYTES:,} B are read")
        content = {}
        for name, entry in entries.items():
            file.seek(8 + length + entry.begin)
            content[name] = _array(file.read(entry.end - entry.begin), entry)
    return content


def _entries(path: Path, header: bytes, room: int) -> dict[str, _Entry]:
    try:
        document = json.loads(header)
        named = {name: value for name, value in document.items() if name != "__metadata__"}
        entries = {name: _entry(value) for name, value in named.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise NetworkError(path.name, "its header is malformed", "a .safetensors file is expected", HINT) from problem
    for name, entry in entries.items():
        subject = f"tensor '{name}' in {path.name}"
        if entry.kind not in _KINDS:
            raise NetworkError(subject, f"numbers of kind {entry.kind}", f"read are {', '.join(_KINDS)}")
        needed = prod(entry.shape) * np.dtype(_KINDS[entry.kind]).itemsize
        if min(entry.shape, default=0) < 0 or entry.end - entry.begin != needed or not 0 <= entry.begin <= entry.end:
            found = f"{entry.end - entry.begin:,} B for {' x '.join(map(str, entry.shape))} of {entry.kind}"
            raise NetworkError(subject, found, f"{needed:,} B are expected", HINT)
        if entry.end > room:
            raise NetworkError(
                subject, f"it ends at byte {entry.end:,} of {room:,}", hint="the file is truncated: " + HINT
            )
    return entries


def _entry(value: Mapping[str, Any]) -> _Entry:
    shape, (begin, end) = value["shape"], value["data_offsets"]
    if not all(type(number) is int for number in (*shape, begin, end)):
        raise TypeError("whole numbers are expected")
    return _Entry(str(value["dtype"]), tuple(shape), begin, end)


def _array(content: bytes, entry: _Entry) -> NDArray[Any]:
    array = np.frombuffer(content, _KINDS[entry.kind]).reshape(entry.shape)
    if entry.kind == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32) if array.dtype.kind == "f" else array
