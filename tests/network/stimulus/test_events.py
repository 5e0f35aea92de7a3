from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.errors import NetworkError, UsageError
from s2studio.network.stimulus import EventOptions, Target, read_stimulus
from s2studio.network.stimulus.aedat4 import read_aedat4
from s2studio.network.stimulus.events import Events, binned
from s2studio.network.stimulus.prophesee import read_dat


def events(seed: int, count: int = 200) -> Events:
    random = np.random.default_rng(seed)
    time_us = np.sort(random.integers(0, 50_000, count))
    return Events(time_us, random.integers(0, 8, count), random.integers(0, 6, count), random.random(count) < 0.5)


@given(
    st.integers(0, 2**32),
    st.sampled_from(["two", "merged", "on"]),
    st.integers(1, 3),
    st.sampled_from([None, (0.0, 0.02), (0.0105, 0.04)]),
)
def test_that_spikes_are_the_events_that_were_asked_for(
    seed: int, polarity: Any, downsample: int, window: tuple[float, float] | None
) -> None:
    camera = events(seed)
    options = EventOptions(2e-3, window, polarity, downsample)
    shape = (options.channels, -(-6 // downsample), -(-8 // downsample))
    found = binned("camera", camera, shape, options)

    expected = set()
    start, stop = (0, 10**9) if window is None else (round(window[0] * 1e6), round(window[1] * 1e6))
    for time_us, x, y, is_on in zip(*(column.tolist() for column in camera), strict=True):
        if start <= time_us < stop and (is_on or polarity != "on"):
            channel = int(is_on) if polarity == "two" else 0
            neuron = (channel * shape[1] + y // downsample) * shape[2] + x // downsample
            expected.add(((time_us - start) // 2000, neuron))
    assert list(zip(found.step.tolist(), found.neuron.tolist(), strict=True)) == sorted(expected)


def test_that_an_event_outside_the_input_is_refused_with_what_helps() -> None:
    with pytest.raises(NetworkError, match=r"lie outside, the first at .* 4 x 6 pixels; see --downsample"):
        binned("camera", events(1), (2, 6, 4), EventOptions(1e-3))
    with pytest.raises(NetworkError, match=r"in 1 channel, .* not \(1, y, x\); see --polarity"):
        binned("camera", events(1), (2, 6, 8), EventOptions(1e-3, polarity="merged"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bin_s": 0.0}, "--bin"),
        ({"bin_s": float("nan")}, "--bin"),
        ({"window_s": (0.2, 0.1)}, "--window"),
        ({"window_s": (0.0, float("nan"))}, "--window"),
        ({"polarity": "off"}, "known are two, merged, on"),
        ({"downsample": 0}, "--downsample"),
    ],
)
def test_that_options_without_a_meaning_are_wrong_usage(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        EventOptions(**options)


def test_that_a_real_aedat4_recording_decodes_whole(conformance: Path) -> None:
    pytest.importorskip("aedat", reason="the package 'aedat' (extra 'events') is not installed")
    path = conformance / "events/sample.aedat4"
    camera = read_aedat4(path)

    assert len(camera.time_us) == 111_954
    assert camera.time_us.min() == 0
    assert camera.time_us.max() == pytest.approx(0.59e6, rel=0.02)
    assert (camera.x.max() < 320, camera.y.max() < 240) == (True, True)
    options = EventOptions(1e-3, polarity="merged", downsample=4)
    train = read_stimulus(path, {"x": Target(80 * 60, (1, 60, 80))}, options=options)["x"]
    assert train.steps in (590, 591, 592)


@pytest.mark.parametrize("content", [b"", b"#!AER-DAT4.0\r\nxx", b"\x00" * 100])
def test_that_what_is_no_aedat4_is_refused(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("aedat", reason="the package 'aedat' (extra 'events') is not installed")
    (tmp_path / "a.aedat4").write_bytes(content)
    with pytest.raises(NetworkError, match="cannot be read as AEDAT 4"):
        read_aedat4(tmp_path / "a.aedat4")


def dat(folder: Path, camera: Events, kind: bytes = b"\x0c\x08") -> Path:
    packed = camera.x | camera.y << 14 | camera.is_on.astype(np.int64) << 28
    words = np.stack([camera.time_us + 7, packed], axis=1).astype("<u4")
    (folder / "a.dat").write_bytes(b"% Version 2\n% Height 6\n% Width 8\n" + kind + words.tobytes())
    return folder / "a.dat"


def test_that_a_prophesee_recording_gives_its_events_back(tmp_path: Path) -> None:
    camera = events(3)
    found = read_dat(dat(tmp_path, camera))

    np.testing.assert_array_equal(found.time_us, camera.time_us - camera.time_us.min())
    for name in ("x", "y", "is_on"):
        np.testing.assert_array_equal(getattr(found, name), getattr(camera, name))


def test_that_a_malformed_prophesee_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="events of kind 0e08"):
        read_dat(dat(tmp_path, events(1), b"\x0e\x08"))
    path = dat(tmp_path, events(1))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(NetworkError, match="whole events of 8 B"):
        read_dat(path)
    path.write_bytes(b"% no end")
    with pytest.raises(NetworkError, match="a header without an end"):
        read_dat(path)


def test_that_options_of_recordings_do_not_belong_to_files_of_steps(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("neuron,step\n0,1\n")
    with pytest.raises(UsageError, match="holds steps, not events in time"):
        read_stimulus(tmp_path / "a.csv", {"x": Target(3, None)}, options=EventOptions(downsample=2))
