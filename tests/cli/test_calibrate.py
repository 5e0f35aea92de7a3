from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.chip.loader import load_chip
from s2studio.session.reader import open_session
from tests.conftest import REPOSITORY, Cli, CliJson
from tests.session.board_results import results_of, write_results

PROJECT = REPOSITORY / "sample_projects/lif_neuron/project.yaml"
FASTER = 0.95


@pytest.fixture
def simulated(cli_json: CliJson, tmp_path: Path) -> Path:
    cli_json("run", PROJECT, "-o", tmp_path / "sim.s2s")
    return tmp_path / "sim.s2s"


@pytest.fixture
def results(simulated: Path, tmp_path: Path) -> Path:
    """A board on which every cost is a twentieth less, read by a clock of 1 ns."""
    arrays = results_of(open_session(simulated).run())
    noise = np.random.default_rng(1).normal(0, 1e-9, arrays["time_done_s"].shape)
    arrays["time_done_s"] = arrays["time_done_s"] * FASTER + np.abs(noise)
    return write_results(tmp_path / "results.npz", arrays)


def test_that_a_measurement_narrows_every_interval(
    cli_json: CliJson, simulated: Path, results: Path, tmp_path: Path
) -> None:
    about = cli_json("calibrate", simulated, "--board", results, "-o", tmp_path / "mine.yaml")
    before, after = (about["time_done_max_s"][when] for when in ("before", "after"))

    assert about["contradicted"] == []
    assert after["pessimistic_s"] - after["low_s"] < before["pessimistic_s"] - before["low_s"]
    assert after["nominal_s"] == pytest.approx(FASTER * before["nominal_s"], rel=1e-2)
    spans = {row["key"]: (row["before"], row["after"]) for row in about["costs"]}
    low, high = spans["cycles.tick"][1]
    assert 379 < low < high < 382
    assert load_chip(tmp_path / "mine.yaml").quantities["cycles.tick"].range == (low, high)
    assert {row["key"] for row in about["left_out"]} >= {"throughput.synaptic_events_per_core"}


def test_that_people_are_told_before_and_after(cli: Cli, simulated: Path, results: Path, tmp_path: Path) -> None:
    printed = cli("calibrate", simulated, "--board", results, "-o", tmp_path / "mine.yaml")

    assert printed.exit_code == 0, printed.output
    for text in ("What each cost can be", "cycles.tick", "longest tick", "Published figures, each left out"):
        assert text in printed.output


def test_that_a_chip_file_that_exists_is_not_replaced(cli: Cli, simulated: Path, results: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("mine")

    assert cli("calibrate", simulated, "--board", results, "-o", tmp_path / "mine.yaml").exit_code == 2
    assert (tmp_path / "mine.yaml").read_text() == "mine"
