from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from s2studio.errors import NetworkError
from s2studio.network.stimulus.hdf5 import read_hdf5, read_labelled
from tests.network.stimulus.recordings import camera, write_tonic


def test_that_a_cached_recording_gives_events_and_label_back(tmp_path: Path) -> None:
    events = camera(1)
    found, label = read_labelled(write_tonic(tmp_path / "0_0.hdf5", events, 7))

    assert label == 7
    np.testing.assert_array_equal(found.time_us, events.time_us - events.time_us[0])
    for name in ("x", "y", "is_on"):
        np.testing.assert_array_equal(getattr(found, name), getattr(events, name))


def test_that_a_column_may_be_a_dataset_of_its_own(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, values in (("x", [1, 2]), ("y", [3, 4]), ("t", [10, 15]), ("p", [0, 1])):
            file[f"events/{name}"] = np.array(values, np.uint16)
    found = read_hdf5(tmp_path / "a.h5")
    assert [column.tolist() for column in found] == [[0, 5], [1, 2], [3, 4], [False, True]]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"x": np.array([-1, 1])}, "negative place"),
        ({"t": np.array([0.0, np.nan])}, "column 't' is float64"),
        ({"t": np.array([0, 1, 2])}, "columns of 3, 2, 2, 2 entries"),
        ({"p": np.zeros((2, 2))}, "column 'p' is float64"),
        ({"p": None}, "a table of events with the columns t, x, y, p is expected"),
    ],
)
def test_that_columns_without_a_meaning_are_refused(
    tmp_path: Path, changes: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None], says: str
) -> None:
    columns = {name: np.zeros(2, np.int64) for name in "xytp"} | changes
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, values in columns.items():
            if values is not None:
                file[f"events/{name}"] = values
    with pytest.raises(NetworkError, match=says):
        read_hdf5(tmp_path / "a.h5")


def test_that_lists_of_different_lengths_are_read_within_the_limit(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        rows = file.create_dataset("spikes/times", 3, h5py.vlen_dtype(np.float32))
        rows[0], rows[2] = np.zeros(5), np.ones(2)
    with pytest.raises(NetworkError, match="holds spikes, a table of events"):
        read_hdf5(tmp_path / "a.h5")
