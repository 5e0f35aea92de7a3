"""Images in a `TimePlot`: a cell for each row and column of time, or a strip of colours over its time axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from s2studio.gui.views.plane import Plane


def opaque(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return `colours`, shape (..., 3), as the pixels that Qt draws fastest, shape (...)."""
    return translucent(colours, np.full(1, 255, np.uint32))


def translucent(colours: NDArray[np.uint8], alpha: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return `colours`, shape (..., 3), as pixels with `alpha` (0 to 255), by which they are multiplied."""
    found: NDArray[np.uint32] = alpha << np.uint32(24)
    for channel, shift in enumerate((16, 8, 0)):
        found = found | (colours[..., channel] * alpha // np.uint32(255) << np.uint32(shift))
    return found


class GridImage:
    """Shows pixels over a span of time. Where cells are smaller than pixels, `keeps_densest` shows the most opaque.

    Else one of them stands for all.
    """

    def __init__(self, keeps_densest: bool = False) -> None:
        self._keeps_densest = keeps_densest
        self._pixels: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self._span_s = (0.0, 1.0)
        self._rows = 0.0

    def show_pixels(self, pixels: NDArray[np.uint32], begin_s: float, end_s: float, rows: float) -> None:
        """Show `pixels` (rows, columns), 0xaarrggbb and premultiplied, from value 0, the first row, to `rows`."""
        self._pixels, self._span_s, self._rows = pixels, (begin_s, end_s), rows

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw it."""
        if not self._pixels.size:
            return
        begin, end = map(plane.x, self._span_s)
        first, last = plane.y(0.0), plane.y(float(self._rows))
        pixels = self._pixels
        if self._keeps_densest:
            ratio = painter.device().devicePixelRatio()
            pixels = _densest(_densest(pixels, abs(last - first) * ratio, 0), (end - begin) * ratio, 1)
        if last < first:  # Qt's rows go down
            pixels = pixels[::-1]
        pixels = np.ascontiguousarray(pixels)
        rows, columns = pixels.shape
        image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
        painter.drawImage(QRectF(QPointF(begin, min(first, last)), QPointF(end, max(first, last))), image)


class ColourStrip:
    """A colour for each column of time, along the lower edge."""

    HEIGHT_PX = 7.0

    def __init__(self) -> None:
        self._image = GridImage()

    def show_colours(self, colours: NDArray[np.uint8], begin_s: float, end_s: float) -> None:
        """Show `colours` (columns, 3)."""
        self._image.show_pixels(opaque(colours)[None], begin_s, end_s, 1.0)

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw it."""
        box = plane.box
        edge = QRectF(box.left(), box.bottom() - self.HEIGHT_PX, box.width(), self.HEIGHT_PX)
        self._image.paint(painter, replace(plane, box=edge, low=0.0, high=1.0))


def _densest(pixels: NDArray[np.uint32], room: float, axis: int) -> NDArray[np.uint32]:
    """Return `pixels` with at most `room` of them along `axis`: of neighbours the most opaque, the highest number."""
    count, most = pixels.shape[axis], max(1, int(room))
    if count <= most:
        return pixels
    starts = np.arange(most) * count // most
    found: NDArray[np.uint32] = np.maximum.reduceat(pixels, starts, axis=axis)
    return found
