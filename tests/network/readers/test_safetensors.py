from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s2studio.errors import NetworkError
from s2studio.network.readers.safetensors import read_safetensors


def write(path: Path, entries: dict[str, Any], content: bytes, length: int | None = None) -> Path:
    header = json.dumps(entries).encode()
    path.write_bytes((len(header) if length is None else length).to_bytes(8, "little") + header + content)
    return path


def entry(kind: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


def test_that_tensors_come_by_their_names_and_floats_as_float32(tmp_path: Path) -> None:
    single, half, whole = np.array([[1.5, -2]], "f4"), np.array([0.25], "f2"), np.array([7, -8])
    brain = (np.array([3.140625, -1e10], "f4").view(np.uint32) >> 16).astype(np.uint16)
    entries = {
        "__metadata__": {"format": "pt"},
        "single": entry("F32", [1, 2], 0, 8),
        "half": entry("F16", [1], 8, 10),
        "whole": entry("I64", [2], 10, 26),
        "brain": entry("BF16", [2], 26, 30),
        "one": entry("F32", [], 0, 4),
    }
    content = b"".join(array.tobytes() for array in (single, half, whole, brain))
    found = read_safetensors(write(tmp_path / "w.safetensors", entries, content))

    assert {name: (array.dtype.name, array.shape) for name, array in found.items()} == {
        "single": ("float32", (1, 2)),
        "half": ("float32", (1,)),
        "whole": ("int64", (2,)),
        "brain": ("float32", (2,)),
        "one": ("float32", ()),
    }
    assert found["single"].tolist() == [[1.5, -2]]
    assert found["whole"].tolist() == [7, -8]
    np.testing.assert_allclose(found["brain"], [3.140625, -1e10], rtol=2**-8)


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"w": entry("F32", [2], 0, 4)}, "'w'.*4 B for 2 of F32, 8 B are expected"),
        ({"w": entry("F32", [10**9, 10], 0, 8)}, "40,000,000,000 B are expected"),
        ({"w": entry("F32", [5 * 10**9], 0, 2 * 10**10)}, "ends at byte 20,000,000,000 of 8; the file is truncated"),
        ({"w": entry("F32", [-2], 0, 8)}, "8 B for -2"),
        ({"w": entry("F32", [2], -8, 0)}, "8 B"),
        ({"w": entry("C64", [1], 0, 8)}, "kind C64"),
        ({"w": {"dtype": "F32", "shape": [2]}}, "header is malformed"),
        ({"w": entry("F32", ["2"], 0, 8)}, "header is malformed"),  # type: ignore[list-item]
        ({"w": [1]}, "header is malformed"),
    ],
)
def test_that_malformed_files_are_refused_before_memory_is_taken(
    entries: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(NetworkError, match=says):
        read_safetensors(write(tmp_path / "w.safetensors", entries, bytes(8)))


@pytest.mark.parametrize("length", [0, 1, 100, 2**63])
def test_that_a_header_that_is_longer_than_the_file_is_refused(length: int, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="a header of"):
        read_safetensors(write(tmp_path / "w.safetensors", {}, b"", length))


@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_any_bytes_are_read_or_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with suppress(NetworkError):
        assert isinstance(read_safetensors(path), dict)
