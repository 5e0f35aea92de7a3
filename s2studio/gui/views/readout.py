"""Text that may change in every picture: unlike a label's, its room does not follow its text."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from s2studio.draw.theme import TIGHT_PX


class Readout(QWidget):
    """Shows `text` in at least `width_px`, in room for `lines`; `role` is the style's.

    A label whose text changes asks for a new layout, and with it the whole window is laid out and painted again.
    """

    def __init__(self, width_px: int, role: str = "", parent: QWidget | None = None, lines: int = 1) -> None:
        super().__init__(parent)
        self._width_px, self._lines = width_px, lines
        self.label = QLabel(self)
        self.label.setWordWrap(lines > 1)
        self.label.setProperty("role", role)
        self.setMinimumWidth(width_px)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def let_select(self) -> Readout:
        """Let people mark and copy the text, which makes it slower to draw; returns itself."""
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return self

    def text(self) -> str:
        """Return what is shown."""
        return self.label.text()

    def setText(self, text: str) -> None:  # noqa: N802 - as of a label
        """Show `text`; what is too long for its room stands in the tooltip too."""
        if text != self.label.text():
            self.label.setText(text)
            self.label.setToolTip(text)

    def set_role(self, role: str) -> None:
        """Take another role of the style."""
        if role != self.label.property("role"):
            self.label.setProperty("role", role)
            self.label.style().polish(self.label)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the height of its lines."""
        return QSize(self._width_px, self._lines * self.label.fontMetrics().lineSpacing() + TIGHT_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give the text all the room."""
        super().resizeEvent(event)
        self.label.setGeometry(self.rect())
