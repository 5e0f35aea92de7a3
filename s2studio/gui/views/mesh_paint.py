"""Draws the mesh: one pass over cells, links and PEs, with names and numbers where there is room for them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from s2studio.chip.machine import PE
from s2studio.draw.mesh import PE_SIDE, Box, MeshLayout
from s2studio.draw.theme import SMALL_PX, STROKE_PX, Theme, mixed, readable_on
from s2studio.draw.trace import Trace, points
from s2studio.gui.models.selection import Selected
from s2studio.gui.views.mesh_scene import Carried, MeshScene, Tile
from s2studio.mapping.mapping import Link

# From these sizes of a PE on the screen on, in px, there is room for its slice's name, its value, its own name.
NAME_PX, VALUE_PX, FULL_PX = 34.0, 46.0, 76.0
# How faint what is not part of a trace is, and the line of one of many ways becomes.
OUTSIDE, FAINTEST = 0.3, 0.25
# From this scale on, a traced link says how many flits cross it.
FLITS_SCALE = 4.5
# In units of the layout: the widest link.
LINK_WIDTH = 1.6
_POINT, _SQUARE = Qt.PenCapStyle.RoundCap, Qt.PenCapStyle.FlatCap


@dataclass(frozen=True)
class Looks:
    """How the mesh is looked at: scale and offset in px, what is selected, hovered, focused, carried and traced."""

    scale: float
    offset: QPointF
    selected: Selected = field(default_factory=Selected)
    hovered: Selected = field(default_factory=Selected)
    focus: PE | None = None
    carried: Carried | None = None
    names: bool = False
    trace: Trace | None = None


class MeshPainter:
    """Paints one frame: the ground, which only the camera changes, then `paint` what happens on it, back to front."""

    def __init__(self, painter: QPainter, layout: MeshLayout, shown: MeshScene, looks: Looks, theme: Theme) -> None:
        self._painter, self._layout, self._scene, self._looks, self._theme = painter, layout, shown, looks, theme
        self._side = PE_SIDE * looks.scale
        self._radius = max(1.5, min(5.0, self._side * 0.12))
        self._font = QFont(painter.font())
        self._font.setPixelSize(SMALL_PX)
        self._metrics = QFontMetricsF(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        self._routes = shown.mapping.routes if shown.mapping is not None else ()
        near = looks.selected.slices
        trace = looks.trace
        self._traced = frozenset({trace.receiver, *(way.source for way in trace.ways)} if trace is not None else ())
        self._reached = frozenset(target for index in near for target in self._targets(index))

    @staticmethod
    def ground_key(shown: MeshScene, looks: Looks, theme: Theme) -> Hashable:
        """Return what the ground depends on, besides the layout."""
        return looks.scale, looks.offset.toTuple(), looks.names, theme.name, shown.reserved, shown.forbidden

    def paint_ground(self, area: QRectF) -> None:
        """Draw the chip with all its PEs empty."""
        self._painter.fillRect(area, QColor(self._theme.background))
        self._paint_holes()
        self._paint_cells()
        for pe, box in self._layout.pes.items():
            rect = self._rect(box)
            if rect.intersects(area):
                self._paint_empty(pe, rect)

    def paint(self, area: QRectF) -> None:
        """Draw what of links, slices and marks lies in `area` (px)."""
        self._paint_links()
        self._paint_hole_names()
        looks = self._looks
        marked = {*self._scene.tiles, *looks.selected.pes, *looks.hovered.pes, looks.focus}
        for pe, box in self._layout.pes.items():
            if pe in marked or looks.carried is not None:
                rect = self._rect(box)
                if rect.intersects(area):
                    self._paint_pe(pe, rect)
        if looks.trace is not None:
            self._paint_trace(looks.trace)
        self._paint_carried()

    # ------------------------------------------------------------------------------------------------------------ parts
    def _paint_holes(self) -> None:
        painter, theme = self._painter, self._theme
        for hole in self._layout.holes:
            rect = self._rect(hole.box)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.surface))
            painter.drawRoundedRect(rect, self._radius, self._radius)

    def _paint_hole_names(self) -> None:
        """Write what each hole is, over the links that lead through it."""
        painter, height = self._painter, self._metrics.height()
        for hole in self._layout.holes:
            rect = self._rect(hole.box)
            needed = self._metrics.horizontalAdvance(hole.name) + 8
            is_turned = rect.width() < needed
            if is_turned and (rect.height() < needed or rect.width() < height):
                continue
            painter.save()
            painter.translate(rect.center())
            painter.rotate(-90 if is_turned else 0)
            plate = QRectF(-needed / 2, -height / 2, needed, height)
            painter.fillRect(plate, QColor(self._theme.surface))
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, hole.name)
            painter.restore()

    def _paint_cells(self) -> None:
        painter = self._painter
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.surface))
        for box in self._layout.cells.values():
            painter.drawRoundedRect(self._rect(box), self._radius, self._radius)
        if self._looks.names and self._side >= 12:
            self._paint_axes()

    def _paint_axes(self) -> None:
        """Write the x of each column below and the y of each row left of every chip."""
        painter, height = self._painter, self._metrics.height()
        painter.setPen(QColor(self._theme.muted))
        columns, rows = {}, {}
        for node, box in self._layout.cells.items():
            columns[node.chip_x, node.chip_y, node.x] = self._rect(box)
            rows[node.chip_x, node.chip_y, node.y] = self._rect(box)
        for (chip_x, chip_y, x), rect in columns.items():
            bottom = self._rect(self._layout.chips[chip_x, chip_y]).bottom()
            painter.drawText(QRectF(rect.x(), bottom, rect.width(), height), Qt.AlignmentFlag.AlignCenter, str(x))
        for (chip_x, chip_y, y), rect in rows.items():
            left = self._rect(self._layout.chips[chip_x, chip_y]).left() - height - 4
            at = QRectF(left, rect.y(), height + 4, rect.height())
            painter.drawText(at, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignHCenter, str(y))

    def _paint_links(self) -> None:
        theme, looks = self._theme, self._looks
        largest = max(self._scene.loads.values(), default=0.0) or 1.0
        own = self._links_of(looks.selected.slices | looks.hovered.slices)
        for link, (start, stop) in self._layout.links.items():
            load = self._scene.loads.get(link, 0.0)
            is_chosen = link in looks.selected.links or link in looks.hovered.links or link in own
            if not load and not is_chosen:
                continue
            share = load / largest
            colour = mixed(theme.border, theme.text, 0.25 + 0.75 * share)
            if own and link not in own:
                colour = theme.border
            if looks.trace is not None:
                colour = theme.border
            if is_chosen:
                colour = theme.accent
            width = max(1.0, (0.25 + 0.75 * share) * LINK_WIDTH * looks.scale)
            self._paint_link(QLineF(self._point(*start), self._point(*stop)), QColor(colour), width)

    def _paint_link(self, line: QLineF, colour: QColor, width: float) -> None:
        self._painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, _SQUARE))
        self._painter.drawLine(line)
        if self._looks.scale >= 4:
            self._paint_arrow(line, colour, width)

    def _paint_trace(self, trace: Trace) -> None:
        """Draw the line of each way, then the links by their flits, then how many flits those are."""
        painter, looks, theme = self._painter, self._looks, self._theme
        colour = QColor(theme.text)
        colour.setAlphaF(max(FAINTEST, 1 / max(1, len(trace.ways))))
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.SolidLine, _POINT))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for way in trace.ways:
            painter.drawPolyline([self._point(*point) for point in points(self._layout, trace, way)])
        lines = {link: self._layout.links[link] for link in trace.loads if link in self._layout.links}
        for link, (start, stop) in lines.items():
            share = trace.loads[link].flits / max(1, trace.most_flits)
            is_chosen = link in looks.selected.links or link in looks.hovered.links
            shade = theme.accent if is_chosen else mixed(theme.warning, theme.bad, share)
            width = max(2.0, (0.4 + share) * LINK_WIDTH * looks.scale)
            self._paint_link(QLineF(self._point(*start), self._point(*stop)), QColor(shade), width)
        if looks.scale >= FLITS_SCALE:
            for link, (start, stop) in lines.items():
                middle = self._point((start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2)
                self._paint_plate(f"{trace.loads[link].flits:,}", middle)

    def _paint_plate(self, text: str, middle: QPointF) -> None:
        """Write `text` on a small plate."""
        plate = QRectF(0, 0, self._metrics.horizontalAdvance(text) + 6, self._metrics.height())
        plate.moveCenter(middle)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(QColor(self._theme.surface))
        self._painter.drawRoundedRect(plate, 3, 3)
        self._painter.setPen(QColor(self._theme.text))
        self._painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_arrow(self, line: QLineF, colour: QColor, width: float) -> None:
        """Draw the head of a link that shows its direction, beside its end."""
        size = width * 0.5 + 2.5
        end, along = line.p2(), line.unitVector()
        dx, dy = along.dx(), along.dy()
        head = QPainterPath(QPointF(end.x(), end.y()))
        head.lineTo(end.x() - dx * size - dy * size, end.y() - dy * size + dx * size)
        head.lineTo(end.x() - dx * size + dy * size, end.y() - dy * size - dx * size)
        head.closeSubpath()
        self._painter.fillPath(head, colour)

    def _paint_pe(self, pe: PE, rect: QRectF) -> None:
        carried, tile = self._looks.carried, self._scene.tiles.get(pe)
        is_refused = carried is not None and carried.legality.get(pe) is not None
        if is_refused:
            self._painter.fillRect(rect, QColor(self._theme.surface))
            self._painter.setOpacity(0.28)
            self._paint_empty(pe, rect)
        if tile is not None:
            if self._traced and pe not in self._traced:
                self._painter.setOpacity(OUTSIDE)
            self._paint_tile(tile, rect)
        if is_refused:
            self._painter.setOpacity(0.7)
            self._cross(rect, QColor(self._theme.muted))
        elif carried is not None and pe in carried.changes and self._side >= 24:
            self._paint_change(carried.changes[pe], rect)
        self._painter.setOpacity(1.0)
        self._paint_marks(pe, tile, rect)

    def _paint_tile(self, tile: Tile, rect: QRectF) -> None:
        painter = self._painter
        fill = tile.heat or tile.colour
        path = QPainterPath()
        path.addRoundedRect(rect, self._radius, self._radius)
        painter.fillPath(path, QColor(fill))
        if tile.heat is not None:
            painter.save()
            painter.setClipPath(path)
            bar = max(2.5, rect.height() * 0.12)
            painter.fillRect(QRectF(rect.x(), rect.bottom() - bar, rect.width(), bar), QColor(tile.colour))
            painter.restore()
        ink = QColor(readable_on(fill))
        if tile.is_pinned:
            self._paint_pin(rect, ink)
        self._paint_words(tile, rect, ink)

    def _paint_words(self, tile: Tile, rect: QRectF, ink: QColor) -> None:
        if self._side < NAME_PX or self._looks.carried is not None:
            return
        painter = self._painter
        room = rect.adjusted(3, 2, -3, -2)
        lines = [self._fitted(tile.name, room.width())]
        if self._side >= VALUE_PX and tile.value:
            lines.append(self._fitted(tile.value.replace("packets", "pkt"), room.width()))
        if self._side >= FULL_PX and tile.detail:
            lines.append(self._fitted(tile.detail, room.width()))
        painter.setPen(ink)
        height = self._metrics.height()
        top = room.center().y() - height * len(lines) / 2
        for number, text in enumerate(lines):
            line = QRectF(room.x(), top + number * height, room.width(), height)
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_empty(self, pe: PE, rect: QRectF) -> None:
        painter, theme = self._painter, self._theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        if pe in self._scene.reserved:
            painter.setBrush(QColor(theme.surface))
            painter.drawRoundedRect(rect, self._radius, self._radius)
            self._hatch(rect, QColor(theme.border))
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), self._radius, self._radius)
            return
        painter.drawRoundedRect(rect, self._radius, self._radius)
        if pe in self._scene.forbidden:
            self._paint_forbidden(rect)
        elif self._side >= FULL_PX:
            painter.setPen(QColor(theme.muted))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, f"{pe.x}, {pe.y}, {pe.p}")

    def _paint_forbidden(self, rect: QRectF) -> None:
        painter = self._painter
        size = min(22.0, self._side * 0.5)
        circle = QRectF(rect.center().x() - size / 2, rect.center().y() - size / 2, size, size)
        painter.setPen(QPen(QColor(self._theme.bad), STROKE_PX))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(circle)
        reach = size / 2 * 0.7
        centre = circle.center()
        painter.drawLine(
            QPointF(centre.x() - reach, centre.y() - reach), QPointF(centre.x() + reach, centre.y() + reach)
        )

    def _paint_pin(self, rect: QRectF, ink: QColor) -> None:
        """Draw a pin into the upper right corner: head and needle."""
        painter = self._painter
        size = max(4.0, min(9.0, self._side * 0.26))
        x, y = rect.right() - size * 0.9, rect.top() + size * 0.8
        painter.setPen(QPen(ink, max(1.2, size * 0.18), Qt.PenStyle.SolidLine, _POINT))
        painter.drawLine(QPointF(x, y), QPointF(x - size * 0.7, y + size * 0.8))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawEllipse(QPointF(x, y), size * 0.38, size * 0.38)

    def _paint_change(self, change: float, rect: QRectF) -> None:
        """Write what dropping here changes in hops."""
        theme, painter = self._theme, self._painter
        colour = theme.muted if abs(change) < 0.0005 else theme.good if change < 0 else theme.warning
        text = "±0 %" if abs(change) < 0.0005 else f"{'−' if change < 0 else '+'}{abs(change) * 100:.2g} %"
        if self._metrics.horizontalAdvance(text) > rect.width():
            text = "±" if text[0] == "±" else text[0]
        plate = QRectF(0, 0, self._metrics.horizontalAdvance(text) + 4, self._metrics.height())
        plate.moveCenter(rect.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(plate, 3, 3)
        painter.setPen(QColor(colour))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_marks(self, pe: PE, tile: Tile | None, rect: QRectF) -> None:
        looks, theme = self._looks, self._theme
        index = tile.index if tile is not None else -1
        if looks.trace is not None and pe == looks.trace.receiver:
            self._ring(rect, QColor(theme.bad if looks.trace.is_bad else theme.good), 3.0, 1.6)
        elif pe in self._traced:
            self._ring(rect, QColor(theme.text), 1.2, 1.2)
        if pe in looks.selected.pes or index in looks.selected.slices:
            self._ring(rect, QColor(theme.accent), 2.2, 1.6)
        elif index in self._reached:
            self._ring(rect, QColor(theme.accent), 1.0, 1.2, Qt.PenStyle.DotLine)
        if looks.carried is not None and pe == looks.carried.target:
            is_refused = looks.carried.legality.get(pe) is not None
            self._ring(rect, QColor(theme.bad if is_refused else theme.good), 2.6, 3.0)
        elif pe in looks.hovered.pes or index in looks.hovered.slices:
            self._ring(rect, QColor(theme.text), 1.4, 1.6)
        if pe == looks.focus:
            self._ring(rect, QColor(theme.text), 1.2, 4.0, Qt.PenStyle.DashLine)

    def _paint_carried(self) -> None:
        """Draw a ghost of the held slices where they are aimed."""
        carried = self._looks.carried
        if carried is None or carried.target is None or carried.legality.get(carried.target) is not None:
            return
        tile = next(tile for tile in self._scene.tiles.values() if tile.index == carried.lead)
        self._painter.setOpacity(0.75)
        self._paint_tile(tile, self._rect(self._layout.pes[carried.target]).adjusted(2, 2, -2, -2))
        self._painter.setOpacity(1.0)
        if carried.target in carried.changes and self._side >= 24:
            self._paint_change(carried.changes[carried.target], self._rect(self._layout.pes[carried.target]))

    # ------------------------------------------------------------------------------------------------------------ tools
    def _ring(
        self, rect: QRectF, colour: QColor, width: float, out: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine
    ) -> None:
        self._painter.setPen(QPen(colour, width, style))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        grown = rect.adjusted(-out, -out, out, out)
        self._painter.drawRoundedRect(grown, self._radius + out, self._radius + out)

    def _hatch(self, rect: QRectF, colour: QColor) -> None:
        painter = self._painter
        painter.save()
        painter.setClipRect(rect)
        painter.setPen(QPen(colour, 1))
        step = max(4.0, self._side / 5)
        at = rect.left() - rect.height()
        while at < rect.right():
            painter.drawLine(QPointF(at, rect.bottom()), QPointF(at + rect.height(), rect.top()))
            at += step
        painter.restore()

    def _cross(self, rect: QRectF, colour: QColor) -> None:
        inner = rect.adjusted(rect.width() * 0.3, rect.height() * 0.3, -rect.width() * 0.3, -rect.height() * 0.3)
        self._painter.setPen(QPen(colour, 1.2, Qt.PenStyle.SolidLine, _POINT))
        self._painter.drawLine(inner.topLeft(), inner.bottomRight())
        self._painter.drawLine(inner.topRight(), inner.bottomLeft())

    def _fitted(self, text: str, width: float) -> str:
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)

    def _targets(self, index: int) -> tuple[int, ...]:
        return self._routes[index].targets if index < len(self._routes) else ()

    def _links_of(self, slices: frozenset[int]) -> frozenset[Link]:
        routes = self._routes
        return frozenset(link for index in slices if index < len(routes) for link in routes[index].flits)

    def _point(self, x: float, y: float) -> QPointF:
        looks = self._looks
        return QPointF(x * looks.scale + looks.offset.x(), y * looks.scale + looks.offset.y())

    def _rect(self, box: Box) -> QRectF:
        return QRectF(self._point(box.x, box.y), self._point(box.right, box.bottom))
