"""Moments that are marked in a plot over time: a thin line each, with a word at its top where there is room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from s2studio.draw.theme import TIGHT_PX, Theme
from s2studio.gui.views.plane import Plane

# More could not be told apart.
MOST = 24
ROWS = 2


class TimeMarks:
    """Marked times, each with its word."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._shown: list[tuple[float, str]] = []

    def show(self, marks: Sequence[tuple[float, str]]) -> None:
        """Mark the times (s), each with its word; the last `MOST` of them."""
        self._shown = list(marks)[-MOST:]

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw the lines, and their words in two rows, so that those of near lines do not touch."""
        colour = QColor(self._theme.text)
        painter.setPen(QPen(colour, 1.0, Qt.PenStyle.DotLine))
        places = [(plane.x(time_s), word) for time_s, word in self._shown]
        painter.drawLines([QLineF(x, plane.box.top(), x, plane.box.bottom()) for x, _ in places])
        painter.setPen(colour)
        metrics, free = painter.fontMetrics(), [plane.box.left()] * ROWS
        for x, word in places:
            row = next((row for row in range(ROWS) if x >= free[row]), None)
            if row is not None:
                y = plane.box.top() + metrics.ascent() + row * metrics.lineSpacing()
                painter.drawText(QPointF(x + TIGHT_PX, y), word)
                free[row] = x + metrics.horizontalAdvance(word) + 3 * TIGHT_PX
