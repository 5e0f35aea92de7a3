"""docs/interface.md: each literal JSON example is what the command above it prints."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from s2studio.app.project import open_project
from s2studio.cli.main import NAMES
from s2studio.gui.docks import PANELS
from tests.cli.pictures import LINES
from tests.conftest import REPOSITORY, Cli

TEXT = (REPOSITORY / "docs/interface.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ s2studio (.*?)\n```\n```json\n(.*?)```", TEXT, re.DOTALL)
# Lists that the page shortens.
SHORTENED = ("quantities", "power_check")


def assert_matches(said: Any, printed: Any, where: str) -> None:
    if isinstance(said, dict):
        assert list(said) == list(printed), where
        for key, value in said.items():
            assert_matches(value, printed[key], f"{where}.{key}")
    elif isinstance(said, list) and where.endswith(SHORTENED):
        assert all(row in printed for row in said), where
    elif isinstance(said, float):
        assert printed == pytest.approx(said, rel=1e-12), where
    else:
        assert printed == said, where


def test_that_the_page_has_an_example_for_every_command_that_prints_json() -> None:
    assert {arguments.split()[0] for arguments, _ in EXAMPLES} == {"info", "map", "run", "chip"}
    assert len(EXAMPLES) == 5


def test_that_every_command_has_a_picture_on_the_page() -> None:
    pictures = dict(re.findall(r"\[(\w+)\]\((images/commands/\w+\.svg)\)", TEXT))
    assert {*pictures, "open"} == set(NAMES)
    assert set(pictures) == set(LINES)
    for name, path in pictures.items():
        assert f">$ s2studio {LINES[name]}</text>" in (REPOSITORY / "docs" / path).read_text(encoding="utf-8")


@pytest.mark.parametrize(("arguments", "said"), EXAMPLES, ids=[arguments for arguments, _ in EXAMPLES])
def test_that_each_example_is_what_the_command_prints(
    arguments: str, said: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(REPOSITORY / "sample_projects", tmp_path / "sample_projects")
    monkeypatch.chdir(tmp_path)
    result = cli(*shlex.split(arguments))

    expected = json.loads(said)
    assert result.exit_code == (1 if "error" in expected else 0)
    assert_matches(expected, json.loads(result.stdout), "")


def test_that_the_project_on_the_page_is_one(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "project.yaml").write_text(text)
    project = open_project(tmp_path / "project.yaml")

    assert project.model == tmp_path / "cnn.nir"
    assert project.run.record == {"12": frozenset({"spikes", "v"})}
    assert set(yaml.safe_load(text)) == {
        *("s2studio", "description", "model", "chip", "runtime", "lowering", "mapping", "stimulus", "run"),
        "calibration",
    }


def test_that_every_panel_has_a_picture_in_the_manual() -> None:
    text = (REPOSITORY / "docs/window.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\(images/panels/(\w+)\.png\)", text))
    drawn = {path.stem for path in (REPOSITORY / "docs/images/panels").glob("*.png")}

    assert linked == drawn == {row.name for row in PANELS}
