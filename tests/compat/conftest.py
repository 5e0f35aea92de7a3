"""Runs the scripts of this folder as their users do, in this process, and puts the interpreter back afterwards."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from s2studio.compat.install import install
from s2studio.compat.studio import Studio, StudioOptions

SCRIPTS = Path(__file__).parent / "scripts"
Script = Callable[..., dict[str, Any]]


@pytest.fixture
def spinnaker2(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let `import spinnaker2` mean s2studio's while a test runs; levels and settings are as in a new process."""
    from s2studio.compat.spinnaker2.experiment_backends.backend_settings import BackendSettings
    from s2studio.compat.spinnaker2.neuron_models.application import APPLICATIONS

    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(BackendSettings, "_only", None)
    levels = {application: application.__dict__.get("dvfs_params") for application in APPLICATIONS}
    install()
    yield
    Studio.begin(StudioOptions())
    for application, level in levels.items():
        if level is None and "dvfs_params" in application.__dict__:
            del application.dvfs_params
    for name in [name for name in sys.modules if name.partition(".")[0] == "spinnaker2"]:
        del sys.modules[name]


@pytest.fixture
def script(spinnaker2: None, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Run a script of this folder and return its globals; `session` stores its runs."""

    def run(name: str, *arguments: object, session: Path | None = None, **options: Any) -> dict[str, Any]:
        install(session, **options)
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        found = runpy.run_path(str(SCRIPTS / name), run_name="__main__")
        Studio.current().close()
        return found

    return run
