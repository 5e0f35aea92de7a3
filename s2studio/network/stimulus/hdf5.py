"""Recordings in HDF5 as tonic's DiskCachedDataset keeps them, read as data by another process.

`data/0` is a table of events with the columns x, y, t (µs) and p (polarity), `target/0` the label (tonic,
cached_dataset.py, `save_to_disk_cache`, and io.py, `make_structured_array`). A table `events` at the top, or one with
a column of its own for each of x, y, t and p, is read too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import NetworkError
from s2studio.network.readers.child import ChildReading
from s2studio.network.stimulus.columns import MAX_SPIKES
from s2studio.network.stimulus.events import Events

COLUMNS = ("t", "x", "y", "p")
PLACES = (("data", "0"), ("data",), ("events",), ())


def read_hdf5(path: Path) -> Events:
    """Return the events in `path`, time from the first of them."""
    return read_labelled(path)[0]


def read_labelled(path: Path) -> tuple[Events, int | None]:
    """Return the events in `path` and the label beside them, None where there is none."""
    content = ChildReading(path, "hdf5").result()
    table = next(filter(None, (_table(content, place) for place in PLACES)), None)
    if table is None:
        expected = f"a table of events with the columns {', '.join(COLUMNS)} is expected in /data/0 or /events"
        holds = f"holds {', '.join(content) or 'nothing'}"
        raise NetworkError(path.name, holds, expected, "cache the events, not frames")
    columns = [_whole(path, name, table[name]) for name in COLUMNS]
    if len({len(column) for column in columns}) > 1 or len(columns[0]) > MAX_SPIKES:
        found = f"columns of {', '.join(f'{len(column):,}' for column in columns)} entries"
        raise NetworkError(path.name, found, f"as many of each are expected, at most {MAX_SPIKES:,}")
    time_us, x, y, polarity = columns
    if len(time_us) and min(x.min(), y.min()) < 0:
        raise NetworkError(path.name, "an event at a negative place", "x and y begin at 0")
    first = time_us.min() if len(time_us) else 0
    return Events(time_us - first, x, y, polarity > 0), _label(content)


def _table(content: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any] | None:
    found: Any = content
    for name in place:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) and set(COLUMNS) <= found.keys() else None


def _whole(path: Path, name: str, values: Any) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "biuf" or (array.size and not _fits(array)):
        found = f"column '{name}' is {array.dtype} with the shape {array.shape}"
        raise NetworkError(path.name, found, "one axis of whole numbers below 2^62 is expected")
    return array.astype(np.int64)


def _fits(array: NDArray[Any]) -> bool:
    return bool(np.isfinite(array).all() and float(array.max()) < 2.0**62 and float(array.min()) > -(2.0**62))


def _label(content: dict[str, Any]) -> int | None:
    target = content.get("target")
    value = np.asarray(target.get("0")) if isinstance(target, dict) else np.asarray(None)
    return int(value.reshape(-1)[0]) if value.size == 1 and value.dtype.kind in "iu" else None
