"""Recordings of N-MNIST: 5 bytes per event, x, y, polarity bit and 23 bits of microseconds, big endian.

Source: Orchard et al. 2015, "Converting static image datasets to spiking neuromorphic datasets using saccades".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.stimulus.columns import MAX_SPIKES
from s2studio.network.stimulus.events import Events

EVENT_BYTES = 5


def read_nmnist(path: Path) -> Events:
    """Return the events in `path`; an event is on where its polarity bit is set."""
    size = path.stat().st_size
    if size % EVENT_BYTES or size > EVENT_BYTES * MAX_SPIKES:
        raise NetworkError(path.name, f"{size:,} B", f"whole events of {EVENT_BYTES} B are expected", "is it N-MNIST?")
    raw = np.fromfile(path, np.uint8).reshape(-1, EVENT_BYTES).astype(np.int64)
    time_us = ((raw[:, 2] & 0x7F) << 16) | (raw[:, 3] << 8) | raw[:, 4]
    return Events(time_us, raw[:, 0], raw[:, 1], raw[:, 2] >> 7 == 1)
