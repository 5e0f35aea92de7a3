"""The main job on real networks and recordings, through the command line, against silicon and papers."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CliJson = Callable[..., dict[str, Any]]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _export(cli: Callable[..., Any], session: str, folder: Path) -> Path:
    result = cli("export", session, "--format", "csv", "-o", folder)
    assert result.exit_code == 0, result.output
    return folder


def test_that_the_lif_recording_is_met_spike_for_spike_and_in_its_voltage(
    conformance: Path, cli: Callable[..., Any], cli_json: CliJson, tmp_path: Path
) -> None:
    recorded = np.loadtxt(conformance / "lif/lif_spinnaker2.csv", delimiter=",")
    stimulus = tmp_path / "input.csv"
    stimulus.write_text("neuron,step\n" + "".join(f"0,{step}\n" for step in np.flatnonzero(recorded[:, 0])))

    run = cli_json(
        *("run", conformance / "lif/lif_norse.nir", "--input", stimulus, "--steps", 1001, "-o", tmp_path / "lif.s2s"),
        *("--dt", "1e-4", "--integrator", "forward", "--reset", "zero", "--scale", "fixed:102.02"),
        *("--record", "1:spikes,v"),
    )
    tables = _export(cli, run["session"], tmp_path / "csv")

    spikes = [int(row["step"]) for row in _rows(tables / "spikes.csv") if row["population"] == "1"]
    voltage = np.array([float(row["v"]) for row in _rows(tables / "voltages.csv")])
    assert spikes == [461, 511, 711, 761]
    np.testing.assert_allclose(voltage[1:1001] * 25, recorded[:1000, 1], rtol=0, atol=1e-6)


DNF = """\
s2studio: network/1
name: dynamic neural field
populations:
  input: {size: 400, model: spike_list}
  field:
    size: 400
    model: lif_curr_exp
    params: {threshold: 10, alpha_decay: 0.8, exc_decay: 0.5, inh_decay: 0.2, reset: reset_by_subtraction, t_refrac: 0}
    record: [spikes]
  inhibition:
    size: 1
    model: lif
    params: {threshold: 5, alpha_decay: 1, i_offset: 3, v_reset: 0, reset: reset_to_v_reset}
projections:
  - {pre: input, post: field, weights: {rule: one_to_one, weight: 5}}
  - {pre: field, post: field, weights: {rule: npz, file: weights.npz, key: recurrent}}
  - {pre: inhibition, post: field, weights: {rule: all_to_all, weight: -4}}
"""


def test_that_the_chip_recording_of_a_neural_field_is_met_in_all_651_spikes(
    conformance: Path, cli: Callable[..., Any], cli_json: CliJson, tmp_path: Path
) -> None:
    (tmp_path / "field.yaml").write_text(DNF)
    (tmp_path / "weights.npz").write_bytes((conformance / "dnf/weights.npz").read_bytes())

    run = cli_json(
        *("run", tmp_path / "field.yaml", "--input", conformance / "dnf/input.csv", "--steps", 400),
        *("-o", tmp_path / "field.s2s"),
    )
    tables = _export(cli, run["session"], tmp_path / "csv")

    ours = Counter(
        (int(row["neuron"]), int(row["step"])) for row in _rows(tables / "spikes.csv") if row["population"] == "field"
    )
    recorded = Counter((int(row["neuron"]), int(row["step"])) for row in _rows(conformance / "dnf/recorded_spikes.csv"))
    assert len(recorded) == 651
    assert ours == recorded


@pytest.fixture(scope="module")
def digit(conformance: Path) -> tuple[object, ...]:
    return (
        *("run", conformance / "nmnist/cnn_sinabs.nir", "--input", conformance / "nmnist/sample_nmnist.bin"),
        *("--bin", "1e-3", "--dt", "1e-3", "--integrator", "forward", "--reset", "zero"),
    )


def test_that_the_digit_of_a_camera_recording_is_4_by_a_wide_margin_on_one_chip(
    digit: tuple[object, ...], cli_json: CliJson, tmp_path: Path
) -> None:
    run = cli_json(
        *(*digit, "-o", tmp_path / "digit.s2s"),
        *("--neurons-per-pe", "3=256", "--neurons-per-pe", "6=128", "--max-atoms-per-core", "10=16"),
    )

    counts = run["outputs"]["12"]
    pes = {row["name"]: row["pes"] for row in run["populations"]}
    assert int(np.argmax(counts)) == 4
    assert counts[4] > 100
    assert max(count for digit, count in enumerate(counts) if digit != 4) < counts[4] / 20
    assert (pes["3"], pes["6"], pes["10"]) == (16, 4, 16)
    assert run["pes_used"] <= 148


def test_that_spikes_do_not_depend_on_how_a_network_is_cut_and_routed(
    digit: tuple[object, ...], cli_json: CliJson, tmp_path: Path
) -> None:
    first = cli_json(*digit, "-o", tmp_path / "a.s2s")
    second = cli_json(*digit, "-o", tmp_path / "b.s2s", "--neurons-per-pe", "10=16", "--routing", "c2c")

    assert first["outputs"] == second["outputs"]
    assert [row["spikes"] for row in first["populations"]] == [row["spikes"] for row in second["populations"]]
