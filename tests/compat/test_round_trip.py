"""What is exported as a script for the board gives, run here, the content it came from."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from s2studio.compat import install
from s2studio.compat.studio import Studio
from s2studio.session.reader import open_session
from tests.compat.conftest import Script
from tests.conftest import Cli

# What is recorded on the board but was only observed in the first run is not part of the second.
SAME = ("spikes", "slices", "targets", "routes", "neuron_spikes")


def _run_exported(folder: Path, session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(session)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["run_on_board.py"])
    runpy.run_path(str(folder / "run_on_board.py"), run_name="__main__")
    Studio.current().close()


@pytest.mark.usefixtures("spinnaker2")
def test_that_the_script_of_a_model_has_the_content_of_its_run(
    cli: Cli, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = repository / "sample_projects/lif_neuron/project.yaml"
    assert cli("run", project, "-o", tmp_path / "first.s2s").exit_code == 0
    assert cli("export", tmp_path / "first.s2s", "--format", "spinnaker2", "-o", tmp_path / "board").exit_code == 0
    _run_exported(tmp_path / "board", tmp_path / "second.s2s", monkeypatch)

    first, second = (open_session(tmp_path / name).manifest.runs[0].tables for name in ("first.s2s", "second.s2s"))
    assert {name: second[name].sha256 for name in SAME} == {name: first[name].sha256 for name in SAME}


def test_that_a_network_which_came_from_a_script_goes_back_to_one(
    script: Script, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script("conv2d.py", session=tmp_path / "first.s2s")
    assert cli("export", tmp_path / "first.s2s", "--format", "spinnaker2", "-o", tmp_path / "board").exit_code == 0
    _run_exported(tmp_path / "board", tmp_path / "second.s2s", monkeypatch)

    first, second = (open_session(tmp_path / name).manifest.runs[0].tables for name in ("first.s2s", "second.s2s"))
    assert {name: second[name].sha256 for name in SAME} == {name: first[name].sha256 for name in SAME}
