from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.session.reader import open_session
from tests.conftest import REPOSITORY, Cli, CliJson
from tests.session.board_results import results_of, write_results

PROJECT = REPOSITORY / "sample_projects/lif_neuron/project.yaml"


@pytest.fixture
def results(cli_json: CliJson, tmp_path: Path) -> Path:
    cli_json("run", PROJECT, "-o", tmp_path / "sim.s2s")
    return write_results(tmp_path / "results.npz", results_of(open_session(tmp_path / "sim.s2s").run()))


def test_that_a_measured_session_compares_with_its_simulation(cli: Cli, results: Path, tmp_path: Path) -> None:
    shown = cli("import", results, "--session", tmp_path / "sim.s2s", "-o", tmp_path / "board.s2s")
    assert shown.exit_code == 0, shown.output
    assert "measured on a board" in shown.stdout

    compared = cli("compare", tmp_path / "sim.s2s", tmp_path / "board.s2s", "--fail-if", "spikes")
    assert compared.exit_code == 0
    assert "measured on a board" in compared.stdout


def test_that_a_model_and_a_mapping_stand_for_the_session(cli_json: CliJson, results: Path, tmp_path: Path) -> None:
    cli_json("map", PROJECT, "-o", tmp_path / "m.yaml")
    options = ("--model", PROJECT, "--mapping", tmp_path / "m.yaml")
    summary = cli_json("import", results, *options, "-o", tmp_path / "a.s2s")
    other = cli_json("import", results, "--session", tmp_path / "sim.s2s", "-o", tmp_path / "b.s2s")

    sessions = {"session": ""}
    assert summary | sessions == other | sessions


def test_that_a_measured_session_exports_as_a_script(cli: Cli, results: Path, tmp_path: Path) -> None:
    assert cli("import", results, "--session", tmp_path / "sim.s2s", "-o", tmp_path / "b.s2s").exit_code == 0
    result = cli("export", tmp_path / "b.s2s", "--format", "spinnaker2", "-o", tmp_path / "script")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "script/run_on_board.py").is_file()


def test_that_import_is_told_what_the_board_ran(cli: Cli, results: Path, tmp_path: Path) -> None:
    out = ("-o", tmp_path / "x.s2s")
    assert cli("import", results, *out).exit_code == 2
    assert cli("import", results, *out, "--session", tmp_path / "sim.s2s", "--dt", "1e-3").exit_code == 2
    assert cli("import", results, *out, "--session", tmp_path).exit_code == 1
    assert not (tmp_path / "x.s2s").exists()


def test_that_cycle_costs_are_fitted_and_kept(cli: Cli, cli_json: CliJson, results: Path, tmp_path: Path) -> None:
    sessions = (tmp_path / "sim.s2s", tmp_path / "board.s2s")
    assert cli("import", results, "--session", sessions[0], "-o", sessions[1]).exit_code == 0
    shown = cli("compare", *sessions, "--fit", tmp_path / "mine.yaml")
    assert shown.exit_code == 0, shown.output
    assert "Cycle costs, fitted to 1,200 PE ticks" in shown.stdout
    assert cli("compare", *sessions, "--fit", tmp_path / "mine.yaml").exit_code == 2

    again = cli_json("run", PROJECT, "--chip", tmp_path / "mine.yaml", "-o", tmp_path / "again.s2s")
    assert again["chip"] == "mine"
    fit = cli_json("compare", *reversed(sessions), "--fit", tmp_path / "other.yaml")["fit"]
    assert fit["simulated"] == str(sessions[0])
    assert fit["error_after_s"] <= fit["error_before_s"] + 1e-12
