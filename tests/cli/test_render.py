"""`s2studio render`: pictures of models and sessions as files, without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from s2studio.app.scene import VIEWS
from tests.conftest import Cli
from tests.session.runs import record, whole_block


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session of 40 ticks."""
    return record(tmp_path_factory.mktemp("render") / "run.s2s", whole_block(40))


@pytest.mark.parametrize("view", VIEWS)
def test_that_every_view_of_a_session_becomes_a_file(cli: Cli, session: Path, view: str, tmp_path: Path) -> None:
    result = cli("render", session, "--view", view, "-o", tmp_path / "a.svg", "--size", "900x600")

    assert result.exit_code == 0, result.output
    assert 'width="900" height="600"' in (tmp_path / "a.svg").read_text("utf-8")


def test_that_a_model_is_mapped_and_drawn(cli: Cli, repository: Path, tmp_path: Path) -> None:
    project = repository / "sample_projects/lif_neuron/project.yaml"
    result = cli("render", project, "--metric", "memory", "--theme", "dark", "-o", tmp_path / "a.svg")

    assert result.exit_code == 0, result.output
    assert "Data memory in use" in (tmp_path / "a.svg").read_text("utf-8")


def test_that_the_network_of_a_session_shows_kinds_and_weights(cli: Cli, repository: Path, tmp_path: Path) -> None:
    project = repository / "sample_projects/lif_neuron/project.yaml"
    assert cli("run", project, "-o", tmp_path / "lif.s2s").exit_code == 0
    assert cli("render", tmp_path / "lif.s2s", "--view", "network", "-o", tmp_path / "a.svg").exit_code == 0

    svg = (tmp_path / "a.svg").read_text("utf-8")
    assert ">← input<" in svg
    assert ">dense, 1 weight<" in svg


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--view", "rasta"], 2, "view 'rasta': not known; did you mean 'raster'"),
        (["--metric", "heat"], 2, "metric 'heat': not known"),
        (["--theme", "pink"], 2, "--theme: 'pink'"),
        (["--size", "big"], 2, "--size: 'big', a width and a height in px are expected"),
        (["--size", "10x10"], 2, "can be drawn"),
        (["--view", "power", "--metric", "energy"], 2, "view 'power' takes none"),
        (["--from", "5"], 2, "holds no tick of the run"),
        (["--run", "7"], 1, "does not exist"),
    ],
)
def test_that_what_cannot_be_drawn_is_refused_in_words(
    cli: Cli, session: Path, tmp_path: Path, options: list[str], code: int, words: str
) -> None:
    result = cli("render", session, *options, "-o", tmp_path / "a.svg")

    assert (result.exit_code, words in " ".join(result.output.split())) == (code, True), result.output
    assert not (tmp_path / "a.svg").exists()


def test_that_png_and_pdf_need_no_display(session: Path, tmp_path: Path) -> None:
    pytest.importorskip("PySide6.QtGui")
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    for ending, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        path = tmp_path / f"a{ending}"
        command = [sys.executable, "-m", "s2studio", "render", str(session), "--view", "power", "-o", str(path)]
        done = subprocess.run(command, env=bare, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert path.read_bytes().startswith(start)
