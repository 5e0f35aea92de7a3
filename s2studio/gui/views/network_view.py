"""The network graph as a widget: boxes and edges that can be selected, groups that open and close."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from s2studio.draw.graph import Edge, GraphLayout, layered
from s2studio.draw.mesh import Box
from s2studio.draw.theme import (
    BODY_PX,
    FAR_PX,
    NEAR_PX,
    RADIUS_PX,
    SMALL_PX,
    SPACE_PX,
    STROKE_PX,
    TIGHT_PX,
    Theme,
)
from s2studio.gui.models.network_graph import GraphEdge, GraphNode, NetworkGraph
from s2studio.gui.models.selection import Selected
from s2studio.gui.translation import tr
from s2studio.gui.views.canvas import ZOOM_PER_NOTCH, Canvas

GAP, GAP_DOWN = (72.0, 28.0), (44.0, 20.0)
LINE_PX = 16.0
NARROWEST_PX, WIDEST_PX = 104.0, 240.0
# Text that would be smaller than this on the screen is left out.
LEAST_TEXT_PX = 6.5
# How near to an edge a click must be, in px.
REACH_PX = 6.0


@dataclass(frozen=True)
class _Press:
    at: QPointF
    offset: QPointF


class NetworkView(Canvas):
    """Draws a `NetworkGraph`, layers from left to right.

    Click selects a population or a projection, with Shift or Ctrl more populations; double click opens or closes a
    group; drag moves, wheel and pinch zoom. Keys: arrows go from box to box, Enter opens or closes, 0 shows all.
    """

    MOST_FITTED = 1.3

    chosen = Signal(object, bool)  # populations (a frozenset of names), whether they come in addition
    edge_chosen = Signal(object)  # the projections of an edge, by number
    toggled = Signal(object)  # the node that was double clicked
    pointed = Signal(object)  # the populations under the pointer

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.graph = NetworkGraph((), ())
        self.selected, self.hovered = Selected(), Selected()
        self.focus = 0
        self._layout: GraphLayout | None = None
        self._paths: dict[int, QPainterPath] = {}
        self._is_tall = False
        self._press: _Press | None = None
        self._is_moved = False
        self._bold, self._small = QFont(self.font()), QFont(self.font())
        self._bold.setPixelSize(BODY_PX)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self._small.setPixelSize(SMALL_PX)
        self.setMinimumSize(200, 160)
        self.setAccessibleName(tr("Graph of the network"))

    def show_graph(self, graph: NetworkGraph, keeps_camera: bool = False) -> None:
        """Show `graph`; `keeps_camera` where only a group opened or closed."""
        self.graph = graph
        self.focus = min(self.focus, max(0, len(graph.nodes) - 1))
        self._lay_out()
        self.fit(animated=keeps_camera)
        self.setAccessibleDescription(", ".join(node.title for node in graph.nodes[:20]))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Let layers run downwards where there is more height than width."""
        if self.graph.nodes and self._is_tall != (self.height() > self.width()):
            self._lay_out()
        super().resizeEvent(event)

    def bounds(self) -> Box | None:
        """Return the box around all boxes and edges."""
        if self._layout is None or not self.graph.nodes:
            return None
        return Box(0.0, -LINE_PX, self._layout.width, self._layout.height + LINE_PX)

    def room(self) -> QRect:
        """Return the widget without its rim."""
        return self.rect().adjusted(SPACE_PX, SPACE_PX, -SPACE_PX, -SPACE_PX)

    def node_at(self, at: QPointF) -> int | None:
        """Return the box under a point of the widget."""
        place = self.to_plane(at)
        boxes = self._layout.boxes if self._layout is not None else ()
        return next((number for number, box in enumerate(boxes) if box.contains(place.x(), place.y())), None)

    def edge_at(self, at: QPointF) -> int | None:
        """Return the edge near a point of the widget."""
        reach = REACH_PX / self.scale
        place = self.to_plane(at)
        near = QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)
        for number, path in self._paths.items():
            if path.boundingRect().adjusted(-reach, -reach, reach, reach).contains(place) and path.intersects(near):
                closed = QPainterPath(path)
                closed.addPath(path.toReversed())
                if closed.intersects(near) and _is_near(path, place, reach):
                    return number
        return None

    def rect_of(self, number: int) -> QRectF:
        """Return where a box is on the widget."""
        return self.box_on_screen(self._layout.boxes[number]) if self._layout is not None else QRectF()

    # ----------------------------------------------------------------------------------------------------------- events
    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw edges, then boxes; only those in sight."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), QColor(self.theme.surface))
        if self._layout is None:
            return
        painter.translate(self.offset)
        painter.scale(self.scale, self.scale)
        sight = QRectF(self.to_plane(QPointF(0, 0)), self.to_plane(QPointF(self.width(), self.height())))
        for number, path in self._paths.items():
            if path.boundingRect().adjusted(-1, -1, 1, 1).intersects(sight):
                self._paint_edge(painter, self.graph.edges[number], path)
        for number, box in enumerate(self._layout.boxes):
            rect = QRectF(box.x, box.y, box.width, box.height)
            if rect.intersects(sight):
                self._paint_node(painter, number, rect)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin a click or a move."""
        if event.button() != Qt.MouseButton.RightButton:
            self._press, self._is_moved = _Press(event.position(), QPointF(self.offset)), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move the graph while a button is held, else point."""
        at = event.position()
        if self._press is None:
            number = self.node_at(at)
            names = frozenset() if number is None else frozenset(self.graph.nodes[number].populations)
            self.pointed.emit(names)
            self.setToolTip("" if number is None else _tip(self.graph.nodes[number]))
            return
        moved = at - self._press.at
        if self._is_moved or moved.manhattanLength() >= QApplication.startDragDistance():
            self._is_moved = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.move_to(self._press.offset + moved)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Select what was clicked."""
        self.unsetCursor()
        press, self._press = self._press, None
        if press is None or self._is_moved or event.button() != Qt.MouseButton.LeftButton:
            return
        number = self.node_at(event.position())
        if number is not None:
            self.focus = number
            self._choose(number, event.modifiers())
            return
        edge = self.edge_at(event.position())
        if edge is not None:
            self.edge_chosen.emit(self.graph.edges[edge].projections)
        else:
            self.chosen.emit(frozenset(), False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Open or close a group, or show everything."""
        number = self.node_at(event.position())
        if number is None:
            self.fit()
        else:
            self.toggled.emit(self.graph.nodes[number])

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Point at nothing."""
        super().leaveEvent(event)
        self.pointed.emit(frozenset())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Go from box to box, open and close, zoom."""
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        keys: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Plus: lambda: self.zoom(ZOOM_PER_NOTCH),
            Qt.Key.Key_Equal: lambda: self.zoom(ZOOM_PER_NOTCH),
            Qt.Key.Key_Minus: lambda: self.zoom(1 / ZOOM_PER_NOTCH),
            Qt.Key.Key_0: self.fit,
            Qt.Key.Key_Home: self.fit,
        }
        key = event.key()
        if key in steps and self.graph.nodes:
            self._move_focus(*steps[Qt.Key(key)])
            self._choose(self.focus, event.modifiers())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.graph.nodes:
            self.toggled.emit(self.graph.nodes[self.focus])
        elif key in keys:
            keys[key]()
        else:
            super().keyPressEvent(event)

    # ----------------------------------------------------------------------------------------------------------- inside
    def _lay_out(self) -> None:
        self._is_tall = self.height() > self.width()
        sizes = [self._size(node) for node in self.graph.nodes]
        edges = [Edge(edge.source, edge.target) for edge in self.graph.edges]
        if self._is_tall:
            self._layout = _turned(layered([(height, width) for width, height in sizes], edges, GAP_DOWN))
        else:
            self._layout = layered(sizes, edges, GAP)
        self._paths = {number: self._path(edge) for number, edge in enumerate(self.graph.edges)}

    def _choose(self, number: int, modifiers: Qt.KeyboardModifier) -> None:
        adds = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
        self.chosen.emit(frozenset(self.graph.nodes[number].populations), adds)

    def _move_focus(self, dx: int, dy: int) -> None:
        """Put the focus on the nearest box in a direction."""
        if self._layout is None:
            return
        boxes = self._layout.boxes
        x, y = boxes[self.focus].centre
        best, found = float("inf"), self.focus
        for number, box in enumerate(boxes):
            along = (box.centre[0] - x) * dx + (box.centre[1] - y) * dy
            across = abs((box.centre[0] - x) * dy) + abs((box.centre[1] - y) * dx)
            if along > 1e-6 and along + 2 * across < best:
                best, found = along + 2 * across, number
        self.focus = found

    def _size(self, node: GraphNode) -> tuple[float, float]:
        bold, small = QFontMetricsF(self._bold), QFontMetricsF(self._small)
        tag = small.horizontalAdvance(tr("output")) + SPACE_PX if node.is_output else 0.0
        widest = max(bold.horizontalAdvance(node.title) + tag, *(small.horizontalAdvance(line) for line in node.lines))
        width = min(WIDEST_PX, max(NARROWEST_PX, widest + FAR_PX + TIGHT_PX))
        return width, 2 * NEAR_PX + BODY_PX + TIGHT_PX + len(node.lines) * LINE_PX

    def _path(self, edge: GraphEdge) -> QPainterPath:
        if self._layout is None:
            return QPainterPath()
        if edge.source == edge.target:
            return self._loop(self._layout.boxes[edge.source])
        points = [QPointF(*point) for point in self._layout.ways[Edge(edge.source, edge.target)]]
        path = QPainterPath(points[0])
        first, last = points[0], points[-1]
        is_back = last.y() <= first.y() if self._is_tall else last.x() <= first.x()
        for start, stop in pairwise(points):
            middle = (start + stop) / 2
            if is_back or start.x() == stop.x() or start.y() == stop.y():
                path.lineTo(stop)
            elif self._is_tall:
                path.cubicTo(QPointF(start.x(), middle.y()), QPointF(stop.x(), middle.y()), stop)
            else:
                path.cubicTo(QPointF(middle.x(), start.y()), QPointF(middle.x(), stop.y()), stop)
        return path

    @staticmethod
    def _loop(box: Box) -> QPainterPath:
        """Return the way of a projection from a population to itself: a bow above its box."""
        path = QPainterPath(QPointF(box.right - 34, box.y))
        top = box.y - LINE_PX
        path.cubicTo(QPointF(box.right - 34, top), QPointF(box.right - 10, top), QPointF(box.right - 10, box.y))
        return path

    def _paint_edge(self, painter: QPainter, edge: GraphEdge, path: QPainterPath) -> None:
        theme = self.theme
        is_chosen = bool(self.selected.projections.intersection(edge.projections))
        ends = {*self.graph.nodes[edge.source].populations, *self.graph.nodes[edge.target].populations}
        is_near = bool(ends & (self.selected.populations | self.hovered.populations))
        colour = theme.accent if is_chosen else theme.muted if is_near else theme.border
        pen = QPen(QColor(colour), STROKE_PX * (1.6 if is_chosen else 1.0))
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        self._paint_head(painter, path, QColor(colour))
        # The label stands in the gap behind the source, and nothing stands where it would run into a box.
        if SMALL_PX * self.scale < LEAST_TEXT_PX or edge.source == edge.target or not (is_chosen or is_near):
            return
        painter.setFont(self._small)
        metrics = QFontMetricsF(self._small)
        at = path.pointAtPercent(0.5)
        width = metrics.horizontalAdvance(edge.label) + 2 * TIGHT_PX
        plate = QRectF(at.x() - width / 2, at.y() - LINE_PX / 2, width, LINE_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(plate, RADIUS_PX, RADIUS_PX)
        painter.setPen(QColor(theme.text if is_chosen else theme.muted))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, edge.label)

    @staticmethod
    def _paint_head(painter: QPainter, path: QPainterPath, colour: QColor) -> None:
        end, angle = path.pointAtPercent(1.0), path.angleAtPercent(1.0)
        painter.save()
        painter.translate(end)
        painter.rotate(-angle)
        head = QPainterPath(QPointF(0, 0))
        head.lineTo(-7, 3.5)
        head.lineTo(-7, -3.5)
        head.closeSubpath()
        painter.fillPath(head, colour)
        painter.restore()

    def _paint_node(self, painter: QPainter, number: int, rect: QRectF) -> None:
        theme, node = self.theme, self.graph.nodes[number]
        names = set(node.populations)
        is_chosen, is_under = bool(names & self.selected.populations), bool(names & self.hovered.populations)
        if node.group:  # a second box behind it says that there is more inside
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.surface))
            painter.drawRoundedRect(rect.translated(4, 4), RADIUS_PX, RADIUS_PX)
        pen = QPen(
            QColor(theme.accent if is_chosen else theme.muted if is_under else theme.border), 2 if is_chosen else 1
        )
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(rect, RADIUS_PX, RADIUS_PX)
        painter.fillRect(QRectF(rect.x() + 1, rect.y() + 4, 4, rect.height() - 8), QColor(node.colour))
        if number == self.focus and self.hasFocus():
            painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(-3, -3, 3, 3), RADIUS_PX, RADIUS_PX)
        if SMALL_PX * self.scale >= LEAST_TEXT_PX:
            self._paint_words(painter, node, rect.adjusted(SPACE_PX + 2, NEAR_PX, -NEAR_PX, -NEAR_PX))

    def _paint_words(self, painter: QPainter, node: GraphNode, room: QRectF) -> None:
        theme = self.theme
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        first = QRectF(room.x(), room.y(), room.width(), BODY_PX + TIGHT_PX)
        painter.setFont(self._small)
        if node.is_output:
            painter.setPen(QColor(theme.accent))
            painter.drawText(first, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tr("output"))
            first = first.adjusted(0, 0, -QFontMetricsF(self._small).horizontalAdvance(tr("output")) - TIGHT_PX, 0)
        painter.setFont(self._bold)
        painter.setPen(QColor(theme.text))
        title = QFontMetricsF(self._bold).elidedText(node.title, Qt.TextElideMode.ElideMiddle, first.width())
        painter.drawText(first, left, title)
        painter.setFont(self._small)
        painter.setPen(QColor(theme.muted))
        for number, line in enumerate(node.lines):
            at = QRectF(room.x(), first.bottom() + number * LINE_PX, room.width(), LINE_PX)
            text = QFontMetricsF(self._small).elidedText(line, Qt.TextElideMode.ElideRight, at.width())
            painter.drawText(at, left, text)


def _turned(layout: GraphLayout) -> GraphLayout:
    """Return `layout` with its layers from top to bottom."""
    boxes = tuple(Box(box.y, box.x, box.height, box.width) for box in layout.boxes)
    ways = {edge: tuple((y, x) for x, y in points) for edge, points in layout.ways.items()}
    return GraphLayout(boxes, ways, layout.height, layout.width)


def _is_near(path: QPainterPath, place: QPointF, reach: float) -> bool:
    """Return whether `place` is within `reach` of the line itself, not only inside the bow it makes."""
    steps = max(8, int(path.length() / reach) if reach > 0 else 8)
    points = (path.pointAtPercent(step / steps) for step in range(steps + 1))
    return any((point - place).manhattanLength() <= 1.5 * reach for point in points)


def _tip(node: GraphNode) -> str:
    if node.group:
        shown = ", ".join(node.populations[:8]) + (" …" if len(node.populations) > 8 else "")
        return tr(
            "{title}: {lines}\n{shown}\nDouble click opens it.",
            title=node.title,
            lines=", ".join(node.lines),
            shown=shown,
        )
    return f"{node.title}: {', '.join(node.lines)}"
