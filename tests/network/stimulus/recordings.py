"""Recordings that tests write themselves, after the formats' descriptions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from s2studio.network.stimulus.events import Events

HEADER = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016-07-15\r\n#!END-HEADER\r\n"


def camera(seed: int, count: int = 200, start_us: int = 0, width: int = 8, height: int = 6) -> Events:
    """Return random events within 50 ms, sorted by time."""
    random = np.random.default_rng(seed)
    time_us = start_us + np.sort(random.integers(0, 50_000, count))
    return Events(
        time_us, random.integers(0, width, count), random.integers(0, height, count), random.random(count) < 0.5
    )


def packet(events: Events, valid: bool = True, kind: int = 1, capacity: int | None = None) -> bytes:
    """Return a packet of an AEDAT 3.1 recording."""
    number = len(events.time_us)
    head = np.array([kind, 1], "<i2").tobytes()
    overflow = int(events.time_us[0] >> 31) if number else 0
    rest = [8, 4, overflow, number if capacity is None else capacity, number, number * valid]
    data = events.x << 17 | events.y << 2 | events.is_on.astype(np.int64) << 1 | int(valid)
    words = np.stack([data, events.time_us & 0x7FFFFFFF], axis=1).astype("<u4")
    return head + np.array(rest, "<i4").tobytes() + words.tobytes()


def write_aedat3(path: Path, packets: Sequence[bytes], header: bytes = HEADER) -> Path:
    """Write an AEDAT 3.1 recording."""
    path.write_bytes(header + b"".join(packets))
    return path


def write_tonic(path: Path, events: Events, label: int | None = None) -> Path:
    """Write the events as tonic's DiskCachedDataset does."""
    table = np.zeros(len(events.time_us), [("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "?")])
    for name, column in zip("xytp", (events.x, events.y, events.time_us, events.is_on), strict=True):
        table[name] = column
    with h5py.File(path, "w") as file:
        file.create_dataset("data/0", data=table, compression="lzf")
        if label is not None:
            file.create_dataset("target/0", data=label)
    return path
