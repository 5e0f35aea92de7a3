"""The list of keys, menu by menu, and what the mouse does in the panels."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from s2studio.draw.theme import SPACE_PX
from s2studio.gui.actions import Actions
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures

MOUSE = (
    (marked("Plots: wheel"), marked("zoom time around the pointer")),
    (marked("Plots: drag"), marked("move the span")),
    (marked("Plots: click"), marked("move the cursor")),
    (marked("Plots: double click"), marked("show the whole run")),
    (marked("Timeline: Shift and drag"), marked("choose the span")),
    (marked("Mesh: drag a slice"), marked("move it, or swap it with the slice it is dropped on")),
    (marked("Mesh: drag beside PEs"), marked("select several")),
)


class ShortcutList(QDialog):
    """Every key of the window."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys and mouse"))
        self.resize(560, 620)
        table = Figures((tr("command"), tr("keys")), tr("Keys"))
        rows = []
        for name, row in actions.rows.items():
            keys = actions[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            if keys:
                title = actions[name].text().replace("&", "").rstrip("…")
                rows.append(Figure((f"{tr(row.menu)}: {title}", keys), tip=row.tip))
        table.show_figures([*rows, *(Figure((tr(what), tr(does))) for what, does in MOUSE)])
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_PX, SPACE_PX, SPACE_PX, SPACE_PX)
        layout.addWidget(table)
        layout.addWidget(buttons)
