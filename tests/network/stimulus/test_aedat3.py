from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from s2studio.errors import NetworkError
from s2studio.network.stimulus.aedat3 import Cut, cut, read_absolute, read_aedat3, read_cuts
from s2studio.network.stimulus.events import Events
from tests.network.stimulus.recordings import HEADER, camera, packet, write_aedat3


def part(events: Events, start: int, stop: int) -> Events:
    return events.where(np.isin(np.arange(len(events.time_us)), range(start, stop)))


def assert_equal(found: Events, expected: Events) -> None:
    for name in Events._fields:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("start_us", [0, 1_000_000, 2**31 - 20_000, 3 * 2**31])
def test_that_a_recording_gives_its_events_back(tmp_path: Path, start_us: int) -> None:
    events = camera(1, start_us=start_us)
    cuts = np.unique([0, 40, int(np.searchsorted(events.time_us, 2**31)), 200])
    packets = [packet(part(events, *pair)) for pair in itertools.pairwise(cuts)]
    path = write_aedat3(tmp_path / "a.aedat", packets)

    assert_equal(read_absolute(path), events)
    assert_equal(read_aedat3(path), events._replace(time_us=events.time_us - events.time_us[0]))


def test_that_invalid_events_and_other_packets_are_left_out(tmp_path: Path) -> None:
    events = camera(2)
    packets = [packet(camera(3), valid=False), packet(events), packet(camera(4), kind=0)]
    assert_equal(read_absolute(write_aedat3(tmp_path / "a.aedat", packets)), events)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "begins with ''"),
        (b"#!AER-DAT2.0\r\n# x\r\n", "begins with '#!AER-DAT2.0'.*convert it"),
        (b"#!AER-DAT3.1\r\n#Format: RAW\r\n", "a header without an end"),
        (HEADER.replace(b"RAW", b"PNG"), "'#Format: RAW' is expected"),
        (HEADER + b"\x01" * 10, "within the head of a packet"),
        (HEADER + packet(camera(1))[:-3], "the file is cut off"),
        (HEADER + packet(camera(1), capacity=10**9), "with room for 1,000,000,000"),
        (HEADER + b"\xff" * 28, "a packet of"),
    ],
)
def test_that_a_malformed_recording_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.aedat").write_bytes(content)
    with pytest.raises(NetworkError, match=says):
        read_aedat3(tmp_path / "a.aedat")


def test_that_labels_cut_a_recording(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("class,startTime_usec,endTime_usec\n3,1000,2000\n1,2000,2500\n")
    pieces = read_cuts(tmp_path / "labels.csv")
    assert pieces == (Cut(2, 1000, 2000), Cut(0, 2000, 2500))

    ones = np.ones(4, np.int64)
    events = Events(np.array([999, 1000, 1999, 2000]), ones, ones, ones > 0)
    assert cut(events, pieces[0]).time_us.tolist() == [0, 999]


@pytest.mark.parametrize(
    ("row", "says"),
    [("0,1,2", "class 0"), ("1,5,5", "from 5 to 5"), ("1,5", "'1,5,None'"), ("1,x,2", "'1,x,2'"), ("1,-5,2", "'1,-5")],
)
def test_that_a_malformed_row_of_labels_is_refused(tmp_path: Path, row: str, says: str) -> None:
    (tmp_path / "labels.csv").write_text(f"class,startTime_usec,endTime_usec\n{row}\n")
    with pytest.raises(NetworkError, match=f"line 2: .*{says}"):
        read_cuts(tmp_path / "labels.csv")
