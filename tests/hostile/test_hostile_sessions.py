"""Sessions whose folder was made to read other files, or to wait for ever."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import s2studio
from s2studio.app.project import open_project
from s2studio.app.workbench import Workbench
from s2studio.errors import SessionError


@pytest.fixture
def session(tmp_path: Path, repository: Path) -> Path:
    folder = tmp_path / "run.s2s"
    Workbench(open_project(repository / "sample_projects/lif_neuron/project.yaml")).run(folder)
    return folder


def replace(path: Path, put: Callable[[Path], object]) -> None:
    path.unlink()
    put(path)


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")
@pytest.mark.parametrize("file", ["manifest.json", "runs/0000/run.json"])
@pytest.mark.parametrize("put", [pipe, lambda path: path.symlink_to("/etc/passwd")], ids=["pipe", "link"])
def test_that_a_pipe_or_a_link_in_place_of_a_file_is_refused(
    session: Path, file: str, put: Callable[..., object]
) -> None:
    replace(session / file, put)
    with pytest.raises(SessionError) as refused:
        s2studio.open_session(session).runs[0].summary()
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize("outside", ["../other", "/etc", "runs/../../other", "runs/0000\x00", "C:\\x"])
def test_that_a_manifest_that_points_outside_is_refused(session: Path, outside: str) -> None:
    manifest = json.loads((session / "manifest.json").read_text())
    manifest["runs"][0]["path"] = outside
    (session / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SessionError, match="leads out of the session"):
        s2studio.open_session(session)


@pytest.mark.parametrize("content", ["[" * 10**6, '{"a":' * 10**6, "1" * 10**6, "", "\x00"])
def test_that_a_manifest_that_is_nested_or_endless_is_refused(session: Path, content: str) -> None:
    (session / "manifest.json").write_text(content)
    with pytest.raises(SessionError, match=r"(is|holds) no JSON"):
        s2studio.open_session(session)
