from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.session.reader import open_session
from tests.analysis.test_advise import overloaded
from tests.conftest import REPOSITORY, Cli, CliJson


def test_that_the_choice_is_written_and_runs_as_priced(cli: Cli, cli_json: CliJson, tmp_path: Path) -> None:
    overloaded(tmp_path)
    project, chosen = tmp_path / "project.yaml", tmp_path / "chosen.yaml"
    study = cli_json("levels", project, "--tick", "2e-3", "--write", chosen)

    assert study["written"] == str(chosen)
    assert study["choice"]["policy"] == "found"
    ran = cli_json("run", chosen, "-o", tmp_path / "a.s2s")
    assert (ran["tick_s"], ran["late_ticks"]) == (2e-3, 0)
    assert ran["energy_j"]["total"] == pytest.approx(study["choice"]["energy_j"], rel=1e-9)
    assert ran["level"] == ", ".join(study["choice"]["level"])

    of_session = cli_json("levels", tmp_path / "a.s2s")
    assert of_session["rows"] == study["rows"]
    free = cli_json("levels", project, "--tick", "2e-3", "--switch-time", 0)["choice"]
    assert free["energy_j"] < study["choice"]["energy_j"]
    shown = cli("levels", project, "--tick", "2e-3")
    assert "'found' wins" in shown.stdout


@pytest.mark.parametrize("sample", ["event_digits", "conformance"])
def test_that_at_a_tick_too_short_for_low_thresholds_win_and_spikes_stay(
    sample: str, request: pytest.FixtureRequest, cli_json: CliJson, tmp_path: Path
) -> None:
    given: tuple[object, ...] = (REPOSITORY / "sample_projects/event_digits/project.yaml",)
    if sample == "conformance":
        folder = request.getfixturevalue("conformance") / "nmnist"
        given = (folder / "cnn_sinabs.nir", "--input", folder / "sample_nmnist.bin", "--bin", "1e-3", "--dt", "1e-3")
        given = (*given, "--reset", "zero")
    safe_high = cli_json("advise", *given, "--level", "high")["now"]["safe_tick_s"]
    tick = round(safe_high + 1e-5, 6)
    study = cli_json("levels", *given, "--tick", tick)

    assert (study["choice"]["policy"], study["choice"]["tick_s"]) == ("found", tick)
    assert "'low' is late" in study["why"][0]
    assert study["bound_j"] <= study["choice"]["energy_j"]
    spikes = set()
    levels = [word for text in study["choice"]["level"] for word in ("--level", text)]
    for number, level in enumerate((levels, ["--level", "high"])):
        path = tmp_path / f"{number}.s2s"
        assert cli_json("run", *given, "--tick", tick, *level, "-o", path)["late_ticks"] == 0
        table = open_session(path).run().spikes()
        spikes.add((table.tick.tobytes(), table.population.tobytes(), table.neuron.tobytes()))
    assert len(spikes) == 1


def test_that_wrong_usage_is_refused(cli: Cli, tmp_path: Path) -> None:
    overloaded(tmp_path)
    for option in ("--tick", "--switch-time"):
        result = cli("levels", tmp_path / "project.yaml", option, -1)
        assert (result.exit_code, "a positive number" in result.stderr) == (2, True), result.output
