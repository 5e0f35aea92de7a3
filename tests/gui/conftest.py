"""What tests of the window share: no display is needed, and nothing of the user's own settings is touched."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from s2studio.gui.main import prepare
from s2studio.gui.window import Window

Until = Callable[[Callable[[], bool]], None]
# Processes start, and kernels may be compiled for the first time.
PATIENCE_S = 150.0


@pytest.fixture(scope="session")
def application() -> QApplication:
    """The application, as the program makes it."""
    found = QApplication.instance() or QApplication(["s2studio"])
    assert isinstance(found, QApplication)
    prepare(found)
    return found


@pytest.fixture
def window(application: QApplication, tmp_path: Path) -> Iterator[Window]:
    """A window of its own, with settings of its own."""
    found = Window(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    found.controller.session_folder = tmp_path / "sessions"
    found.autosave.root, found.autosave.folder = tmp_path / "unsaved", tmp_path / "unsaved" / "0"
    found.asks_before_closing = False
    found.resize(1280, 800)
    found.show()
    found.activateWindow()
    QTest.qWaitForWindowActive(found, 5000)
    yield found
    found.close()
    found.deleteLater()
    application.processEvents()


@pytest.fixture
def until(application: QApplication) -> Until:
    """Wait, handling events, until something holds."""

    def wait(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            application.processEvents()
            time.sleep(0.002)
            assert time.monotonic() < end, "nothing came"

    return wait
