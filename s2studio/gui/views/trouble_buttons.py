"""Two buttons that go to the last and the next tick in which a PE is late or loses packets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from s2studio.draw.theme import Theme
from s2studio.gui.icons import icon
from s2studio.gui.translation import marked, tr

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller

# What a summary counts as trouble.
COUNTED = ("late_ticks", "packets_lost", "fifo_overflows")
TIPS = {
    "previous": marked("Last late tick or lost packet (Alt+Shift+Left)"),
    "next": marked("Next late tick or lost packet (Alt+Shift+Right)"),
}


class TroubleButtons(QWidget):
    """Back and on; neither can be pressed where the run that is shown is known to have no trouble."""

    def __init__(self, controller: Controller, parent: QWidget) -> None:
        super().__init__(parent)
        self._controller = controller
        go = controller.questions.go_to_trouble
        self.back = self._button("previous", lambda: go(is_forward=False))
        self.on = self._button("next", go)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.back)
        layout.addWidget(self.on)
        for event in (controller.studio.shown_changed, controller.studio.summary_changed):
            event.connect(lambda _value: self._show_state())
        self._show_state()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        for name, button in zip(TIPS, (self.back, self.on), strict=True):
            button.setIcon(icon(name, theme))

    def _button(self, name: str, do: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(tr(TIPS[name]))
        button.setAccessibleName(tr(TIPS[name]))
        button.clicked.connect(lambda _checked: do())
        return button

    def _show_state(self) -> None:
        studio = self._controller.studio
        summary = studio.summary
        is_clean = summary is not None and not any(summary.get(name) for name in COUNTED)
        self.setEnabled(studio.shown is not None and not is_clean)
