from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.analysis.literature import literature_for, own_folder
from tests.analysis.test_literature import MINE
from tests.conftest import REPOSITORY, Cli, CliJson

PROJECT = REPOSITORY / "sample_projects/lif_neuron/project.yaml"


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_that_results_stand_beside_published_figures_and_apart(cli: Cli, cli_json: CliJson, tmp_path: Path) -> None:
    run = cli_json("run", PROJECT, "-o", tmp_path / "a.s2s")
    found = cli_json("literature", tmp_path / "a.s2s")
    results = {row["kind"]: row for row in found["simulated"]}

    assert {row["kind"] for row in found["published"]} == {"energy", "power", "latency", "throughput", "accuracy"}
    assert results["energy"]["value"] == run["energy_j"]["total"]
    assert results["energy"]["low"] < results["energy"]["value"] < results["energy"]["high"]
    assert results["power"]["value"] == pytest.approx(run["power_mean_w"], rel=1e-12)
    shown = cli("literature", tmp_path / "a.s2s", "--kind", "energy").stdout
    assert shown.index("this run") < shown.index("published by others") < shown.index("DVS gesture")
    assert cli("literature", "--kind", "enrgy").exit_code == 2


def test_that_own_figures_are_kept_for_all_that_show_them_and_malformed_ones_are_not(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    (tmp_path / "wrong.yaml").write_text(MINE.replace("value: 2", "value: two"))

    assert "my network" in cli("literature", "--add", tmp_path / "mine.yaml").stdout
    assert cli("literature", "--add", tmp_path / "wrong.yaml").exit_code == 1
    assert [path.name for path in own_folder().iterdir()] == ["mine.yaml"]
    assert any(figure.hardware == "Jetson" for figure in literature_for("energy"))
    cli("run", PROJECT, "-o", tmp_path / "a.s2s")
    cli("export", tmp_path / "a.s2s", "--format", "report", "-o", tmp_path / "a.html")
    assert "Jetson" in (tmp_path / "a.html").read_text()
