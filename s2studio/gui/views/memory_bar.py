"""A bar of memory: each region in its place with its bytes, and what is free."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from s2studio.draw.colours import POPULATION_COLOURS
from s2studio.draw.theme import NEAR_PX, SMALL_PX, SPACE_PX, TIGHT_PX, Theme
from s2studio.gui.models.sure import about
from s2studio.gui.translation import tr
from s2studio.mapping.mapping import REGIONS

BAR_PX, ROW_PX, SWATCH_PX = 14, 17, 9


class MemoryBar(QWidget):
    """The bytes of the regions as one bar of the whole memory, and below it a row for each region that has any."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._memory: Mapping[str, int] = {}
        self._capacity = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._font = QFont(self.font())
        self._font.setPixelSize(SMALL_PX)
        self._metrics = QFontMetricsF(self._font)
        self.setAccessibleName(tr("Data memory by region"))

    def show_memory(self, memory: Mapping[str, int], capacity: int) -> None:
        """Show the bytes of `memory` by region, of `capacity`."""
        if (memory, capacity) != (self._memory, self._capacity):
            self._memory, self._capacity = dict(memory), capacity
            self.setVisible(bool(memory) and capacity > 0)
            words = ", ".join(f"{region} {size:,} B" for region, size in self._shown())
            self.setAccessibleDescription(words)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the height of bar and rows."""
        return QSize(180, NEAR_PX + 2 * ROW_PX + BAR_PX + len(self._shown()) * ROW_PX + NEAR_PX)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the same: no row may be cut off."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw heading, bar and rows."""
        if not self._capacity:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        left, width = SPACE_PX, self.width() - 2 * SPACE_PX
        used = sum(self._memory.values())
        heading = QRectF(left, NEAR_PX, width, ROW_PX)
        self._both(
            painter,
            heading,
            tr("Data memory"),
            about(
                tr(
                    "{used:,} of {capacity:,} B, {share:.0%}",
                    used=used,
                    capacity=self._capacity,
                    share=used / self._capacity,
                )
            ),
            True,
        )
        bar = QRectF(left, NEAR_PX + ROW_PX + TIGHT_PX / 2, width, BAR_PX)
        painter.fillRect(bar, QColor(self.theme.raised))
        x = bar.x()
        for region, size in self._shown():
            part = bar.width() * size / max(self._capacity, used)
            painter.fillRect(QRectF(x, bar.y(), max(0.5, part - 0.5), bar.height()), QColor(_colour(region)))
            x += part
        top = bar.bottom() + TIGHT_PX
        for region, size in self._shown():
            row = QRectF(left, top, width, ROW_PX)
            swatch = QRectF(left, top + (ROW_PX - SWATCH_PX) / 2, SWATCH_PX, SWATCH_PX)
            painter.fillRect(swatch, QColor(_colour(region)))
            self._both(painter, row.adjusted(SWATCH_PX + TIGHT_PX + 2, 0, 0, 0), region, f"{size:,} B")
            top += ROW_PX
        row = QRectF(left, top, width, ROW_PX).adjusted(SWATCH_PX + TIGHT_PX + 2, 0, 0, 0)
        self._both(painter, row, tr("free"), f"{self._capacity - used:,} B")

    def _both(self, painter: QPainter, at: QRectF, name: str, value: str, is_heading: bool = False) -> None:
        painter.setPen(QColor(self.theme.text if is_heading else self.theme.muted))
        painter.drawText(at, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name.replace("_", " "))
        painter.setPen(QColor(self.theme.text))
        painter.drawText(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)

    def _shown(self) -> list[tuple[str, int]]:
        return [(region, size) for region, size in self._memory.items() if size]


def _colour(region: str) -> str:
    place = REGIONS.index(region) if region in REGIONS else len(REGIONS)
    return POPULATION_COLOURS[place % len(POPULATION_COLOURS)]
