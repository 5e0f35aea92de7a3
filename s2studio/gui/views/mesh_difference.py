"""A small mesh that shows where two runs differ: PEs coloured from less to more."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from s2studio.chip.machine import Machine
from s2studio.draw.colours import apply, colour_map
from s2studio.draw.mesh import MeshLayout
from s2studio.draw.theme import NEAR_PX, SMALL_PX, Theme
from s2studio.gui.translation import tr
from s2studio.units import with_unit

LEGEND_PX = 28


class MeshDifference(QWidget):
    """Draws a value for each PE by name, blue where B is less than A, orange where it is more, up to `most`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._layout: MeshLayout | None = None
        self._values: Mapping[str, float] = {}
        self._unit = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Difference by PE"))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size at which names of PEs are not needed."""
        return QSize(260, 260)

    def show_values(self, machine: Machine, values: Mapping[str, float], unit: str) -> None:
        """Show `values`, B less A, by the names of PEs."""
        self._layout, self._values, self._unit = MeshLayout(machine), values, unit
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the mesh and the scale."""
        if self._layout is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        most = self._most()
        table = colour_map("difference")
        scale, left, top = self._place()
        for pe, box in self._layout.pes.items():
            value = self._values.get(str(pe))
            colour = QColor(self.theme.raised)
            if value is not None:
                colour = (
                    QColor(*apply(np.array(value), -most, most, table).tolist()) if most else QColor(self.theme.border)
                )
            painter.setBrush(colour)
            painter.drawRoundedRect(
                QRectF(left + box.x * scale, top + box.y * scale, box.width * scale, box.height * scale), 2, 2
            )
        if most:
            self._paint_scale(painter, most)
        else:
            self._say(painter, tr("no difference on any PE"))

    def event(self, event: QEvent) -> bool:
        """Say what a PE's value is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._layout is not None:
            scale, left, top = self._place()
            point = QPointF(event.pos())
            pe = self._layout.pe_at((point.x() - left) / scale, (point.y() - top) / scale)
            value = None if pe is None else self._values.get(str(pe))
            text = "" if value is None else f"{pe}: {'+' if value > 0 else ''}{with_unit(value, self._unit)}"
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _most(self) -> float:
        return max((abs(value) for value in self._values.values()), default=0.0)

    def _place(self) -> tuple[float, float, float]:
        """Return pixels per unit, and where the mesh begins."""
        if self._layout is None:
            return 1.0, 0.0, 0.0
        bounds = self._layout.bounds
        width, height = max(1, self.width() - 2 * NEAR_PX), max(1, self.height() - LEGEND_PX - 2 * NEAR_PX)
        scale = min(width / bounds.width, height / bounds.height)
        return scale, (self.width() - bounds.width * scale) / 2 - bounds.x * scale, NEAR_PX - bounds.y * scale

    def _say(self, painter: QPainter, text: str) -> None:
        painter.setPen(QColor(self.theme.muted))
        place = QRectF(0, self.height() - LEGEND_PX, self.width(), LEGEND_PX - 2)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_scale(self, painter: QPainter, most: float) -> None:
        table = colour_map("difference")
        width = min(160, self.width() // 2)
        left, top = (self.width() - width) / 2, self.height() - LEGEND_PX + 4
        for step in range(width):
            painter.fillRect(QRectF(left + step, top, 1.5, 6), QColor(*table[step * len(table) // width].tolist()))
        font = painter.font()
        font.setPixelSize(SMALL_PX)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.muted))
        sides, text = Qt.AlignmentFlag, with_unit(most, self._unit)
        painter.drawText(QRectF(0, top - 5, left - NEAR_PX, 16), sides.AlignRight | sides.AlignVCenter, f"−{text}")
        box = QRectF(left + width + NEAR_PX, top - 5, left, 16)
        painter.drawText(box, sides.AlignLeft | sides.AlignVCenter, f"+{text}")
