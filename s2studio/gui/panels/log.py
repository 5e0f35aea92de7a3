"""The log: what happened, in plain words; a refusal with everything that can be done about it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTextBrowser

from s2studio.draw.theme import TIGHT_PX, Theme
from s2studio.gui.models.studio import Said
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.panel import Panel

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller


class LogPanel(Panel):
    """Every line of the log, newest last; `population 'x'` and `PE(x, y, p)` in it can be clicked."""

    EMPTY = "Nothing happened yet."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.text = QTextBrowser(self.content)
        self.text.setOpenLinks(False)
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.setAccessibleName(tr("Log"))
        self.column(margin=TIGHT_PX).addWidget(self.text)
        controller.studio.said.connect(self._add)
        self.apply_theme(self.theme)

    def apply_theme(self, theme: Theme) -> None:
        """Write all lines again in the colours of `theme`."""
        self.text.clear()
        for line in self.controller.studio.log:
            self._append(line, theme)
        self.set_empty(not self.controller.studio.log)

    def _add(self, line: Said) -> None:
        self.set_empty(False)
        self._append(line, self.theme)

    def _append(self, line: Said, theme: Theme) -> None:
        colour = {"info": theme.text, "warning": theme.warning, "error": theme.bad}[line.level]
        self.text.append(f'<span style="color: {colour}">{html.escape(line.text)}</span>')
        if line.trace:
            self.text.append(f'<pre style="color: {theme.muted}">{html.escape(line.trace)}</pre>')
