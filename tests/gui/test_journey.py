"""The journey of a newcomer in its short form: without a display, in one size and theme."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QWidget

from s2studio.gui.docks import PANELS
from s2studio.gui.window import Window
from tests.gui.hands import QtHand, settler
from tests.gui.journey import Files, Journey

# The picture that shows a panel, where it has none of its own.
SEEN_IN = {"network": "map", "inspector": "map", "history": "moved", "timeline": "scrub"}


class MouseAlone(QtHand):
    """A hand that touches no key."""

    def key(self, keys: str) -> None:
        """Refuse."""
        raise AssertionError(f"{keys} was pressed in a journey by mouse")

    def type(self, text: str) -> None:
        """Refuse."""
        raise AssertionError(f"{text} was typed in a journey by mouse")


class KeysAlone(QtHand):
    """A hand that touches no mouse."""

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Refuse."""
        raise AssertionError(f"{widget} was clicked at {at} in a journey by keys")

    def drag(self, widget: QWidget, path: Iterable[QPoint], midway: Callable[[], None] = lambda: None) -> None:
        """Refuse."""
        raise AssertionError(f"{widget} was dragged {path} {midway} in a journey by keys")

    def drop(self, path: Path, widget: QWidget) -> None:
        """Refuse."""
        raise AssertionError(f"{path} was dropped onto {widget} in a journey by keys")


def test_that_a_newcomer_gets_from_a_file_to_a_report_by_the_mouse_alone(
    application: QApplication, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # where exports go unless told otherwise
    settle = settler(application)
    pictures: list[str] = []
    report = Journey(window, MouseAlone(settle), settle, pictures.append).by_mouse(Files.shipped())

    assert {SEEN_IN.get(row.name, row.name) for row in PANELS} <= set(pictures), "every panel is in the tour"

    assert report.is_relative_to(tmp_path)
    assert report.stat().st_size > 10_000


def test_that_a_newcomer_gets_from_a_file_to_a_report_by_keys_alone(
    application: QApplication, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # where exports go unless told otherwise
    settle = settler(application)
    report = Journey(window, KeysAlone(settle), settle).by_keys(Files.shipped())

    assert report.is_relative_to(tmp_path)
    assert report.stat().st_size > 10_000
