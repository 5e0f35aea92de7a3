"""Where the values of a plot over time lie on the screen, and what is painted there besides them: axes and grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from s2studio.draw.scale import axis_unit, round_steps, written
from s2studio.draw.theme import TIGHT_PX, Theme

# Grid lines and numbers are at least so far apart, in px.
ROW_PX, TIME_PX = 26, 84
TIME_UNITS = ((1.0, "s"), (1e3, "ms"), (1e6, "µs"))
Value = TypeVar("Value", float, NDArray[np.float64])


@dataclass(frozen=True)
class Plane:
    """The box of a plot, in px: the times `begin_s` to `end_s` from left to right, `low` to `high` from its bottom up.

    `low` is above `high` where values grow downwards.
    """

    box: QRectF
    begin_s: float
    end_s: float
    low: float
    high: float

    def x(self, time_s: Value) -> Value:
        """Return where times lie, in px from the left."""
        return self.box.left() + (time_s - self.begin_s) * (self.box.width() / (self.end_s - self.begin_s))

    def y(self, value: Value) -> Value:
        """Return where values lie, in px from the top."""
        return self.box.bottom() - (value - self.low) * (self.box.height() / (self.high - self.low))

    def time_s(self, x: float) -> float:
        """Return the time that lies at `x` px."""
        return self.begin_s + (x - self.box.left()) * (self.end_s - self.begin_s) / max(1.0, self.box.width())

    def value(self, y: float) -> float:
        """Return the value that lies at `y` px."""
        return self.low + (self.box.bottom() - y) * (self.high - self.low) / max(1.0, self.box.height())


class PlotItem(Protocol):
    """What a plot shows."""

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw it; what lies outside of the box is cut off."""


@dataclass(frozen=True)
class LeftAxis:
    """What stands to the left of a plot: `label` and numbers in `unit`, or `names` at values in place of them."""

    label: str
    unit: str
    names: Sequence[tuple[float, str]] = ()

    def places(self, plane: Plane) -> tuple[list[tuple[float, str]], str]:
        """Return which values have a grid line, with their texts, and the label with its unit."""
        if self.names:
            return list(self.names), self.label
        low, high = sorted((plane.low, plane.high))
        steps = round_steps(low, high, max(3, int(plane.box.height() / ROW_PX)))
        factor, unit = axis_unit(max(abs(low), abs(high)), self.unit)
        apart = (steps[1] - steps[0]) / factor if len(steps) > 1 else 1.0
        label = f"{self.label} ({unit})" if unit else self.label
        return [(value, written(value / factor, apart)) for value in steps], label


def paint_left(painter: QPainter, plane: Plane, axis: LeftAxis, theme: Theme) -> None:
    """Draw the grid and what stands to the left of it."""
    places, label = axis.places(plane)
    box = plane.box
    ys = [round(plane.y(value)) + 0.5 for value, _ in places]
    painter.setPen(QColor(theme.grid))
    painter.drawLines([QLineF(box.left(), y, box.right(), y) for y in ys])
    painter.setPen(QColor(theme.muted))
    height, free = painter.fontMetrics().height(), _paint_label(painter, box, label)
    flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for y, (_, text) in zip(ys, places, strict=True):
        top = min(max(0.0, y - height / 2), box.bottom() - height + TIGHT_PX)
        if top >= free:
            painter.drawText(QRectF(0, top, box.left() - TIGHT_PX, height), flags, text)


def _paint_label(painter: QPainter, box: QRectF, label: str) -> float:
    """Write the label of the left axis: turned, or at the top where it is too long for that; return its lower end."""
    metrics = painter.fontMetrics()
    if metrics.horizontalAdvance(label) > box.height():
        flags = Qt.AlignmentFlag.AlignRight | Qt.TextFlag.TextWordWrap
        return painter.drawText(QRectF(0, 0, box.left() - TIGHT_PX, box.height()), flags, label).bottom()
    painter.save()
    painter.translate(0, box.center().y())
    painter.rotate(-90)
    room = QRectF(-box.height() / 2, 0, box.height(), metrics.height())
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, label)
    painter.restore()
    return 0.0


def paint_times(painter: QPainter, plane: Plane, theme: Theme) -> None:
    """Draw the times below the box, each with its unit, so that they need no label."""
    box = plane.box
    steps = round_steps(plane.begin_s, plane.end_s, int(box.width() / TIME_PX))
    apart = steps[1] - steps[0] if len(steps) > 1 else plane.end_s - plane.begin_s
    painter.setPen(QColor(theme.muted))
    metrics = painter.fontMetrics()
    for time_s in steps:
        text, x = time_text(time_s, apart), plane.x(time_s)
        width = metrics.horizontalAdvance(text)
        left = min(x - width / 2, box.right() - width)
        painter.drawText(QPointF(left, box.bottom() + metrics.ascent() + TIGHT_PX), text)
    painter.setPen(QColor(theme.border))
    painter.drawLines([QLineF(plane.x(time_s), box.bottom(), plane.x(time_s), box.bottom() + 3) for time_s in steps])


def time_text(time_s: float, apart_s: float) -> str:
    """Return a time in the unit that suits times `apart_s` from each other."""
    factor, unit = next((row for row in TIME_UNITS if apart_s * row[0] >= 1.0 - 1e-9), TIME_UNITS[-1])
    return f"{round(time_s * factor, 3):,g} {unit}"


def polygon(x: NDArray[Any], y: NDArray[Any]) -> QPolygonF:
    """Return the points (`x`, `y`), shape (points,) each, without making an object of each."""
    found = QPolygonF()
    if len(x):
        found.resize(len(x))
        first: Any = found.data()
        memory: Any = shiboken6.VoidPtr
        points = np.frombuffer(memory(first, 16 * len(x), True), np.float64)
        points[0::2], points[1::2] = x, y
    return found
