from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.errors import NetworkError, S2StudioError, UsageError
from s2studio.network.stimulus import Target, poisson_stimulus, read_stimulus

ONE = {"input": Target(5, None)}
TWO = {"left": Target(5, None), "right": Target(3, None)}


def write(folder: Path, text: str, name: str = "input.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_that_csv_spikes_are_sorted_and_repeats_merged(tmp_path: Path) -> None:
    train = read_stimulus(write(tmp_path, "neuron,step\n4,7\n1,7\n4,7\n0,2\n"), ONE)["input"]

    assert train.step.tolist() == [2, 7, 7]
    assert train.neuron.tolist() == [0, 1, 4]


def test_that_columns_may_stand_in_any_order_and_with_windows_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeffstep,population,neuron\r\n3,left,1\r\n4,"right",2\r\n')
    stimulus = read_stimulus(path, TWO)

    assert stimulus["left"].step.tolist() == [3]
    assert stimulus["right"].neuron.tolist() == [2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("4,7\n", "line 1: the header '4,7', 'neuron,step' or"),
        ("", "line 1: the header ''"),
        ("neuron,step\n4\n", "line 2: 1 fields, 2 are expected"),
        ("neuron,step\n0,1\n\n4,x\n", "line 4: step is 'x', a whole number"),
        ("neuron,step\n0,1.5\n", "line 2: step is '1.5'"),
        ("neuron,step\n0,99999999999999999999\n", "line 2: step is '99999999999999999999'"),
        ("neuron,step\n0,1\n5,1\n", "line 3: neuron 5, neurons of 'input' are 0 to 4"),
        ("neuron,step\n0,-1\n", "line 2: step -1, steps are 0 to"),
        ("neuron,step\n0,3000000000\n", "line 2: step 3000000000"),
        ("population,neuron,step\ninptu,0,1\n", "line 2: no input 'inptu'; did you mean 'input'"),
        ('neuron,step\n"0,1\n', "cannot be read as CSV"),
    ],
)
def test_that_a_malformed_csv_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(NetworkError, match=says):
        read_stimulus(write(tmp_path, text), ONE)


def test_that_a_file_that_names_no_population_needs_one_where_there_are_two(tmp_path: Path) -> None:
    path = write(tmp_path, "neuron,step\n1,2\n")
    with pytest.raises(UsageError, match=r"2 inputs: left, right; say which: --input left=input\.csv"):
        read_stimulus(path, TWO)
    assert list(read_stimulus(path, TWO, "right")) == ["right"]
    with pytest.raises(UsageError, match="no input 'rigth'; did you mean 'right'"):
        read_stimulus(path, TWO, "rigth")


@given(st.integers(0, 2**32), st.sampled_from(["bool", "uint8", "float32"]))
def test_that_all_formats_of_steps_hold_the_same_spikes(
    tmp_path_factory: pytest.TempPathFactory, seed: int, dtype: str
) -> None:
    folder = tmp_path_factory.mktemp("formats")
    spikes = np.random.default_rng(seed).random((9, 2, 2, 3)) < 0.3
    step, neuron = np.nonzero(spikes.reshape(9, -1))
    np.save(folder / "a.npy", spikes.astype(dtype))
    np.savez(folder / "b.npz", neuron=neuron, step=step)
    write(folder, "neuron,step\n" + "".join(f"{n},{s}\n" for n, s in zip(neuron, step, strict=True)), "c.csv")
    trains = [read_stimulus(folder / name, {"x": Target(12, (2, 2, 3))})["x"] for name in ("a.npy", "b.npz", "c.csv")]

    for train in trains:
        np.testing.assert_array_equal(train.step, step)
        np.testing.assert_array_equal(train.neuron, neuron)


