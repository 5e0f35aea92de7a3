"""History: the edits of the placement as a list; a click goes back, or forward again, to any of them."""

from __future__ import annotations

from PySide6.QtWidgets import QUndoView

from s2studio.gui.controller import Controller
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.panel import Panel


class HistoryPanel(Panel):
    """The undo stack. Its first line is the placement as it was made or loaded."""

    EMPTY = "No edits yet. Drag a slice on the mesh, and each step stands here."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.list = QUndoView(controller.undo, self.content)
        self.list.setEmptyLabel(tr("As placed"))
        self.list.setAccessibleName(tr("History of edits"))
        self.column().addWidget(self.list)
        controller.undo.indexChanged.connect(lambda _index: self._renew())
        self._renew()

    def _renew(self) -> None:
        self.set_empty(self.controller.undo.count() == 0)
