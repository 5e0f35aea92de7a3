"""Everybody can use the window: all that takes input has a name, and Tab reaches it in order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from s2studio.gui.dialogs.export import ExportDialog
from s2studio.gui.dialogs.lowering import LoweringDialog
from s2studio.gui.dialogs.palette import Palette
from s2studio.gui.dialogs.shortcuts import ShortcutList
from s2studio.gui.docks import PANELS
from s2studio.gui.window import Window
from tests.gui.conftest import Until
from tests.gui.test_window import DIGITS, opened, ran

INPUTS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)
# What Qt puts inside of others.
INNER = (QHeaderView, QMenu)


def inputs(root: QWidget) -> Iterator[QWidget]:
    """Yield every widget below `root` that takes input of its own: those inside of another belong to it."""
    for widget in root.findChildren(QWidget):
        parent = widget.parent()
        is_inside = isinstance(parent, QAbstractSpinBox | QComboBox | QAbstractScrollArea) or (
            parent is not None and isinstance(parent.parent(), QComboBox)
        )
        takes = isinstance(widget, INPUTS) or (
            widget.focusPolicy() == Qt.FocusPolicy.StrongFocus and not widget.findChildren(QWidget)
        )
        if takes and not is_inside and not isinstance(widget, INNER) and not widget.objectName().startswith("qt_"):
            yield widget


def named(widget: QWidget) -> str:
    """Return what a screen reader calls `widget`: its name, its own text, or that of its label."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    labels = [one.text() for one in widget.window().findChildren(QLabel) if one.buddy() is widget]
    return widget.accessibleName() or text or next(iter(labels), "")


def nameless(root: QWidget) -> list[str]:
    """Return those below `root` that have no name."""
    return [f"{type(one).__name__} in {type(one.parent()).__name__}" for one in inputs(root) if not named(one)]


@pytest.fixture
def busy_window(window: Window, until: Until) -> Window:
    """A window with all panels, on a run."""
    opened(window, until, DIGITS)
    ran(window, until)
    for dock in window.docks.values():
        dock.ensure()
    return window


def test_that_all_that_takes_input_has_a_name(busy_window: Window) -> None:
    missing = {name: nameless(dock.ensure()) for name, dock in busy_window.docks.items()}
    missing |= {"mesh": nameless(busy_window.mesh), "start page": nameless(busy_window.start_page)}
    missing["window"] = nameless(busy_window)

    assert {name: found for name, found in missing.items() if found} == {}


def test_that_dialogs_have_names_for_all_they_ask(busy_window: Window) -> None:
    prepared = busy_window.controller.studio.prepared
    assert prepared is not None
    dialogs: list[QDialog] = [
        LoweringDialog(busy_window.controller, prepared, busy_window.themes.theme, busy_window),
        ExportDialog(busy_window.controller, busy_window),
        Palette(busy_window.actions_, busy_window),
        ShortcutList(busy_window.actions_, busy_window),
    ]

    assert {type(one).__name__: nameless(one) for one in dialogs if nameless(one)} == {}
    for dialog in dialogs:
        dialog.reject()


@pytest.mark.parametrize("row", PANELS, ids=[row.name for row in PANELS])
def test_that_tab_goes_through_a_panel_from_top_to_bottom(
    busy_window: Window, application: QApplication, row: object
) -> None:
    name = row.name  # type: ignore[attr-defined]
    busy_window.show_panel(name)
    application.processEvents()
    panel = busy_window.docks[name].ensure()
    chain = [one for one in inputs(panel) if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus]
    order: list[QWidget] = []
    widget: QWidget | None = panel.nextInFocusChain()
    while widget is not None and widget is not panel and len(order) <= len(chain):
        if widget in chain:
            order.append(widget)
        widget = widget.nextInFocusChain()

    places = [QRect(one.mapTo(panel, one.rect().topLeft()), one.size()) for one in order]
    assert len(order) == len(chain), "Tab reaches all of it"
    for before, after in pairwise(places):
        is_below, is_right = after.top() >= before.bottom() - 4, after.left() >= before.right() - 4
        assert is_below or is_right, f"from {before} to {after}"


def test_that_every_panel_and_command_says_what_it_is(busy_window: Window) -> None:
    assert all(dock.windowTitle() for dock in busy_window.docks.values())
    assert all(busy_window.actions_[name].text() for name in busy_window.actions_.rows)
    assert all(busy_window.actions_[name].toolTip() for name in busy_window.actions_.rows)
