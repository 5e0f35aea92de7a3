"""Values stacked on each other in a `TimePlot`, each a step area in its colour, down to zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from s2studio.draw.theme import rgb
from s2studio.gui.views.grid_image import GridImage, opaque
from s2studio.gui.views.plane import Plane


class StackedAreas:
    """Areas in `colours`, the lowest first.

    They are an image: as a polygon of so many corners, Qt takes a hundred times as long for them.
    """

    def __init__(self, colours: Sequence[str]) -> None:
        self.set_colours(colours)
        self._tops = np.zeros((len(colours), 0))
        self._span_s = (0.0, 1.0)

    def set_colours(self, colours: Sequence[str]) -> None:
        """Draw in `colours`."""
        shown = opaque(np.array([rgb(colour) for colour in colours], np.uint8))
        self._pixels = np.append(shown, np.uint32(0))

    def show_values(self, values: NDArray[np.float64], begin_s: float, end_s: float) -> None:
        """Show `values` (areas, columns), none below zero, in columns of the same width from `begin_s` to `end_s`."""
        self._tops, self._span_s = np.cumsum(values, axis=0), (begin_s, end_s)

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw them."""
        rows = round(plane.y(0.0) - plane.box.top())
        ratio = painter.device().devicePixelRatio()
        heights = (plane.y(0.0) - plane.y(self._tops)) * ratio
        centre = np.arange(round(rows * ratio))[:, None] + 0.5
        area = np.zeros((len(centre), self._tops.shape[1]), np.uint8)
        for height in heights:
            area += centre > height
        image = GridImage()
        image.show_pixels(self._pixels[area], *self._span_s, plane.value(plane.y(0.0) - rows))
        image.paint(painter, plane)
