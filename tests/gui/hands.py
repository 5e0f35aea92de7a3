"""Hands that use the window: mouse and keys, as Qt's own test events or as real ones of an X server."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

SETTLE_S = 0.03


class Hand(Protocol):
    """Points with positions inside a widget; keys are written as Qt writes them, `Ctrl+Z`."""

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click the left button."""

    def drag(self, widget: QWidget, path: Iterable[QPoint], midway: Callable[[], None] = lambda: None) -> None:
        """Press at the first point, go through the others and release at the last; `midway` is called before that."""

    def key(self, keys: str) -> None:
        """Press and release keys, where the focus is."""


class QtHand:
    """Events made by Qt itself: for tests without a display."""

    def __init__(self, settle: Callable[[float], None]) -> None:
        self._settle = settle

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click the left button."""
        QTest.mouseClick(
            widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at or widget.rect().center()
        )
        self._settle(SETTLE_S)

    def drag(self, widget: QWidget, path: Iterable[QPoint], midway: Callable[[], None] = lambda: None) -> None:
        """Press, move and release."""
        points = list(path)
        none = Qt.KeyboardModifier.NoModifier
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, none, points[0])
        for point in points[1:]:
            QTest.mouseMove(widget, point)
            self._settle(SETTLE_S)
        midway()
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, none, points[-1])
        self._settle(SETTLE_S)

    def key(self, keys: str) -> None:
        """Press and release keys."""
        QTest.keySequence(_focus(self._settle), QKeySequence(keys))
        self._settle(SETTLE_S)


class XHand:
    """Real events of an X server, made by xdotool."""

    def __init__(self, settle: Callable[[float], None]) -> None:
        self._settle = settle

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click the left button."""
        self._go(widget, at or widget.rect().center())
        self._do("click", "1")

    def drag(self, widget: QWidget, path: Iterable[QPoint], midway: Callable[[], None] = lambda: None) -> None:
        """Press, move and release."""
        points = list(path)
        self._go(widget, points[0])
        self._do("mousedown", "1")
        for point in points[1:]:
            self._go(widget, point)
        midway()
        self._do("mouseup", "1")

    def key(self, keys: str) -> None:
        """Press and release keys."""
        names = {
            "Ctrl": "ctrl",
            "Shift": "shift",
            "Alt": "alt",
            "Space": "space",
            "/": "slash",
            ".": "period",
            "+": "plus",
        }
        names |= {"Esc": "Escape", "Enter": "Return", "PgDown": "Next", "PgUp": "Prior"}
        parts = keys.split("+") if keys != "+" else ["+"]
        _focus(self._settle)
        self._do("key", "+".join(names.get(part, part if len(part) > 1 else part.lower()) for part in parts))

    def _go(self, widget: QWidget, at: QPoint) -> None:
        place = widget.mapToGlobal(at)
        self._do("mousemove", str(place.x()), str(place.y()))

    def _do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], check=True)
        self._settle(SETTLE_S)


def _focus(settle: Callable[[float], None]) -> QWidget:
    """Return the widget that hears keys; where no window manager does it, the window on top is made the active one."""
    popup: QWidget | None = QApplication.activePopupWidget()
    if popup is not None:
        inner: QWidget | None = popup.focusWidget()
        return popup if inner is None else inner
    top = QApplication.activeModalWidget()
    if top is None and QApplication.activeWindow() is None:
        top = next(one for one in QApplication.topLevelWidgets() if isinstance(one, QMainWindow) and one.isVisible())
    if top is not None and not top.isActiveWindow():
        top.activateWindow()
        settle(SETTLE_S)
    found: QWidget | None = QApplication.focusWidget() or QApplication.activeWindow() or top
    if found is None:
        raise RuntimeError("no window hears keys")
    return found


def settler(application: QApplication) -> Callable[[float], None]:
    """Return what handles events for some time."""

    def settle(seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            application.processEvents()
            time.sleep(0.002)

    return settle
