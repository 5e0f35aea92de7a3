"""A plot over chip time: its span and cursor are the timeline's, so all such plots move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.timeline import Timeline
from s2studio.gui.theme import small_font
from s2studio.gui.translation import tr
from s2studio.gui.views.kept_picture import KeptPicture
from s2studio.gui.views.plane import LeftAxis, Plane, PlotItem, paint_left, paint_times

ZOOM_PER_NOTCH = 0.8
LEFT_PX, TIMES_PX = 64, 20
# Above and below the values, as a share of their range.
PADDING = 0.02


class TimePlot(QWidget):
    """Time in s to the right, one quantity upwards; `has_times` says whether the times stand below.

    Its items are painted once into a picture: a cursor that moves costs no more than a line.
    Wheel: zoom around the pointer. Drag: move the span. Click: move the cursor. Double click: the whole run.
    """

    def __init__(
        self, timeline: Timeline, theme: Theme, label: str, unit: str, has_times: bool = True, left_px: int = LEFT_PX
    ) -> None:
        super().__init__()
        self.timeline = timeline
        self._theme = theme
        self._axis = LeftAxis(label, unit)
        self._has_times, self._left_px = has_times, left_px
        self._range = (0.0, 1.0)
        self._items: list[PlotItem] = []
        self._picture = KeptPicture(self)
        self._span = (timeline.start, timeline.stop)
        self._cursor_x = 0
        self._pressed: tuple[QPointF, int, int] | None = None
        self._is_dragging = False
        self._font = small_font()
        self.setAccessibleName(tr("{label} over time", label=label))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # ------------------------------------------------------------------------------------------------- what it shows
    def add(self, item: PlotItem) -> None:
        """Show `item` too, above all others."""
        self._items.append(item)
        self.redraw()

    def set_items(self, items: Sequence[PlotItem]) -> None:
        """Show `items` and no others."""
        self._items = list(items)
        self.redraw()

    def redraw(self) -> None:
        """Draw everything anew: something of it changed."""
        self._picture.drop()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self.redraw()

    def label(self, text: str, unit: str) -> None:
        """Say what the values are."""
        self._axis = replace(self._axis, label=text, unit=unit)
        self.redraw()

    def name_rows(self, names: Sequence[tuple[float, str]]) -> None:
        """Write names at values, in place of numbers."""
        self._axis = replace(self._axis, names=tuple(names))
        self.redraw()

    def set_y_range(self, low: float, high: float) -> None:
        """Show `low` to `high` (in the plot's unit), and a little around them, with what the items have now."""
        if high > low:
            spare = PADDING * (high - low)
            self.show_range(low - spare, high + spare)

    def show_range(self, bottom: float, top: float) -> None:
        """Show exactly the values from `bottom` to `top`, with what the items have now."""
        self._range = (bottom, top)
        self.redraw()

    def show_span(self, start: int, stop: int) -> None:
        """Show the ticks `start` to `stop`: those of what it draws, so that axis and data move together."""
        if self._span != (start, stop):
            self._span = (start, stop)
            self.redraw()

    def follow_cursor(self) -> None:
        """Show the timeline's cursor."""
        x = self._x_of_cursor()
        if x != self._cursor_x:
            for changed in (x, self._cursor_x):
                self.update(QRect(changed - 2, 0, 4, self.height()))
            self._cursor_x = x

    @property
    def is_cursor_stale(self) -> bool:
        """Whether the timeline's cursor is elsewhere."""
        return self._x_of_cursor() != self._cursor_x

    @property
    def plane(self) -> Plane:
        """Where values lie."""
        (start, stop), tick_s = self._span, self.timeline.tick_s
        room = QRectF(self.rect()).adjusted(self._left_px, NEAR_PX, -NEAR_PX, -(TIMES_PX if self._has_times else 2))
        return Plane(room, start * tick_s, stop * tick_s, *self._range)

    def tick_at(self, position: QPointF) -> int:
        """Return the tick under a point of the widget."""
        return int(self.plane.time_s(position.x()) / self.timeline.tick_s)

    def clicked(self, position: QPointF) -> None:
        """Do what a click means beside moving the cursor."""

    # -------------------------------------------------------------------------------------------------------- events
    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the picture, and the cursor over it."""
        painter = QPainter(self)
        self._picture.draw(painter, self._paint)
        box = self.plane.box
        if box.left() <= self._cursor_x <= box.right():
            top, height = round(box.top()), round(box.height())
            painter.fillRect(self._cursor_x, top, 1, height, QColor(self._theme.accent))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Draw as large as there is room."""
        super().resizeEvent(event)
        self.redraw()
        self.follow_cursor()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size in which curves can be read."""
        return QSize(320, 160)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size in which something can be seen."""
        return QSize(self._left_px + 64, 48)

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
            ticks = round(moved / max(1.0, self.plane.box.width()) * (stop - start))
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

    # -------------------------------------------------------------------------------------------------------- inside
    def _x_of_cursor(self) -> int:
        return round(self.plane.x((self.timeline.cursor + 0.5) * self.timeline.tick_s))

    def _paint(self, painter: QPainter) -> None:
        painter.setFont(self._font)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        plane = self.plane
        if plane.box.isEmpty():
            return
        paint_left(painter, plane, self._axis, self._theme)
        if self._has_times:
            paint_times(painter, plane, self._theme)
        painter.setClipRect(plane.box)
        for item in self._items:
            painter.save()
            item.paint(painter, plane)
            painter.restore()
        painter.setClipping(False)
        painter.setPen(QColor(self._theme.border))
        painter.drawLine(plane.box.bottomLeft(), plane.box.bottomRight())
