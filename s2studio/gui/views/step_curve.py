"""Curves of a `TimePlot`: a value that holds from the edge of a column to the next, or a line through points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from s2studio.gui.views.plane import Plane, polygon


class StepCurve:
    """A step curve."""

    def __init__(self, colour: str, width: float = 1.0) -> None:
        self._colour, self._width = QColor(colour), width
        self._edges: NDArray[Any] = np.zeros(0)
        self._values: NDArray[Any] = np.zeros(0)

    def set_colour(self, colour: str, width: float | None = None) -> None:
        """Draw in `colour`, `#rrggbb`, so many px wide (None: as before)."""
        self._colour = QColor(colour)
        self._width = self._width if width is None else width

    def show_steps(self, edges: NDArray[Any], values: NDArray[Any]) -> None:
        """Draw `values` (columns,) between `edges` (columns + 1,) in s."""
        self._edges, self._values = edges, values

    def clear(self) -> None:
        """Draw nothing."""
        self.show_steps(np.zeros(0), np.zeros(0))

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw it."""
        if not len(self._values):
            return
        x = np.repeat(plane.x(np.asarray(self._edges, np.float64)), 2)
        y = np.repeat(plane.y(np.asarray(self._values, np.float64)), 2)
        painter.setPen(QPen(self._colour, self._width))
        painter.drawPolyline(polygon(x[1:-1], y))


class LineCurve:
    """A line through points."""

    def __init__(self) -> None:
        self._colour = QColor()
        self._points: tuple[NDArray[Any], NDArray[Any]] = (np.zeros(0), np.zeros(0))

    def show_points(self, times_s: NDArray[Any], values: NDArray[Any], colour: str) -> None:
        """Draw the line through `values` at `times_s`, shape (points,) each, in `colour`."""
        self._points, self._colour = (times_s, values), QColor(colour)

    def clear(self) -> None:
        """Draw nothing."""
        self._points = (np.zeros(0), np.zeros(0))

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw it."""
        times_s, values = (np.asarray(each, np.float64) for each in self._points)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._colour, 1.0))
        painter.drawPolyline(polygon(plane.x(times_s), plane.y(values)))


class Level:
    """A dashed line at one value, from the left to the right."""

    def __init__(self, colour: str, value: float | None = None) -> None:
        self.colour, self.value = colour, value

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw it, unless it has no value."""
        if self.value is not None:
            painter.setPen(QPen(QColor(self.colour), 1.0, Qt.PenStyle.DashLine))
            y = plane.y(self.value)
            painter.drawLine(QLineF(plane.box.left(), y, plane.box.right(), y))


class Triangles:
    """A small triangle at each of some points."""

    SIDE_PX = 8.0

    def __init__(self, colour: str) -> None:
        self.colour = colour
        self.points: tuple[NDArray[Any], NDArray[Any]] = (np.zeros(0), np.zeros(0))

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw them."""
        times_s, values = self.points
        half = self.SIDE_PX / 2
        shape = polygon(np.array([-half, half, 0.0]), np.array([-half, -half, half]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.colour))
        for x, y in zip(plane.x(times_s).tolist(), plane.y(values).tolist(), strict=True):
            painter.drawPolygon(QPolygonF(shape.translated(x, y)))
