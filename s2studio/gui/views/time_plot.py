"""A plot over chip time: its span and cursor are the timeline's, so all such plots move together."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from s2studio.draw.theme import Theme
from s2studio.gui.models.timeline import Timeline
from s2studio.gui.theme import small_font
from s2studio.gui.translation import tr
from s2studio.gui.views.axis import Axis
from s2studio.gui.views.plot import Plot

ZOOM_PER_NOTCH = 0.8
TIME_UNITS = ((1.0, "s"), (1e3, "ms"), (1e6, "µs"))


class TimeAxis(Axis):
    """An axis of chip time whose numbers carry their unit, so that it needs no line for a label."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.enableAutoSIPrefix(False)

    def tickStrings(  # noqa: N802 - pyqtgraph's name
        self,
        values: Sequence[float],
        scale: float,  # noqa: ARG002 - the axis has none
        spacing: float,
    ) -> list[str]:
        """Return each of `values` (s) in the unit that suits the spacing of them."""
        factor, unit = next((row for row in TIME_UNITS if spacing * row[0] >= 1.0), TIME_UNITS[-1])
        return [f"{round(value * factor, 3):,g} {unit}" for value in values]


class TimePlot(Plot):
    """Time in s to the right, one quantity upwards.

    Wheel: zoom around the pointer. Drag: move the span. Click: move the cursor. Double click: the whole run.
    """

    def __init__(self, timeline: Timeline, theme: Theme, label: str, unit: str, parent: QWidget | None = None) -> None:
        labels = {"left": (label, unit)}
        super().__init__(theme, tr("{label} over time", label=label), labels, parent, axisItems={"bottom": TimeAxis()})
        self.timeline = timeline
        self._pressed: tuple[QPointF, int, int] | None = None
        self._is_dragging = False
        item = self.getPlotItem()
        item.getAxis("left").setWidth(64)
        self.cursor_line = pg.InfiniteLine(angle=90, movable=False)
        item.addItem(self.cursor_line, ignoreBounds=True)
        self._shown: tuple[int, int, float] | None = None
        self.apply_theme(theme)
        self.follow_timeline()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        super().apply_theme(theme)
        item = self.getPlotItem()
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setStyle(tickLength=-4, tickFont=small_font())
            axis.label.setDefaultTextColor(QColor(theme.muted))
        item.showGrid(x=False, y=True, alpha=0.12)
        self.cursor_line.setPen(pg.mkPen(theme.accent, width=1))

    def follow_timeline(self) -> None:
        """Show the timeline's span and cursor: called by its panel when it is the panel's turn."""
        timeline = self.timeline
        shown = (timeline.start, timeline.stop, timeline.tick_s)
        if shown != self._shown:  # drawing the axis anew is most of the work
            self._shown = shown
            self.setXRange(timeline.start * timeline.tick_s, timeline.stop * timeline.tick_s, padding=0)
        self.cursor_line.setValue((timeline.cursor + 0.5) * timeline.tick_s)

    def tick_at(self, position: QPointF) -> int:
        """Return the tick under a point of the widget."""
        point = self.getPlotItem().getViewBox().mapSceneToView(self.mapToScene(position.toPoint()))
        return int(point.x() / self.timeline.tick_s)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom around the pointer."""
        notches = event.angleDelta().y() / 120
        self.timeline.zoom(ZOOM_PER_NOTCH**notches, self.tick_at(event.position()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin a click or a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = (event.position(), self.timeline.start, self.timeline.stop)
            self._is_dragging = False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move the span while the button is held."""
        if self._pressed is None:
            return
        origin, start, stop = self._pressed
        moved = event.position().x() - origin.x()
        if abs(moved) > 4 or self._is_dragging:
            self._is_dragging = True
            ticks = round(moved / max(1.0, self.getPlotItem().getViewBox().width()) * (stop - start))
            first = max(0, min(start - ticks, max(0, self.timeline.length - (stop - start))))
            self.timeline.look(first, first + stop - start)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move the cursor where the button was pressed and not moved."""
        if self._pressed is not None and not self._is_dragging:
            self.timeline.move(self.tick_at(event.position()))
            self.clicked(event.position())
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show the whole run."""
        self.timeline.look_at_all()
        event.accept()

    def clicked(self, position: QPointF) -> None:
        """Do what a click means beside moving the cursor."""

    def set_y_range(self, low: float, high: float) -> None:
        """Show `low` to `high` (in the plot's unit)."""
        if high > low:
            self.setYRange(low, high, padding=0.02)
