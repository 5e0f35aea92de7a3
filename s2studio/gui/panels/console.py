"""The console: Python on a copy of what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QToolButton

from s2studio.app.console import WELCOME, Answered
from s2studio.draw.theme import MONO_FAMILY, NEAR_PX, TIGHT_PX, Theme
from s2studio.gui.icons import icon
from s2studio.gui.processes import Client
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.panel import Panel

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller

MOST_LINES = 5000


class ConsolePanel(Panel):
    """A line to type in under what was printed. Up and Down go through the lines before; Stop ends what runs."""

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.text = QPlainTextEdit(self.content)
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(MOST_LINES)
        self.text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.text.setAccessibleName(tr("Output of the console"))
        self.prompt = QLabel(">>>", self.content)
        self.line = QLineEdit(self.content)
        self.line.setAccessibleName(tr("Line of Python"))
        self.line.returnPressed.connect(self.run_line)
        self.line.installEventFilter(self)
        self.stop = QToolButton(self.content)
        self.stop.setToolTip(tr("Stop what runs, and forget all names"))
        self.stop.setAccessibleName(tr("Stop the console"))
        self.stop.clicked.connect(self.restart)
        bar = QHBoxLayout()
        bar.setSpacing(TIGHT_PX)
        for widget in (self.prompt, self.line, self.stop):
            bar.addWidget(widget)
        layout = self.column(spacing=TIGHT_PX, margin=NEAR_PX)
        layout.addWidget(self.text, 1)
        layout.addLayout(bar)
        self._history: list[str] = []
        self._place = 0
        self._client: Client | None = None
        self._is_stale = True
        self.text.setPlainText(WELCOME)
        studio = controller.studio
        for event in (studio.prepared_changed, studio.mapping_changed, studio.shown_changed):
            event.connect(self._changed)
        self.apply_theme(themes.theme)
        self.set_empty(False)

    def run_line(self) -> None:
        """Run what was typed."""
        line = self.line.text()
        self.line.clear()
        self.text.appendPlainText(f"{self.prompt.text()} {line}")
        if line.strip():
            self._history.append(line)
        self._place = len(self._history)
        client = self._ensure()
        if self._is_stale:
            self._is_stale = False
            studio = self.controller.studio
            shown = studio.shown
            session = None if shown is None or shown.state == "running" else shown.session
            client.request("look_at", studio.project, studio.mapping, session)
        client.request("push", line, done=self._answered)

    def restart(self) -> None:
        """End the process of the console; the next line starts another."""
        if self._client is not None:
            self._client.close()
            self.controller.drop_client(self._client)
            self._client = None
        self._is_stale = True
        self.prompt.setText(">>>")
        self.text.appendPlainText(tr("stopped"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let Up and Down go through the lines that were typed."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
            if step is not None:
                self._place = max(0, min(self._place + step, len(self._history)))
                self.line.setText(self._history[self._place] if self._place < len(self._history) else "")
                return True
        return super().eventFilter(watched, event)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.stop.setIcon(icon("stop", theme))
        font = f"font-family: {MONO_FAMILY};"
        for widget in (self.text, self.line, self.prompt):
            widget.setStyleSheet(font)

    def _ensure(self) -> Client:
        if self._client is None:
            self._client = self.controller.add_client(tr("console"), "s2studio.app.console:Console")
        return self._client

    def _changed(self, _value: object) -> None:
        self._is_stale = True

    def _answered(self, answer: Answered) -> None:
        if answer.text:
            self.text.appendPlainText(answer.text.rstrip("\n"))
        self.prompt.setText("..." if answer.is_open else ">>>")
