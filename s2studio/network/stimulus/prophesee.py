"""Recordings in Prophesee's DAT format: a header of lines that begin with %, then 8 bytes per event, little endian."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.stimulus.columns import MAX_SPIKES
from s2studio.network.stimulus.events import Events

EVENT_BYTES = 8
# The two bytes behind the header: kind of event (0 and 12: changes of brightness) and its size.
CHANGES = (0, 12)
MAX_HEADER_BYTES = 2**16


def read_dat(path: Path) -> Events:
    """Return the events in `path`: 32 bits of µs, then 14 bits of x, 14 of y and 4 of polarity."""
    content = path.read_bytes()
    start = 0
    while content[start : start + 1] == b"%":
        end = content.find(b"\n", start)
        if end < 0 or end > MAX_HEADER_BYTES:
            raise NetworkError(path.name, "a header without an end", hint="is it a Prophesee .dat file?")
        start = end + 1
    if len(content) < start + 2 or content[start] not in CHANGES or content[start + 1] != EVENT_BYTES:
        found = f"events of kind {content[start : start + 2].hex() or 'nothing'}"
        raise NetworkError(path.name, found, f"changes of brightness in {EVENT_BYTES} B each are expected")
    body = content[start + 2 :]
    if len(body) % EVENT_BYTES or len(body) > EVENT_BYTES * MAX_SPIKES:
        raise NetworkError(path.name, f"{len(body):,} B of events", f"whole events of {EVENT_BYTES} B are expected")
    words = np.frombuffer(body, "<u4").reshape(-1, 2).astype(np.int64)
    time_us, packed = words[:, 0], words[:, 1]
    first = time_us.min() if len(words) else 0
    return Events(time_us - first, packed & 0x3FFF, (packed >> 14) & 0x3FFF, packed >> 28 > 0)
