"""What the colours of the mesh mean: the scale of its heat map, the load of its links, the populations."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from s2studio.draw.colours import colour_map, css_gradient
from s2studio.draw.theme import NEAR_PX, SMALL_PX, TIGHT_PX, WIDE_PX, Theme
from s2studio.gui.models.sure import about_column
from s2studio.gui.translation import tr
from s2studio.gui.views.mesh_scene import Legend

BAR_PX, NARROW_BAR_PX, LINE_PX, SWATCH_PX, ROW_PX = 120, 84, 28, 10, 20
# Rows of populations below the mesh, where height is dear, and beside it.
FEW_ROWS, MANY_ROWS = 2, 10


class MeshLegend(QWidget):
    """The scales, then the populations in as many rows as they need, at most `most_rows`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._legend: Legend | None = None
        self.most_rows, self._is_aside = FEW_ROWS, False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._font = QFont(self.font())
        self._font.setPixelSize(SMALL_PX)
        self._metrics = QFontMetricsF(self._font)
        self.setAccessibleName(tr("Legend of the mesh"))

    def show_legend(self, legend: Legend | None) -> None:
        """Show what the colours mean."""
        if legend != self._legend:
            before = self.sizeHint()
            self._legend = legend
            if self.sizeHint() != before:  # else numbers that change would lay out the whole window
                self.updateGeometry()
            self.update()

    def set_aside(self, is_aside: bool) -> None:
        """Stand beside the mesh, narrow and tall, or below it, wide and low."""
        self._is_aside, self.most_rows = is_aside, MANY_ROWS if is_aside else FEW_ROWS
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the height of all rows."""
        rows = self._scale_rows() + (len(self._rows(self.width())[: self.most_rows]) if self._legend else 0)
        return QSize(200, rows * ROW_PX + NEAR_PX)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the same height: nothing of it may be cut off."""
        return self.sizeHint()

    def resizeEvent(self, _event: object) -> None:  # noqa: N802 - Qt's name
        """Break the rows anew."""
        self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        painter.fillRect(self.rect(), QColor(self.theme.surface))
        if self._legend is None:
            return
        self._paint_scales(painter, self._legend)
        rows = self._rows(self.width())
        for number, row in enumerate(rows[: self.most_rows]):
            top = TIGHT_PX + (number + self._scale_rows()) * ROW_PX
            for x, name, colour in row:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(QRectF(x, top + (ROW_PX - SWATCH_PX) / 2, SWATCH_PX, SWATCH_PX), 2, 2)
                painter.setPen(QColor(self.theme.text))
                at = QRectF(x + SWATCH_PX + TIGHT_PX, top, self.width(), ROW_PX)
                painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, name)
        hidden = sum(len(row) for row in rows[self.most_rows :])
        self.setToolTip("" if not hidden else ", ".join(self._legend.populations))

    def _scale_rows(self) -> int:
        """Return how many rows the scales of the heat map and of the links take."""
        if self._legend is None or not self._is_aside:
            return 1
        return (2 if self._legend.title else 0) + (2 if self._legend.links else 0)

    def _paint_scales(self, painter: QPainter, legend: Legend) -> None:
        x, top = float(WIDE_PX), float(TIGHT_PX)
        if legend.title:
            x = self._text(painter, x, top, _title(legend), self.theme.text)
            if self._is_aside:
                x, top = float(WIDE_PX), top + ROW_PX
            x = self._text(painter, x, top, legend.low, self.theme.muted)
            wide = NARROW_BAR_PX if self._is_aside else BAR_PX
            bar = QRectF(x, top + (ROW_PX - SWATCH_PX) / 2, wide, SWATCH_PX)
            gradient = QLinearGradient(bar.topLeft(), bar.topRight())
            for offset, colour in css_gradient(colour_map()):
                gradient.setColorAt(offset, QColor(colour))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(gradient)
            painter.drawRoundedRect(bar, 2, 2)
            x = self._text(painter, bar.right() + NEAR_PX, top, legend.high, self.theme.muted) + NEAR_PX
            if self._is_aside:
                x, top = float(WIDE_PX), top + ROW_PX
        if legend.links:
            painter.setPen(QPen(QColor(self.theme.text), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            middle = top + ROW_PX / 2
            painter.drawLine(QPointF(x, middle), QPointF(x + LINE_PX, middle))
            x = self._text(painter, x + LINE_PX + NEAR_PX, top, tr("busiest link"), self.theme.text)
            if self._is_aside:
                x, top = float(WIDE_PX), top + ROW_PX
            self._text(painter, x, top, legend.links, self.theme.muted)

    def _text(self, painter: QPainter, x: float, top: float, text: str, colour: str) -> float:
        room = self.width() - x - NEAR_PX
        if room <= 0:
            return x
        fitted = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(colour))
        painter.drawText(QRectF(x, top, room, ROW_PX), Qt.AlignmentFlag.AlignVCenter, fitted)
        return x + self._metrics.horizontalAdvance(fitted) + NEAR_PX

    def _rows(self, width: int) -> list[list[tuple[float, str, str]]]:
        """Return the populations row by row, each as its place, name and colour."""
        rows: list[list[tuple[float, str, str]]] = []
        x = float(WIDE_PX)
        for name, colour in self._legend.populations.items() if self._legend is not None else ():
            shown = self._metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 160)
            needed = SWATCH_PX + TIGHT_PX + self._metrics.horizontalAdvance(shown) + WIDE_PX
            if not rows or x + needed > max(width, 200):
                rows.append([])
                x = float(WIDE_PX)
            rows[-1].append((x, shown, colour))
            x += needed
        return rows


def _title(legend: Legend) -> str:
    return about_column(tr(legend.title)) if legend.is_estimate else tr(legend.title)
