from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from s2studio.app.dataset import labels_of, read_dataset
from s2studio.errors import NetworkError, UsageError
from s2studio.network.stimulus import Target
from tests.conftest import CliJson
from tests.network.stimulus.recordings import camera, packet, write_aedat3, write_tonic

CAMERA = {"in": Target(2 * 6 * 8, (2, 6, 8))}
FLAT = {"in": Target(4, None)}


def spikes_of(sample: Any) -> list[tuple[int, int]]:
    train = sample.read()["in"]
    return list(zip(train.step.tolist(), train.neuron.tolist(), strict=True))


def test_that_a_recording_with_labels_is_as_many_samples_as_it_has_rows(tmp_path: Path) -> None:
    events = camera(1, 300, start_us=5_000_000)
    write_aedat3(tmp_path / "user01.aedat", [packet(events)])
    rows = "4,5000000,5010000\n11,5020000,5050000\n"
    (tmp_path / "user01_labels.csv").write_text(f"class,startTime_usec,endTime_usec\n{rows}")
    write_aedat3(tmp_path / "whole.aedat", [packet(events)])
    samples = read_dataset(tmp_path, CAMERA, 1e-3)

    assert [sample.name for sample in samples] == ["user01.aedat[0]", "user01.aedat[1]", "whole.aedat"]
    assert labels_of(samples).tolist() == [3, 10, -1]
    chosen = events.where(events.time_us < 5_010_000)
    neuron = (chosen.is_on * 6 + chosen.y) * 8 + chosen.x
    expected = set(zip(((chosen.time_us - 5_000_000) // 1000).tolist(), neuron.tolist(), strict=True))
    assert set(spikes_of(samples[0])) == expected
    with pytest.raises(UsageError, match="needs the length of a bin"):
        read_dataset(tmp_path, CAMERA)


def test_that_a_cached_recording_brings_its_label(tmp_path: Path) -> None:
    for number in range(2):
        write_tonic(tmp_path / f"{number}_0.hdf5", camera(number), 5 + number)
    assert labels_of(read_dataset(tmp_path, CAMERA, 1e-3)).tolist() == [5, 6]


@pytest.fixture
def dense() -> NDArray[np.uint8]:
    return (np.random.default_rng(0).random((5, 7, 4)) < 0.4).astype(np.uint8)


@pytest.mark.parametrize("kind", ["dense", "sparse", "npy"])
def test_that_an_archive_holds_all_samples(tmp_path: Path, dense: NDArray[np.uint8], kind: str) -> None:
    labels = np.array([0, 1, 0, 1, 2])
    path = tmp_path / ("data.npy" if kind == "npy" else "data.npz")
    if kind == "npy":
        np.save(path, dense)
        np.save(tmp_path / "labels.npy", labels)
    elif kind == "dense":
        np.savez_compressed(path, spikes=dense, labels=labels)
    else:
        sample, step, neuron = np.nonzero(dense)
        order = np.random.default_rng(1).permutation(len(sample))
        np.savez(path, sample=sample[order], step=step[order], neuron=neuron[order], labels=labels)
    samples = read_dataset(path, FLAT, labels=tmp_path / "labels.npy" if kind == "npy" else None)

    assert [sample.name for sample in samples] == [f"{path.name}[{number}]" for number in range(5)]
    assert labels_of(samples).tolist() == labels.tolist()
    for number, one in enumerate(samples):
        assert spikes_of(one) == [(int(step), int(neuron)) for step, neuron in np.argwhere(dense[number])]


def test_that_labels_of_an_archive_may_be_a_csv(tmp_path: Path, dense: NDArray[np.uint8]) -> None:
    np.savez(tmp_path / "data.npz", spikes=dense)
    (tmp_path / "l.csv").write_text("file,label\ndata.npz[3],9\n")
    samples = read_dataset(tmp_path / "data.npz", FLAT, labels=tmp_path / "l.csv")
    assert labels_of(samples).tolist() == [-1, -1, -1, 9, -1]
    (tmp_path / "l.csv").write_text("file,label\ndata.npz[7],9\n")
    with pytest.raises(NetworkError, match=r"a label for 'data\.npz\[7\]'"):
        read_dataset(tmp_path / "data.npz", FLAT, labels=tmp_path / "l.csv")


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x": [1]}, "holds x, 'spikes'"),
        ({"spikes": np.zeros((3, 4))}, "numbers of .samples, steps, neurons"),
        ({"spikes": np.zeros((3, 4, 4)), "labels": [1, 2]}, "2 labels, there are 3 samples"),
        ({"spikes": np.zeros((1, 4, 4)), "labels": [-1]}, "'labels' is int64"),
        ({"sample": [0, 1], "step": [0, 1], "neuron": [0]}, "columns of 2, 2 and 1 entries"),
        ({"sample": [10**13], "step": [0], "neuron": [0]}, "a spike of sample 10000000000000"),
        ({"sample": [3], "step": [0], "neuron": [0], "labels": [1]}, "a spike of sample 3, there are at most 1"),
        ({"sample": [0.5], "step": [0], "neuron": [0]}, "'sample' is float64"),
    ],
)
def test_that_a_malformed_archive_is_refused(tmp_path: Path, arrays: dict[str, Any], says: str) -> None:
    np.savez(tmp_path / "data.npz", allow_pickle=False, **arrays)
    with pytest.raises(NetworkError, match=says):
        read_dataset(tmp_path / "data.npz", FLAT)


def test_that_evaluate_takes_an_archive(cli_json: CliJson, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "s2studio: network/1\ndt: 0.001\npopulations:\n  in: {model: spike_list, size: 4}\n"
        "  out: {model: lif, size: 2, params: {threshold: 20.0, alpha_decay: 0.9}}\nprojections:\n  - pre: in\n"
        "    post: out\n    weights: {rule: list, connections: [[0, 0, 15], [1, 0, 15], [2, 1, 15], [3, 1, 15]]}\n"
    )
    data = np.zeros((6, 12, 4), np.uint8)
    data[::2, :, :2] = data[1::2, :, 2:] = 1
    np.savez(tmp_path / "data.npz", spikes=data, labels=np.arange(6) % 2)
    found = cli_json("evaluate", tmp_path / "net.yaml", "--data", tmp_path / "data.npz")
    assert (found["samples"], found["accuracy"]) == (6, 1.0)
