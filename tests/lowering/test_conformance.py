"""Lowering of real networks against what was measured and published; the runs are plain NumPy, no simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.chip.spec import ChipSpec
from s2studio.lowering.lower import Lowered, lower
from s2studio.lowering.options import LoweringOptions
from s2studio.network.readers.nir import read_nir
from s2studio.snn.connectivity import ConvWeights, DenseWeights
from tests.lowering.models import Ticks, arriving, neurons, run

DIGIT = 4


def test_that_the_lif_neuron_traces_the_voltages_of_the_chip(conformance: Path, spec: ChipSpec) -> None:
    options = LoweringOptions(1e-4, "forward", "zero", "fixed:102.02")
    lowered = lower(read_nir(conformance / "lif/lif_norse.nir"), options, spec)
    spikes_in, voltages, _ = np.loadtxt(conformance / "lif/lif_spinnaker2.csv", delimiter=",").T
    # Row k has the spikes sent in tick k, which act in tick k + 1, and the voltage of that tick.
    sent = spikes_in.astype(np.float32)[:, None]

    part = lowered.network.spiking
    population = part.population("1")
    current = arriving(part.projections[0].connectivity, sent, 1)
    spikes, v_chip = neurons(population, np.pad(current, ((1, 0), (0, 0))))

    assert population.params["threshold"] == np.float32(255.05)
    assert part.projections[0].connectivity.weight.tolist() == [[102]]
    assert np.flatnonzero(spikes).tolist() == [461, 511, 711, 761]
    assert v_chip[1:, 0] / population.v_scale * 25 == pytest.approx(voltages, abs=1e-6)


@pytest.fixture(scope="module")
def cnn(conformance: Path, spec: ChipSpec) -> Lowered:
    """Return the N-MNIST network, lowered as it was on the chip."""
    return lower(read_nir(conformance / "nmnist/cnn_sinabs.nir"), LoweringOptions(1e-3, "forward", "zero"), spec)


def test_that_the_cnn_becomes_six_populations_of_8_bit_weights(cnn: Lowered) -> None:
    part = cnn.network.spiking
    kinds = {projection.post: (projection.pre, projection.connectivity.weight.shape) for projection in part.projections}

    assert [
        (population.name, population.model, population.shape or population.size) for population in part.populations
    ] == [
        ("input", "spike_list", (2, 34, 34)),
        ("1", "lif_conv2d", (16, 16, 16)),
        ("3", "lif_conv2d", (16, 16, 16)),
        ("6", "lif_conv2d", (8, 8, 8)),
        ("10", "lif_no_delay", 256),
        ("12", "lif_no_delay", 10),
    ]
    assert kinds == {
        "1": ("input", (16, 2, 5, 5)),
        "3": ("1", (16, 16, 3, 3)),
        "6": ("3", (8, 16, 3, 3)),
        "10": ("6", (512, 256)),
        "12": ("10", (256, 10)),
    }
    assert part.outputs == ("12",)
    assert all(report.largest_integer == 127 and report.clipped_share == 0 for report in cnn.report)
    assert all(report.snr_db is not None and report.snr_db > 25 for report in cnn.report)


def test_that_the_pools_of_the_cnn_fold_into_the_weights_behind_them(cnn: Lowered) -> None:
    by_target = {projection.post: projection.connectivity for projection in cnn.network.spiking.projections}
    convolution, dense = by_target["6"], by_target["10"]

    assert isinstance(convolution, ConvWeights)
    assert convolution.pool == (2, 2)
    assert convolution.source_shape == (16, 16, 16)
    assert isinstance(dense, DenseWeights)
    by_pixel = dense.weight.reshape(8, 4, 2, 4, 2, 256)
    assert np.array_equal(by_pixel[:, :, 0, :, 0], by_pixel[:, :, 1, :, 1])


def nmnist_recording(path: Path) -> Ticks:
    """Return the recording as (ms, pixels), one spike per pixel and bin."""
    events = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 5).astype(np.int64)
    x, y, polarity = events[:, 0], events[:, 1], events[:, 2] >> 7
    microseconds = ((events[:, 2] & 0x7F) << 16) | (events[:, 3] << 8) | events[:, 4]
    bins = microseconds // 1000
    frames = np.zeros((bins.max() + 1, 2, 34, 34), np.float32)
    frames[bins, polarity, y, x] = 1
    return frames.reshape(len(frames), -1)


def test_that_the_cnn_sees_the_digit_in_a_real_recording(conformance: Path, cnn: Lowered) -> None:
    recording = nmnist_recording(conformance / "nmnist/sample_nmnist.bin")

    spikes = run(cnn.network, {"input": recording}, len(recording) + 5)

    votes = spikes["12"].sum(axis=0)
    assert votes.argmax() == DIGIT
    assert 140 <= votes[DIGIT] <= 156
    assert np.delete(votes, DIGIT).max() <= 5
    assert sum(train.sum() for name, train in spikes.items() if name != "input") == pytest.approx(20_600, rel=0.01)


@pytest.mark.parametrize(
    ("file", "reset", "hidden"),
    [("braille_noDelay_bias_zero", "zero", 38), ("braille_noDelay_noBias_subtract", "subtract", 40)],
)
def test_that_the_recurrent_braille_networks_share_one_scale_in_their_loop(
    conformance: Path, spec: ChipSpec, file: str, reset: str, hidden: int
) -> None:
    network = read_nir(conformance / f"braille/{file}.nir")
    lowered = lower(network, LoweringOptions(1e-4, "forward", reset), spec)
    part = lowered.network.spiking
    loop = next(projection for projection in part.projections if projection.pre == projection.post)
    into_loop = [projection for projection in part.projections if projection.post == loop.post]

    assert [population.size for population in part.populations] == [12, hidden, 7]
    assert [population.model for population in part.populations][1:] == ["lif_curr_exp_no_delay"] * 2
    assert len(into_loop) == 2
    assert max(np.abs(projection.connectivity.weight.astype(int)).max() for projection in into_loop) == 127
    assert all(report.clipped_share == 0 for report in lowered.report)
