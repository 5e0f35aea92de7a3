"""A picture that a widget keeps of what seldom changes, as sharp as its screen."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import ceil

from PySide6.QtCore import QSize
from PySide6.QtGui import QPaintEngine, QPainter, QPixmap
from PySide6.QtWidgets import QWidget


class KeptPicture:
    """What `widget` shows, painted again once it is dropped, or for another key or size. In a file it is no picture."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._picture = QPixmap()
        self._key: Hashable = None

    def drop(self) -> None:
        """Paint it again the next time."""
        self._key = None

    def draw(self, painter: QPainter, paint: Callable[[QPainter], None], key: Hashable = ()) -> None:
        """Draw the picture over the whole widget; `paint` makes it, as large as the widget."""
        if painter.paintEngine().type() != QPaintEngine.Type.Raster:
            paint(painter)  # into a file, as lines and letters
            return
        ratio, size = self._widget.devicePixelRatioF(), self._widget.size()
        now = (key, size.width(), size.height(), ratio)
        if self._key != now:
            self._paint(paint, QSize(ceil(size.width() * ratio), ceil(size.height() * ratio)), ratio)
            self._key = now
        painter.drawPixmap(0, 0, self._picture)

    def _paint(self, paint: Callable[[QPainter], None], pixels: QSize, ratio: float) -> None:
        if self._picture.size() != pixels:  # to take memory anew costs as much as half of the painting
            self._picture = QPixmap(pixels)
        if ratio != int(ratio):  # the last row and column of pixels are then not covered whole
            self._picture.fill(self._widget.palette().window().color())
        self._picture.setDevicePixelRatio(ratio)
        own = QPainter(self._picture)
        paint(own)
        own.end()
