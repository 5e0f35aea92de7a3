"""Recordings in AEDAT 4, as DV and its cameras write them, decoded by the `aedat` package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.stimulus.columns import MAX_SPIKES
from s2studio.network.stimulus.events import Events


def read_aedat4(path: Path) -> Events:
    """Return the events in `path`, time from the first of them; images, motion and triggers are passed over."""
    try:
        import aedat
    except ImportError as problem:
        raise NetworkError(path.name, "AEDAT 4", "the package 'aedat' is missing", "pip install aedat") from problem
    parts: list[Any] = []
    count = 0
    try:
        for packet in aedat.Decoder(path):
            if "events" in packet:
                parts.append(packet["events"])
                count += len(parts[-1])
                if count > MAX_SPIKES:
                    raise NetworkError(path.name, f"more than {MAX_SPIKES:,} events", hint="cut the recording")
    except (RuntimeError, OSError, ValueError) as problem:
        raise NetworkError(path.name, f"cannot be read as AEDAT 4: {problem}") from problem
    if not parts:
        raise NetworkError(path.name, "no events", "a camera's stream of events is expected")
    events = np.concatenate(parts)
    time_us = events["t"].astype(np.int64)
    return Events(time_us - time_us.min(), events["x"].astype(np.int64), events["y"].astype(np.int64), events["on"])