def test_that_npz_columns_may_name_populations(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", neuron=[0, 1], step=[3, 4], population=["left", "right"])
    stimulus = read_stimulus(tmp_path / "a.npz", TWO)

    assert (stimulus["left"].step.tolist(), stimulus["right"].neuron.tolist()) == ([3], [1])


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.csv", "a.bin"])
@given(content=st.binary(max_size=300))
def test_that_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(content)
    bins = 1e-3 if name == "a.bin" else None
    with contextlib.suppress(S2StudioError):
        read_stimulus(path, {"x": Target(2 * 34 * 34, (2, 34, 34))}, bin_s=bins)


@pytest.mark.parametrize(
    ("shape", "target"),
    [
        ((7, 5), Target(5, None)),
        ((7, 5), Target(5, (1, 1, 5))),
        ((7, 1, 5), Target(5, None)),
        ((0, 5), Target(5, None)),
    ],
)
def test_that_an_array_drives_the_population_of_its_shape(
    tmp_path: Path, shape: tuple[int, ...], target: Target
) -> None:
    np.save(tmp_path / "a.npy", np.ones(shape))
    assert len(read_stimulus(tmp_path / "a.npy", {"x": target})["x"].step) == np.prod(shape)


@pytest.mark.parametrize(
    ("shape", "target", "says"),
    [
        ((7, 4), Target(5, None), r"steps of the shape \(4,\), 'x' has 5 neurons"),
        ((7, 2, 3, 4), Target(24, (2, 4, 3)), r"steps of the shape \(2, 3, 4\), 'x' has the shape \(2, 4, 3\)"),
    ],
)
def test_that_an_array_of_another_shape_is_refused(
    tmp_path: Path, shape: tuple[int, ...], target: Target, says: str
) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape))
    with pytest.raises(NetworkError, match=says):
        read_stimulus(tmp_path / "a.npy", {"x": target})


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7), packed=st.booleans())
def test_that_a_damaged_archive_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "a.npz"
    (np.savez_compressed if packed else np.savez)(path, neuron=[0, 1], step=[3, 4], population=[b"left", b"right"])
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    with contextlib.suppress(NetworkError):
        read_stimulus(path, TWO)


def test_that_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "a.npz", neuron=np.array([print], dtype=object), step=[0])
    for name in ("a.npy", "a.npz"):
        with pytest.raises(NetworkError, match="cannot be read"):
            read_stimulus(tmp_path / name, ONE)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"neuron": [0]}, "no column 'step'"),
        ({"neuron": [0], "step": [1.5]}, "column 'step' is float64"),
        ({"neuron": [0, 1], "step": [1]}, "columns of 2 and 1"),
        ({"neuron": [9], "step": [1]}, "neuron 9, neurons of 'input' are 0 to 4"),
    ],
)
def test_that_malformed_npz_columns_are_refused(tmp_path: Path, columns: dict[str, list[float]], says: str) -> None:
    arrays: dict[str, Any] = {name: np.array(values) for name, values in columns.items()}
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(NetworkError, match=says):
        read_stimulus(tmp_path / "a.npz", ONE)


def event(x: int, y: int, polarity: int, microseconds: int) -> bytes:
    return bytes([x, y, polarity << 7 | microseconds >> 16, microseconds >> 8 & 0xFF, microseconds & 0xFF])


def test_that_an_event_recording_gives_one_spike_per_pixel_and_bin(tmp_path: Path) -> None:
    events = [(1, 2, 1, 1500), (1, 2, 1, 1999), (1, 2, 0, 1600), (3, 0, 1, 2000), (0, 3, 0, 2**23 - 1)]
    (tmp_path / "a.bin").write_bytes(b"".join(event(*entry) for entry in events))
    train = read_stimulus(tmp_path / "a.bin", {"x": Target(2 * 4 * 5, (2, 4, 5))}, bin_s=1e-3)["x"]

    found = list(zip(train.step.tolist(), train.neuron.tolist(), strict=True))
    assert found == [(1, 2 * 5 + 1), (1, (4 + 2) * 5 + 1), (2, 4 * 5 + 3), (8388, 3 * 5)]


