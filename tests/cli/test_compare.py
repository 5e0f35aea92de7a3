from __future__ import annotations

import json
from pathlib import Path

import pytest

from s2studio.chip.loader import load_chip
from tests.conftest import REPOSITORY, Cli, CliJson

PROJECT = REPOSITORY / "sample_projects/lif_neuron/project.yaml"


@pytest.fixture
def sessions(cli_json: CliJson, tmp_path: Path) -> tuple[Path, Path]:
    paths = (tmp_path / "a.s2s", tmp_path / "b.s2s")
    for path, level in zip(paths, ("low", "high"), strict=True):
        cli_json("run", PROJECT, "-o", path, "--level", level)
    return paths


def test_that_compare_prints_what_differs(cli: Cli, sessions: tuple[Path, Path]) -> None:
    printed = cli("compare", *sessions)

    assert printed.exit_code == 0
    assert "equal, by their content hashes" in printed.stdout
    assert "energy_j.total" in printed.stdout
    assert "synaptic_events" not in printed.stdout


def test_that_a_violated_condition_ends_with_3_and_is_named(cli: Cli, sessions: tuple[Path, Path]) -> None:
    wanted = ("--fail-if", "energy_j.neurons>+5%", "--fail-if", "spikes", "--fail-if", "packets>1000000")
    result = cli("compare", *sessions, *wanted, "--json")

    assert result.exit_code == 3
    about = json.loads(result.stdout)
    assert about["violated"] == ["energy_j.neurons>+5%"]
    assert about["spikes_equal"] is True
    assert about["pes"][0]["packets_a"] == about["pes"][0]["packets_b"]
    (number,) = [row for row in about["numbers"] if row["key"] == "time_done_max_s"]
    assert number["b"] == pytest.approx(number["a"] / 2 + load_chip().switch_time_s)


def test_that_what_cannot_be_compared_is_refused(cli: Cli, sessions: tuple[Path, Path], tmp_path: Path) -> None:
    assert cli("compare", sessions[0], tmp_path).exit_code == 1
    assert cli("compare", *sessions, "--run-b", 1).exit_code == 1
    assert cli("compare", *sessions, "--fail-if", "energie>").exit_code == 2
