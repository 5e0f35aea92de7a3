"""Recordings in AEDAT 4, as DV and its cameras write them, decoded by the `aedat` package in another process."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from s2studio.network.readers.child import ChildReading
from s2studio.network.stimulus.events import Events


def read_aedat4(path: Path) -> Events:
    """Return the events in `path`, time from the first of them; images, motion and triggers are passed over."""
    events = ChildReading(path, "aedat4").result()["events"]
    time_us = events["t"].astype(np.int64)
    first = time_us.min() if len(time_us) else 0
    return Events(time_us - first, events["x"].astype(np.int64), events["y"].astype(np.int64), events["on"] != 0)
