"""Areas between step curves in a `TimePlot`: values stacked on each other, or the band between two ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from s2studio.draw.theme import rgb
from s2studio.gui.views.grid_image import GridImage, opaque, translucent
from s2studio.gui.views.plane import Plane


class StackedAreas:
    """Areas in `colours`, the lowest first, down to zero."""

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
        _paint_areas(painter, plane, self._tops, self._pixels, self._span_s)


class Band:
    """What lies between two step curves, so faint that a curve in it stands out."""

    ALPHA = 64

    def __init__(self, colour: str) -> None:
        self.set_colour(colour)
        self._ends = np.zeros((2, 0))
        self._span_s = (0.0, 1.0)

    def set_colour(self, colour: str) -> None:
        """Draw in `colour`, `#rrggbb`."""
        shown = translucent(np.array([rgb(colour)], np.uint8), np.full(1, self.ALPHA, np.uint32))
        self._pixels = np.array([0, shown[0], 0], np.uint32)

    def show_ends(self, low: NDArray[np.float64], high: NDArray[np.float64], begin_s: float, end_s: float) -> None:
        """Show what lies between `low` and `high` (columns,), none below zero, as `StackedAreas` shows values."""
        self._ends, self._span_s = np.stack([low, high]), (begin_s, end_s)

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw it."""
        _paint_areas(painter, plane, self._ends, self._pixels, self._span_s)


def _paint_areas(
    painter: QPainter,
    plane: Plane,
    tops: NDArray[np.float64],
    pixels: NDArray[np.uint32],
    span_s: tuple[float, float],
) -> None:
    """Draw areas up to `tops` (areas, columns), and what is above them, in the colours `pixels` (areas + 1,).

    They are an image: as a polygon of so many corners, Qt takes a hundred times as long for them.
    """
    rows = round(plane.y(0.0) - plane.box.top())
    ratio = painter.device().devicePixelRatio()
    heights = (plane.y(0.0) - plane.y(tops)) * ratio
    centre = np.arange(round(rows * ratio))[:, None] + 0.5
    area = np.zeros((len(centre), tops.shape[1]), np.uint8)
    for height in heights:
        area += centre > height
    image = GridImage()
    image.show_pixels(pixels[area], *span_s, plane.value(plane.y(0.0) - rows))
    image.paint(painter, plane)
