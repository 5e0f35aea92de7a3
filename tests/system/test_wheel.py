"""The wheel alone, in an environment that has nothing else, does the main job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """Return what `command` prints, with nothing of this interpreter's environment around it."""
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=keep, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel built from the source distribution, so that both are complete."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, repository, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the programs of a new environment that holds the wheel and its core dependencies."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", wheel, cwd=folder)
    return programs


def test_that_the_wheel_holds_the_resources_and_nothing_that_belongs_to_the_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {"s2studio/py.typed", "s2studio/resources/chips/spinnaker2.yaml"} <= set(names)
    assert any(name.startswith("s2studio/sample_projects/balanced_network/") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"s2studio"}
    assert not [name for name in names if ".s2s" in name or "__pycache__" in name]


def test_that_the_core_requires_neither_qt_nor_torch(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        header = message_from_string(archive.read(metadata).decode())
    core = [text.lower() for text in header.get_all("Requires-Dist", []) if "extra ==" not in text]

    assert core
    assert not [text for text in core if text.startswith(("pyside", "pyqtgraph", "torch"))]
    assert {"gui", "torch", "all", "test"} <= set(header.get_all("Provides-Extra", []))


def test_that_the_bare_wheel_does_the_main_job(installed: Path, tmp_path: Path) -> None:
    script = "from s2studio.resources import resource_path; print(resource_path('sample_projects', 'lif_neuron'))"
    sample = Path(run(installed / "python", "-c", script, cwd=tmp_path).strip())
    assert sample.is_relative_to(installed.parent)

    program = installed / "s2studio"
    session = tmp_path / "out.s2s"
    summary = json.loads(run(program, "run", sample / "project.yaml", "-o", session, "--json", cwd=tmp_path))
    run(program, "export", session, "--format", "csv", "-o", tmp_path / "csv", cwd=tmp_path)

    assert sum(population["spikes"] for population in summary["populations"]) > 0
    assert summary["energy_j"]["total"] > 0
    assert json.loads((tmp_path / "csv" / "summary.json").read_text(encoding="utf-8")) == summary


def test_that_the_bare_wheel_runs_as_a_module_and_shows_the_demo(installed: Path, tmp_path: Path) -> None:
    assert "spinnaker2" in run(installed / "python", "-m", "s2studio", "chip", "--json", cwd=tmp_path).lower()
    assert run(installed / "python", "-m", "s2studio", "demo", cwd=tmp_path).strip()
