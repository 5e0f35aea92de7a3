"""Scripts as users write them, feature by feature, against hand computations and plain NumPy models."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from s2studio.chip.loader import load_chip
from s2studio.compat.names import CompatWarning
from tests.compat.conftest import Script

Float32 = NDArray[np.float32]
F = np.float32


def _raster(spikes: dict[int, Any], size: int, steps: int) -> NDArray[np.bool_]:
    raster = np.zeros((steps, size), np.bool_)
    for neuron, ticks in spikes.items():
        raster[np.asarray(ticks, int), neuron] = True
    return raster


def _lif(drive: NDArray[Any], threshold: Any, alpha: Any, offset: Any, subtracts: bool) -> tuple[Any, Float32]:
    """Return spikes and voltages, (ticks, neurons), of neurons that get `drive` in each tick."""
    steps, size = drive.shape
    v, fired, voltages = np.zeros(size, F), np.zeros((steps, size), np.bool_), np.zeros((steps, size), F)
    for t in range(steps):
        v = (F(1) * np.asarray(alpha, F)) * v + drive[t].astype(F) + np.asarray(offset, F)
        fired[t] = v >= np.asarray(threshold, F)
        v = np.where(fired[t], v - np.asarray(threshold, F) if subtracts else F(0), v).astype(F)
        voltages[t] = v
    return fired, voltages


def _ticks(fired: NDArray[np.bool_]) -> dict[int, list[int]]:
    return {neuron: np.flatnonzero(fired[:, neuron]).tolist() for neuron in range(fired.shape[1])}


def test_that_a_single_lif_neuron_does_what_a_pocket_calculator_says(script: Script) -> None:
    found = script("single_lif.py")

    # v halves in each tick; spikes at 1, 4, 9, 11 add 8 at 2, 5, 10, 12; it starts at 4.
    v = [2, 1, 8.5, 4.25, 2.125, 9.0625, 4.53125, 2.265625, 1.1328125, 0.56640625]
    v += [8.283203125, 4.1416015625, 10.07080078125 - 10, 0.035400390625]
    assert found["spike_times"] == {0: [12]}
    assert found["voltages"][0].tolist() == v
    assert (found["indices"].tolist(), found["times"].tolist()) == ([0], [12])
    assert all(type(tick) is int for tick in found["spike_times"][0])


def test_that_a_delay_field_of_d_acts_d_plus_one_ticks_later(script: Script) -> None:
    assert script("delays.py")["spikes"] == {d: [3 + 1 + d] for d in range(8)}


@pytest.mark.filterwarnings("ignore:SpiNNcloud48NodeBoard")
def test_that_exponential_currents_of_both_signs_agree_with_a_loop_in_single_precision(script: Script) -> None:
    found = script("curr_exp.py")

    spikes: dict[int, list[int]] = {0: [], 1: []}
    voltages = np.zeros((50, 2), F)
    v, excited, inhibited = np.zeros(2, F), np.zeros(2, F), np.zeros(2, F)
    for t in range(50):
        arrives = np.array([t - 2 in found["input_spikes"][0], t - 3 in found["input_spikes"][0]])
        excited = excited * F(0.5) + np.where(arrives, [2, 0], 0).astype(F)
        inhibited = inhibited * F(0.2) + np.where(arrives, [0, 3], 0).astype(F)
        v = F(0.9) * v + (excited - inhibited) + F(0.5)
        for neuron in np.flatnonzero(v >= 10):
            spikes[int(neuron)].append(t)
        v = np.where(v >= 10, F(-0.2), v)
        voltages[t] = v
    assert found["spike_times"] == spikes
    assert len(spikes[0]) > 1
    np.testing.assert_array_equal(np.stack([found["voltages"][0], found["voltages"][1]], axis=1), voltages)


def test_that_a_recurrent_network_of_float_weights_is_a_numpy_loop_over_rounded_ones(script: Script) -> None:
    with pytest.warns(CompatWarning) as told:
        found = script("recurrent.py")

    messages = [str(each.message).partition(": ")[2] for each in told]
    lost = np.count_nonzero(np.rint(found["w_in"]) == 0)
    assert messages[0] == f"1,200 of 1,200 weights rounded (nearest), {lost} of them to 0"
    assert messages[1] == "1 of 1,200 weights clipped to lif_no_delay's -127 to 127"
    w_in, w_rec = (np.clip(np.rint(found[name]), -127, 127) for name in ("w_in", "w_rec"))
    source = _raster(found["input_spikes"], 20, 80)
    params, fired = found["params"], np.zeros((80, 60), np.bool_)
    v, voltages = np.zeros(60, F), np.zeros((80, 60), F)
    for t in range(80):
        before = (source[t - 1] @ w_in + fired[t - 1] @ w_rec) if t else np.zeros(60)
        v = F(params["alpha_decay"]) * v + before.astype(F) + params["i_offset"].astype(F)
        fired[t] = v >= np.array(params["threshold"], F)
        v = np.where(fired[t], v - np.array(params["threshold"], F), v).astype(F)
        voltages[t] = v
    assert fired.sum() > 200
    assert found["spikes"] == _ticks(fired)
    np.testing.assert_array_equal(np.stack(list(found["voltages"].values()), axis=1), voltages)
    assert found["v_last_timestep"] == voltages[-1].tolist()


def test_that_poisson_sources_have_their_rate_and_a_relay_repeats_them_one_tick_later(script: Script) -> None:
    with pytest.warns(UserWarning, match="statistically, not spike for spike"):
        found = script("poisson.py")

    total = sum(found["counts"].values())
    # 20,000 draws with p = 0.1: mean 2,000, standard deviation 42.
    assert abs(total - 2000) < 5 * 42
    assert [found["other_counts"][neuron] for neuron in range(25)] == [0] * 25
    # 10,000 draws with p = 0.4: mean 4,000, standard deviation 49.
    assert abs(sum(found["other_counts"].values()) - 4000) < 5 * 49
    assert found["relayed"] == {
        neuron: [tick + 1 for tick in ticks if tick < 399] for neuron, ticks in found["first"].items()
    }


def _convolved(
    fired: NDArray[Any], weights: NDArray[Any], stride: tuple[int, int], pad: tuple[int, ...], pool: tuple[int, int]
) -> NDArray[Any]:
    """Return what a frame (channels, height, width) adds to each target, by the definition, pixel by pixel."""
    channels, height, width = fired.shape
    pooled = np.zeros((channels, height // pool[0], width // pool[1]))
    for y in range(pooled.shape[1] * pool[0]):
        for x in range(pooled.shape[2] * pool[1]):
            pooled[:, y // pool[0], x // pool[1]] += fired[:, y, x]
    padded = np.pad(pooled, ((0, 0), (pad[0], pad[1]), (pad[2], pad[3])))
    rows = (padded.shape[1] - weights.shape[2]) // stride[0] + 1
    columns = (padded.shape[2] - weights.shape[3]) // stride[1] + 1
    out = np.zeros((weights.shape[1], rows, columns))
    for y in range(rows):
        for x in range(columns):
            top, left = y * stride[0], x * stride[1]
            window = padded[:, top : top + weights.shape[2], left : left + weights.shape[3]]
            out[:, y, x] = np.einsum("ihw,iohw->o", window, weights)
    return out


def test_that_convolutions_with_stride_padding_and_pooling_are_those_of_the_definition(script: Script) -> None:
    found = script("conv2d.py")

    drive1 = np.zeros((12, 3 * 8 * 10))
    weights1, weights2 = found["weights1"].astype(float), found["weights2"].astype(float)
    for t in range(1, 12):
        drive1[t] = _convolved(found["frames"][t - 1], weights1, (1, 1), (1, 1, 1, 1), (1, 1)).reshape(-1)
    fired1, _ = _lif(drive1, 100, 0.5, 0, True)
    drive2 = np.zeros((12, 2 * 4 * 2))
    for t in range(1, 12):
        before = fired1[t - 1].reshape(3, 8, 10)
        drive2[t] = _convolved(before, weights2, (1, 2), (0, 1, 1, 0), (2, 2)).reshape(-1)
    fired2, voltages2 = _lif(drive2, 100, 0.5, 0, True)
    assert fired1.sum() > 100
    assert fired2.sum() > 10
    assert found["spikes1"] == _ticks(fired1)
    assert found["spikes2"] == _ticks(fired2)
    np.testing.assert_array_equal(np.stack(list(found["voltages2"].values()), axis=1), voltages2)


def test_that_runs_start_afresh_and_networks_do_not_know_each_other(script: Script, tmp_path: Path) -> None:
    from s2studio.session.reader import open_session

    found = script("multi_run.py", session=tmp_path / "curve.s2s")

    # Two spikes in make one out; 40, 20 and 10 spikes in.
    assert found["curve"] == [20, 10, 5]
    assert found["last"] == [0.0, 0.0, 0.0]
    # With 10 more in every tick it spikes in each of them, and no tick holds two spikes.
    assert found["with_bias"] == 41
    assert found["of_other"] == {neuron: [3, 7] for neuron in range(3)}
    session = open_session(tmp_path / "curve.s2s")
    assert session.state == "complete"
    assert [run.about.network for run in session.runs] == ["curve"] * 4 + ["network"]
    assert [run.summary()["populations"][-1]["spikes"] for run in session.runs] == [20, 10, 5, 41, 6]


def test_that_time_done_is_a_share_of_the_tick_that_follows_from_the_counts(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    found = script("time_done.py")

    spec = load_chip("spinnaker2")
    costs, clock = spec.cycles, spec.levels["low"].clock_hz
    # 4 sources spike in tick 2 and 6 in tick 5: so many packets wait one tick later, for each of the two PEs.
    packets: NDArray[np.float64] = np.zeros(10)
    packets[3], packets[6] = 4, 6
    pes = list(found["n_packets"])
    assert pes == ["PE(7, 6, 1)", "PE(7, 6, 2)"]
    for pe, neurons_with_synapses in zip(pes, (10, 5), strict=True):
        assert found["n_packets"][pe].tolist() == packets.tolist()
        cycles: Any = costs.tick + 10 * spec.models["lif"].cycles_per_neuron + 10 * costs.voltage_record
        cycles += packets * costs.packet + packets * neurons_with_synapses * costs.synaptic_event
        np.testing.assert_allclose(found["time_done"][pe], cycles / clock / 2e-3, rtol=1e-12)
        assert found["time_done"][pe].shape == (10,)
    assert found["largest"] == max(found["time_done"][pes[0]]) * 2e-3
    assert [record.message.split(" ")[3] for record in caplog.records] == ["stim[0:6],", "pop[0:10],", "pop[10:20],"]


@pytest.mark.filterwarnings("ignore:no |.*is taken")
def test_that_each_model_runs_at_the_level_that_its_application_says(script: Script, tmp_path: Path) -> None:
    from s2studio.session.reader import open_session

    found = script("levels.py", session=tmp_path / "levels.s2s")

    spec = load_chip("spinnaker2")
    costs, low, high = spec.cycles, spec.levels["low"].clock_hz, spec.levels["high"].clock_hz
    packets = np.array([0, 0, 1, 0, 3, 0])
    assert found["packets"].tolist() == packets.tolist()
    work = costs.tick + packets * (costs.packet + 4 * costs.synaptic_event)
    of_auto = work + 4 * spec.models["lif"].cycles_per_neuron
    of_high = work + 4 * spec.models["lif_curr_exp"].cycles_per_neuron
    change_s = spec.switch_time_s
    auto_s = np.where(packets >= 2, of_auto / high + change_s, of_auto / low)
    np.testing.assert_allclose(found["auto_time"], auto_s / 1e-3, rtol=1e-12)
    np.testing.assert_allclose(found["high_time"], (of_high / high + change_s) / 1e-3, rtol=1e-12)
    # The source is low in all 6 ticks, `auto` in 5, `high` in none.
    (run,) = open_session(tmp_path / "levels.s2s").runs
    assert run.summary()["pe_ticks_by_level"] == {"low": 11, "high": 7}


def test_that_weights_and_delays_are_rounded_and_clipped_with_a_count(script: Script) -> None:
    with pytest.warns(CompatWarning) as told:
        found = script("quantised.py")

    assert found["v_delayed"] == [3.0, 3.0, 15.0, 0.0]
    assert found["v_wide"] == [126.0, -127.0, -127.0, 7.0]
    texts = {str(warning.message) for warning in told}
    assert texts == {
        "projection 'stim' -> 'delayed': 3 of 4 weights rounded (nearest), 1 of them to 0",
        "projection 'stim' -> 'delayed': 1 of 4 weights clipped to lif's -15 to 15",
        "projection 'stim' -> 'delayed': 1 of 4 delays clipped to lif's 0 to 7",
        "projection 'stim' -> 'wide': 1 of 4 weights rounded (nearest)",
        "projection 'stim' -> 'wide': 1 of 4 weights clipped to lif_no_delay's -127 to 127",
        "projection 'stim' -> 'wide': 1 of 4 delays dropped: lif_no_delay has no delay field",
    }
    assert {Path(warning.filename).name for warning in told} == {"quantised.py"}


def test_that_truncation_cuts_toward_zero(script: Script) -> None:
    with pytest.warns(CompatWarning) as told:
        found = script("quantised.py", rounding="truncate")

    assert "projection 'stim' -> 'wide': 1 of 4 weights rounded (truncate)" in [str(each.message) for each in told]
    assert found["v_delayed"] == [3.0, 2.0, 15.0, 0.0]
    assert found["v_wide"] == [126.0, -127.0, -127.0, 7.0]


def test_that_the_lif_network_of_nir_spikes_as_the_recording_of_the_chip(script: Script, conformance: Path) -> None:
    found = script("nir_lif.py", conformance / "lif")

    assert found["spike_times"] == {0: [461, 511, 711, 761]}
    assert found["threshold"] == pytest.approx(255.05, rel=1e-6)
    # The recording drops the first sample; its voltages are those of weights before they were scaled by hand.
    np.testing.assert_allclose(found["voltages"][0][1:] / 102.02, found["recorded"][:, 1], rtol=0, atol=1e-6)
    assert found["v_scale"].tolist() == pytest.approx([25.0])


@pytest.mark.parametrize(
    ("file", "reset", "backend"),
    [("braille_noDelay_bias_zero", "zero", "S2"), ("braille_noDelay_noBias_subtract", "subtract", "brian2")],
)
@pytest.mark.filterwarnings("ignore:Brian2Backend", "ignore:from_nir")
def test_that_braille_networks_run_sample_after_sample_as_a_numpy_loop(
    script: Script, conformance: Path, file: str, reset: str, backend: str
) -> None:
    found = script("nir_braille.py", conformance / f"braille/{file}.nir", reset, backend)

    sizes = {name: len(params["threshold"]) for name, params in found["params"].items()}
    matrices = {
        ends: (projection.synapses, (projection.pre.size, projection.post.size))
        for ends, projection in found["weights"].items()
    }
    dense = {}
    for ends, (synapses, shape) in matrices.items():
        dense[ends] = np.zeros(shape)
        dense[ends][synapses.pre, synapses.post] = synapses.weight
        assert np.abs(dense[ends]).max() <= 127
    assert set(dense) == {("input", "lif1.lif"), ("lif1.lif", "lif1.lif"), ("lif1.lif", "lif2")}
    for sample, result in zip(found["samples"], found["results"], strict=True):
        expected = _curr_exp_network(sample.T, dense, found["params"], sizes, reset == "subtract")
        for name in ("lif1.lif", "lif2"):
            fired, voltages = expected[name]
            assert result[name][0] == _ticks(fired)
            np.testing.assert_array_equal(np.stack(list(result[name][1].values()), axis=1), voltages)
    assert sum(len(ticks) for result in found["results"] for ticks in result["lif1.lif"][0].values()) > 50


def _curr_exp_network(
    source: NDArray[np.bool_], weights: dict[Any, Any], params: dict[str, Any], sizes: dict[str, int], subtracts: bool
) -> dict[str, tuple[NDArray[np.bool_], Float32]]:
    steps = len(source)
    fired = {name: np.zeros((steps, size), np.bool_) for name, size in sizes.items()} | {"input": source}
    voltages = {name: np.zeros((steps, size), F) for name, size in sizes.items()}
    state = {name: [np.zeros(size, F) for _ in range(3)] for name, size in sizes.items()}
    for t in range(steps):
        for name, size in sizes.items():
            of: dict[str, Any] = {
                key: value if isinstance(value, str) else np.asarray(value, F) for key, value in params[name].items()
            }
            v, excited, inhibited = state[name]
            plus = minus = np.zeros(size)
            for (pre, post), matrix in weights.items():
                if post == name and t:
                    plus = plus + fired[pre][t - 1] @ np.maximum(matrix, 0)
                    minus = minus + fired[pre][t - 1] @ np.maximum(-matrix, 0)
            excited = excited * of["exc_decay"] + plus.astype(F)
            inhibited = inhibited * of["inh_decay"] + minus.astype(F)
            v = of["alpha_decay"] * v + (excited - inhibited) + of["i_offset"]
            fired[name][t] = v >= of["threshold"]
            back = v - of["threshold"] if subtracts else np.broadcast_to(of.get("v_reset", F(0)), v.shape)
            v = np.where(fired[name][t], back, v).astype(F)
            voltages[name][t], state[name] = v, [v, excited, inhibited]
    return {name: (fired[name], voltages[name]) for name in sizes}


def test_that_the_camera_network_of_nir_says_4_with_everything_patched(
    script: Script, conformance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = script("nir_cnn.py", conformance / "nmnist/cnn_sinabs.nir", conformance / "nmnist/sample_nmnist.bin")

    assert found["prediction"] == 4
    assert found["spike_counts"][4] > 100
    assert sorted(found["spike_counts"])[-2] < 10
    # Populations stand in the order of the graph's nodes, projections in that of its edges.
    assert found["names"] == ["1", "10", "12", "3", "6", "input"]
    assert [row[0] for row in found["projections"]].count("Conv2DProjection") == 3
    per_pe = {name: len(pes) for name, pes in found["time_done"].items()}
    assert (per_pe["3"], per_pe["6"], per_pe["10"]) == (16, 8, 32)
    steps = found["timesteps"]
    assert all(packets.shape == (steps,) for of in found["n_packets"].values() for packets in of.values())
    assert all(0 < times.max() < 1 for of in found["time_done"].values() for times in of.values())
    assert "0: Conv2d (2, 34, 34) -> (16, 16, 16), to 1" in capsys.readouterr().out


def test_that_the_chip_recording_of_a_neural_field_is_met_in_all_651_spikes(script: Script, conformance: Path) -> None:
    found = script("neural_field.py", conformance / "dnf")

    with (conformance / "dnf/recorded_spikes.csv").open(newline="") as file:
        recorded = sorted((int(row["neuron"]), int(row["step"])) for row in csv.DictReader(file))
    assert len(recorded) == 651
    assert sorted(zip(found["indices"].tolist(), found["times"].tolist(), strict=True)) == recorded
