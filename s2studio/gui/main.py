"""Starts the window: `s2studio` and `s2studio open`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from s2studio.gui.icons import application_icon
from s2studio.gui.theme import application_font
from s2studio.gui.translation import ENGLISH, LANGUAGE, install
from s2studio.gui.warm import warm
from s2studio.gui.window import Window

# The first pictures come before what they do not need.
WARM_MS = 100


def run_window(paths: Sequence[Path] = ()) -> int:
    """Show the window, with `paths` opened in it, until it is closed; return the exit code."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(application, QApplication):
        raise TypeError("a Qt application without windows is running in this process")
    prepare(application)
    settings = QSettings("s2studio", "s2studio")
    install(str(settings.value(LANGUAGE, ENGLISH)), application)
    window = Window(settings)
    window.show()
    QTimer.singleShot(WARM_MS, warm)
    QTimer.singleShot(0, lambda: window.open_paths(paths) if paths else window.recover())
    # Qt's loop is no Python code: without a timer, Ctrl-C would wait for the next event.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    return application.exec()


def has_display() -> bool:
    """Return whether a window can be shown here: Qt ends the process where it cannot."""
    if os.environ.get("QT_QPA_PLATFORM") or not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def prepare(application: QApplication) -> None:
    """Give the application its name, font, style and icon."""
    application.setApplicationName("S2 Studio")
    application.setOrganizationName("s2studio")
    application.setDesktopFileName("s2studio")
    application.setStyle("Fusion")
    application.setFont(application_font())
    application.setWindowIcon(application_icon())
