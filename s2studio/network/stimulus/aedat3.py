"""Recordings in AEDAT 3.1, as cAER and libcaer write them and DVS128 Gesture ships them.

Lines that begin with # (`#!AER-DAT3.1` first, `#Format: RAW`, `#!END-HEADER` last), then packets, all little endian:

    28 bytes, the head: int16 type (1: polarity), int16 source, int32 event size, timestamp offset, timestamp overflow,
                        capacity, number of events, number of valid events
    8 bytes an event:   uint32 data (bit 0 valid, bit 1 polarity, bits 2-16 y, bits 17-31 x, (0, 0) at the upper left),
                        int32 timestamp in µs; the whole time is overflow x 2^31 + timestamp

Source: docs.inivation.com, "AEDAT 3.1", and libcaer, include/libcaer/events/common.h and polarity.h.

A recording may hold many samples: NAME_labels.csv beside NAME.aedat has the columns class, startTime_usec and
endTime_usec, times as in the recording (DVS128 Gesture: Amir et al. 2017; classes count from 1).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import NetworkError
from s2studio.network.stimulus.columns import MAX_SPIKES
from s2studio.network.stimulus.events import Events

VERSION = b"#!AER-DAT3.1"
END = b"#!END-HEADER"
MAX_HEADER_BYTES = 2**20
# Recorders write a packet for some milliseconds; a file of empty ones would take for ever.
MAX_PACKETS = 2_000_000
POLARITY_TYPE, EVENT_BYTES = 1, 8
HEAD = np.dtype(
    [("type", "<i2"), ("source", "<i2"), *((name, "<i4") for name in ("size", "offset", "overflow"))]
    + [(name, "<i4") for name in ("capacity", "number", "valid")]
)
LABEL_COLUMNS = ("class", "startTime_usec", "endTime_usec")


class Cut(NamedTuple):
    """A sample of a recording: its label, and the times in µs of the recording from and until which it goes."""

    label: int
    start_us: int
    stop_us: int


def read_aedat3(path: Path) -> Events:
    """Return the events in `path`, time from the first of them; what the recorder marked as invalid is left out."""
    events = read_absolute(path)
    first = events.time_us.min() if len(events.time_us) else 0
    return events._replace(time_us=events.time_us - first)


def read_absolute(path: Path) -> Events:
    """Return the events in `path` with the camera's own times. Raises NetworkError for what is no AEDAT 3.1."""
    size = path.stat().st_size
    if size > 2 * EVENT_BYTES * MAX_SPIKES:
        raise NetworkError(path.name, f"{size:,} B", f"at most {MAX_SPIKES:,} events are read", "cut the recording")
    content = path.read_bytes()
    data: list[NDArray[np.uint32]] = []
    times: list[NDArray[np.int64]] = []
    for start, number, overflow in _polarity_packets(path, content, _body(path, content)):
        words = np.frombuffer(content, "<u4", 2 * number, start)
        data.append(words[0::2])
        times.append((words[1::2] & 0x7FFFFFFF).astype(np.int64) + (overflow << 31))
    packed = np.concatenate([np.zeros(0, np.uint32), *data]).astype(np.int64)
    events = Events(
        np.concatenate([np.zeros(0, np.int64), *times]), packed >> 17, (packed >> 2) & 0x7FFF, packed & 2 > 0
    )
    return events.where(packed & 1 > 0)


def read_cuts(path: Path) -> tuple[Cut, ...]:
    """Return the samples that `path`, a NAME_labels.csv, cuts a recording into; classes from 1 are labels from 0."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise NetworkError(path.name, f"cannot be read as CSV: {problem}") from problem
    return tuple(_cut(f"{path.name}, line {line}", row) for line, row in enumerate(rows, start=2))


def cut(events: Events, piece: Cut) -> Events:
    """Return the events of a sample, time from its start."""
    kept = events.where((events.time_us >= piece.start_us) & (events.time_us < piece.stop_us))
    return kept._replace(time_us=kept.time_us - piece.start_us)


def labels_beside(path: Path) -> Path:
    """Return where the labels of the recording `path` stand."""
    return path.with_name(f"{path.stem}_labels.csv")


def _cut(where: str, row: dict[str, str]) -> Cut:
    texts = [(row.get(name) or "").strip() for name in LABEL_COLUMNS]
    if not all(text.isdecimal() and len(text) < 19 for text in texts):
        limit = f"the header '{','.join(LABEL_COLUMNS)}' and whole numbers are expected"
        raise NetworkError(where, f"'{','.join(map(str, row.values()))[:80]}'", limit)
    number, start, stop = map(int, texts)
    if number < 1 or stop <= start:
        raise NetworkError(where, f"class {number} from {start} to {stop}", "classes begin at 1, ends after starts")
    return Cut(number - 1, start, stop)


def _body(path: Path, content: bytes) -> int:
    """Return where the packets begin."""
    if not content.startswith(VERSION):
        first = content[:20].split(b"\r")[0].decode("ascii", "replace")
        hint = "convert it to AEDAT 3.1 or 4 with DV" if first.startswith("#!AER-DAT") else "is it a recording?"
        raise NetworkError(path.name, f"begins with '{first}'", f"{VERSION.decode()} is expected", hint)
    end = content.find(END, 0, MAX_HEADER_BYTES)
    stop = content.find(b"\n", end, end + 80)
    if end < 0 or stop < 0:
        raise NetworkError(path.name, "a header without an end", f"{END.decode()} is expected")
    kind = content.find(b"#Format:", 0, end)
    if kind >= 0 and not content[kind + len(b"#Format:") :].lstrip().startswith(b"RAW"):
        raise NetworkError(path.name, "packets that are packed", "'#Format: RAW' is expected", "save it uncompressed")
    return stop + 1


def _polarity_packets(path: Path, content: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Yield (where its events begin, how many there are, timestamp overflow) of each packet of polarity events."""
    for _ in range(MAX_PACKETS):
        if start == len(content):
            return
        if start + HEAD.itemsize > len(content):
            raise NetworkError(path.name, "ends within the head of a packet", hint="the file is cut off")
        head = np.frombuffer(content, HEAD, 1, start)[0]
        kind, size, number = int(head["type"]), int(head["size"]), int(head["number"])
        start += HEAD.itemsize
        if size < 0 or number < 0 or number != head["capacity"] or (kind == POLARITY_TYPE and size != EVENT_BYTES):
            found = f"a packet of {number:,} events of {size} B with room for {head['capacity']:,}"
            raise NetworkError(path.name, found, f"as many events of {EVENT_BYTES} B as it says are expected")
        if start + size * number > len(content):
            raise NetworkError(path.name, f"a packet of {size * number:,} B", "fewer follow", "the file is cut off")
        if kind == POLARITY_TYPE:
            if head["overflow"] < 0:
                raise NetworkError(path.name, f"a timestamp overflow of {head['overflow']}", "0 or more is expected")
            yield start, number, int(head["overflow"])
        start += size * number
    raise NetworkError(path.name, f"more than {MAX_PACKETS:,} packets", hint="cut the recording")