def test_that_a_real_recording_has_all_its_events(conformance: Path) -> None:
    """Its bytes decoded here once more, one event after the other."""
    path = conformance / "nmnist/sample_nmnist.bin"
    raw = path.read_bytes()
    expected = set()
    for k in range(0, len(raw), 5):
        x, y, rest = raw[k], raw[k + 1], int.from_bytes(raw[k + 2 : k + 5], "big")
        expected.add(((rest & 0x7FFFFF) // 1000, ((rest >> 23) * 34 + y) * 34 + x))
    train = read_stimulus(path, {"x": Target(2 * 34 * 34, (2, 34, 34))}, bin_s=1e-3)["x"]

    assert len(raw) == 5 * 4325
    assert set(zip(train.step.tolist(), train.neuron.tolist(), strict=True)) == expected
    assert len(train.step) == len(expected)


def test_that_a_recording_needs_a_bin_and_an_input_with_two_polarities(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(event(9, 0, 0, 0))
    with pytest.raises(UsageError, match="--bin: 0 s, a positive time is expected"):
        read_stimulus(tmp_path / "a.bin", ONE, bin_s=0)
    with pytest.raises(UsageError, match="add --bin"):
        read_stimulus(tmp_path / "a.bin", ONE)
    with pytest.raises(NetworkError, match="the input has the shape None"):
        read_stimulus(tmp_path / "a.bin", ONE, bin_s=1e-3)
    with pytest.raises(NetworkError, match=r"1 of 1 events lie outside, the first at \(9, 0\), the input is 5 x 4"):
        read_stimulus(tmp_path / "a.bin", {"x": Target(40, (2, 4, 5))}, bin_s=1e-3)


def test_that_files_of_other_kinds_are_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no such file"):
        read_stimulus(tmp_path / "none.csv", ONE)
    with pytest.raises(NetworkError, match=r"'.txt', stimuli are .csv, .npy, .npz, .bin"):
        read_stimulus(write(tmp_path, "", "a.txt"), ONE)
    with pytest.raises(UsageError, match="no input population"):
        read_stimulus(write(tmp_path, "neuron,step\n"), {})
    with pytest.raises(UsageError, match="--bin"):
        read_stimulus(write(tmp_path, "neuron,step\n"), ONE, bin_s=1e-3)


def test_that_a_poisson_stimulus_has_its_rate_and_begins_alike_however_long_it_is() -> None:
    long, short = (poisson_stimulus("x", 300, 50.0, 1e-3, steps, 7)["x"] for steps in (1000, 400))
    other = poisson_stimulus("x", 300, 50.0, 1e-3, 1000, 8)["x"]

    assert abs(len(long.step) / 15000 - 1) < 0.035  # four standard errors
    np.testing.assert_array_equal(long.between(0, 400).neuron, short.neuron)
    assert not np.array_equal(other.neuron[:1000], long.neuron[:1000])
    with pytest.raises(UsageError, match=r"a rate of 2000 Hz, at steps of 0\.001 s it is 0 to 1000 Hz"):
        poisson_stimulus("x", 3, 2000.0, 1e-3, 10, 0)


def test_that_steps_of_a_poisson_stimulus_share_no_random_numbers() -> None:
    train = poisson_stimulus("x", 64, 500.0, 1e-3, 200, 0)["x"]
    dense = np.zeros((200, 64), bool)
    dense[train.step, train.neuron] = True

    for shift in range(1, 9):
        same = (dense[:-1, shift:] == dense[1:, :-shift]).mean()
        assert 0.45 < same < 0.55


def test_that_an_array_whose_header_is_never_closed_is_refused(tmp_path: Path) -> None:
    # Found by tests/fuzz: NumPy's repair of old headers raises tokenize.TokenError.
    np.save(tmp_path / "s.npy", np.zeros((3, 4), np.uint8))
    content = (tmp_path / "s.npy").read_bytes()
    (tmp_path / "s.npy").write_bytes(content.replace(b"'shape'", b"#shape'"))
    with pytest.raises(NetworkError, match=r"cannot be read as \.npy"):
        read_stimulus(tmp_path / "s.npy", {"in": Target(4, None)})
