"""The journey of a newcomer in its short form: without a display, in one size and theme."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication

from s2studio.gui.window import Window
from tests.gui.hands import QtHand, settler
from tests.gui.journey import Files, Journey


def test_that_a_newcomer_gets_from_a_file_to_a_report_by_mouse(
    application: QApplication, window: Window, tmp_path: Path
) -> None:
    settle = settler(application)
    Journey(window, QtHand(settle), settle).by_mouse(Files.shipped(), tmp_path / "report.html")

    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_that_a_newcomer_gets_from_a_sample_to_a_report_by_keys(
    application: QApplication, window: Window, tmp_path: Path
) -> None:
    settle = settler(application)
    Journey(window, QtHand(settle), settle).by_keys(tmp_path / "report.html")

    assert (tmp_path / "report.html").stat().st_size > 10_000
