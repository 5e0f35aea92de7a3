"""Pictures of the panels, for the manual: python -m tests.gui.pictures [FOLDER] [PANEL ...]

Runs a sample, opens its session in a window that no display shows, and saves each panel as it then looks.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from s2studio.app.project import open_project
from s2studio.app.workbench import Workbench
from s2studio.gui.docks import PANELS
from s2studio.gui.main import prepare
from s2studio.gui.models.selection import of_slices
from s2studio.gui.panels.advice import AdvicePanel
from s2studio.gui.panels.compare import ComparePanel
from s2studio.gui.panels.deadline import DeadlinePanel
from s2studio.gui.panels.estimate import EstimatePanel
from s2studio.gui.panels.layer_advice import LayerAdvicePanel
from s2studio.gui.panels.levels import LevelsPanel
from s2studio.gui.panels.race import RacePanel
from s2studio.gui.views.panel import Panel
from s2studio.gui.window import Window
from tests.conftest import REPOSITORY

SAMPLE = REPOSITORY / "sample_projects/event_digits/project.yaml"
LAYERS = REPOSITORY / "sample_projects/digits/digits_cnn.yaml"
# Panels of deep networks.
DEEP = frozenset({"graph", "layers", "schedule", "bounds", "dram"})
PICTURES = REPOSITORY / "docs/images/panels"
WIDTH, HEIGHT, SIDE, TALL = 960, 300, 320, 640
PATIENCE_S, SETTLE_S = 120.0, 0.8


def main(folder: Path, names: list[str]) -> None:
    """Save the pictures of the panels `names` (empty: all) into `folder`."""
    application = QApplication.instance() or QApplication(["s2studio"])
    assert isinstance(application, QApplication)
    prepare(application)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept:
        chosen = [row.name for row in PANELS if not names or row.name in names]
        if set(chosen) - DEEP:
            window = _window(application, Path(kept))
            for name in chosen:
                if name not in DEEP:
                    _save(application, window, name, folder)
            window.close()
        if DEEP & set(chosen):
            window = _empty(Path(kept))
            window.open_paths([LAYERS])
            _until(application, lambda: window.controller.deep.shown is not None)
            for name in chosen:
                if name in DEEP:
                    _save(application, window, name, folder)
            window.close()


def _empty(kept: Path) -> Window:
    settings = QSettings(str(kept / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("theme", "light")
    window = Window(settings)
    window.controller.session_folder, window.asks_before_closing = kept / "sessions", False
    window.autosave.root, window.autosave.folder = kept / "unsaved", kept / "unsaved" / "0"
    window.resize(1280, 800)
    window.show()
    return window


def _window(application: QApplication, kept: Path) -> Window:
    window = _empty(kept)
    project = open_project(SAMPLE)
    observed = replace(project, run=replace(project.run, observe={"lif3": frozenset({"spikes", "v"})}))
    Workbench(observed).run(kept / "digit.s2s")
    Workbench(replace(project, mapping=replace(project.mapping, placer="greedy"))).run(kept / "greedy.s2s")
    studio = window.controller.studio
    window.open_paths([SAMPLE])
    _until(application, lambda: studio.mapping is not None)
    window.controller.open_session(kept / "digit.s2s")
    _until(application, lambda: studio.summary is not None and window.controller.source.view is not None)
    assert studio.mapping is not None
    window.controller.selection.select(of_slices(studio.mapping, frozenset({11})))
    window.controller.timeline.move(61)
    return window


def _save(application: QApplication, window: Window, name: str, folder: Path) -> None:
    dock = window.docks[name]
    panel = dock.ensure()
    dock.setFloating(True)
    dock.show()
    dock.resize(*((SIDE, TALL) if name in ("run", "network", "inspector", "history", "graph") else (WIDTH, HEIGHT)))
    _ask(application, panel, window)
    _settle(application, SETTLE_S)
    panel.grab().save(str(folder / f"{name}.png"))
    dock.setFloating(False)


def _ask(application: QApplication, panel: Panel, window: Window) -> None:
    """Ask the panels that answer when they are asked."""
    match panel:
        case AdvicePanel():
            panel.advise()
            _until(application, lambda: panel.advice is not None)
        case LevelsPanel():
            panel.compare()
            _until(application, lambda: panel.study is not None)
        case EstimatePanel():
            panel.estimate()
            _until(application, lambda: panel.found is not None)
        case RacePanel():
            panel.run()
            _until(application, lambda: panel.race is not None)
        case ComparePanel():
            panel.compare_with(window.controller.source.shown.session.with_name("greedy.s2s"))  # type: ignore[union-attr]
        case LayerAdvicePanel():
            panel.ask.click()
            _until(application, lambda: panel.advice is not None)
        case DeadlinePanel():
            panel.why.click()
            _until(application, lambda: window.controller.forensics.trace is not None)


def _until(application: QApplication, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        _settle(application, 0.01)
        if time.monotonic() > end:
            raise TimeoutError("nothing came")


def _settle(application: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PICTURES, sys.argv[2:])
