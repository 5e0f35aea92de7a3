"""The last warning or refusal, in the status bar: so that it is seen where the log is hidden."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from s2studio.gui.translation import tr

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller
    from s2studio.gui.models.studio import Said

ROLES = {"warning": "warning", "error": "bad"}
# What is said within this time belongs to what was said first: the lines after it are its details.
TOGETHER_S = 0.5
# What stands before the name of a file: there is no room for it.
FOLDERS = re.compile(r"(?<!\S)(?:[A-Za-z]:)?[/\\]\S*[/\\](?=\S)")
PADDING_PX = 16
LEAST_PX = 80


class Notice(QToolButton):
    """One line, cut at its end, whole in the tooltip; a click calls `show_log`. Gone once it is read, or at a run."""

    def __init__(self, controller: Controller, show_log: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line, self._said_s = "", 0.0
        self.setAccessibleName(tr("Last warning"))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.hide()
        self.clicked.connect(lambda _checked: show_log())
        self.clicked.connect(lambda _checked: self.forget())
        controller.studio.said.connect(self._said)
        controller.studio.run_state_changed.connect(lambda state: self.forget() if state == "running" else None)

    def forget(self) -> None:
        """Show nothing until something is said."""
        self._line = ""
        self.hide()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for the whole line."""
        width = self.fontMetrics().horizontalAdvance(self._line) + PADDING_PX
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for a few words: the line must not make the window wider."""
        return QSize(LEAST_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Cut the line to the room there is."""
        super().resizeEvent(event)
        self._show_line()

    def _said(self, line: Said) -> None:
        now = time.monotonic()
        is_detail = bool(self._line) and now - self._said_s < TOGETHER_S
        self._said_s = now
        if line.level not in ROLES or is_detail:
            return
        self._line = FOLDERS.sub("", " ".join(line.text.split()))
        self.setToolTip(line.text + "\n" + tr("Click: show the log."))
        self.setAccessibleName(self._line)
        self.setProperty("role", ROLES[line.level])
        self.style().polish(self)
        self._show_line()
        self.show()

    def _show_line(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideRight, self.width() - PADDING_PX))
