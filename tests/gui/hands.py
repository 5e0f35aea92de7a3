"""Hands that use the window: mouse and keys, as Qt's own test events or as real ones of an X server."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from tests.gui.drag_source import SIZE_PX

SETTLE_S = 0.03
# How long a drop may take to be answered.
DRAG_S = 10.0


class Hand(Protocol):
    """Points with positions inside a widget; keys are written as Qt writes them, `Ctrl+Z`."""

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click the left button."""

    def drag(self, widget: QWidget, path: Iterable[QPoint], midway: Callable[[], None] = lambda: None) -> None:
        """Press at the first point, go through the others and release at the last; `midway` is called before that."""

    def key(self, keys: str) -> None:
        """Press and release keys, where the focus is."""

    def type(self, text: str) -> None:
        """Type a text, where the focus is."""

    def drop(self, path: Path, widget: QWidget) -> None:
        """Drag a file from another program and drop it onto the middle of `widget`."""


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

    def type(self, text: str) -> None:
        """Type a text."""
        QTest.keyClicks(_focus(self._settle), text)
        self._settle(SETTLE_S)

    def drop(self, path: Path, widget: QWidget) -> None:
        """Drop a file: without a display there is no other program to drag it from."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        where, action = QPointF(widget.rect().center()), Qt.DropAction.CopyAction
        event = QDropEvent(where, action, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        widget.dropEvent(event)
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
        parts = [*keys[:-2].split("+"), "+"] if keys.endswith("++") else keys.split("+")
        _focus(self._settle)
        self._do("key", "+".join(names.get(part, part if len(part) > 1 else part.lower()) for part in parts))

    def type(self, text: str) -> None:
        """Type a text."""
        _focus(self._settle)
        self._do("type", "--delay", "4", text)

    def drop(self, path: Path, widget: QWidget) -> None:
        """Drag a file out of the window of another program and drop it."""
        corner = widget.mapToGlobal(widget.rect().topRight()) + QPoint(-SIZE_PX - 8, 8)
        command = [sys.executable, "-m", "tests.gui.drag_source", str(path), str(corner.x()), str(corner.y())]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as source:
            assert source.stdout is not None
            assert source.stdout.readline() == "shown\n"
            self._settle(0.3)
            start, goal = corner + QPoint(SIZE_PX // 2, SIZE_PX // 2), widget.mapToGlobal(widget.rect().center())
            self._do("mousemove", str(start.x()), str(start.y()))
            self._do("mousedown", "1")
            for share in (0.05, 0.2, 0.5, 0.8, 0.95, 1.0):
                place = start + (goal - start) * share
                self._do("mousemove", str(place.x()), str(place.y()))
                self._settle(0.1)
            self._do("mouseup", "1")
            end = time.monotonic() + DRAG_S
            while source.poll() is None and time.monotonic() < end:
                self._settle(SETTLE_S)
            source.kill()

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
