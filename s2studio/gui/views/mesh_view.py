"""The mesh as a widget: camera, mouse and keyboard; what is picked, moved and dropped is told by signals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QRubberBand, QToolTip, QWidget

from s2studio.chip.machine import PE
from s2studio.draw.mesh import Box, MeshLayout
from s2studio.draw.theme import FAR_PX, MARGIN_PX, WIDE_PX, Theme
from s2studio.draw.trace import Trace
from s2studio.gui.models.selection import Selected
from s2studio.gui.translation import tr
from s2studio.gui.views.canvas import ZOOM_PER_NOTCH, Canvas
from s2studio.gui.views.kept_picture import KeptPicture
from s2studio.gui.views.mesh_paint import Looks, MeshPainter
from s2studio.gui.views.mesh_scene import Carried, MeshScene, link_tip, tip
from s2studio.mapping.mapping import Link

Found = TypeVar("Found")
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ADDS = _SHIFT | Qt.KeyboardModifier.ControlModifier


@dataclass
class _Press:
    """A mouse button that is held: where, on which PE, and what it became."""

    at: QPointF
    pe: PE | None
    offset: QPointF
    takes_more: bool
    is_panning: bool = False
    is_banding: bool = False
    is_moved: bool = False


class MeshView(Canvas):
    """Draws a `MeshScene`.

    Mouse: click selects, with Shift or Ctrl more of them; drag a slice to move it; drag elsewhere, or with the middle
    button or Space, to move the chip; Shift and drag elsewhere for a rubber band; wheel or pinch to zoom; double click
    to see all. Keys: arrows move the focus, Shift takes more, Enter or M picks up and drops, Escape gives up.
    """

    LEAST_SCALE = 0.8

    chosen = Signal(object, bool)  # PEs (a frozenset), whether they come in addition to the selection
    link_chosen = Signal(object)
    pointed = Signal(object, object)  # the PE and the link under the pointer, each None where there is none
    grabbed = Signal(object)  # the PE whose slice is picked up
    aimed = Signal(object)  # the PE over which it is held, or None
    dropped = Signal(object)  # the PE on which it is dropped, None: nowhere
    menu_wanted = Signal(object, QPoint)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.scene: MeshScene | None = None
        self.layout_: MeshLayout | None = None
        self.selected, self.hovered = Selected(), Selected()
        self.carried: Carried | None = None
        self.trace: Trace | None = None
        self.focus: PE | None = None
        self.names = True
        self._press: _Press | None = None
        self._has_space = False
        self._ground = KeptPicture(self)
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self)
        self.setMinimumSize(240, 150)
        self.setAccessibleName(tr("Mesh of the chip"))
        self.setAccessibleDescription(tr("Arrows move the focus, Enter picks up a slice and drops it, Escape gives up"))

    # ---------------------------------------------------------------------------------------------------- what is shown
    def show_scene(self, scene: MeshScene | None) -> None:
        """Show `scene`; the camera stays unless it is another machine."""
        if scene is not None and (self.layout_ is None or self.layout_.machine != scene.machine):
            self.layout_ = MeshLayout(scene.machine)
            self.focus = None
            self.fit(animated=False)
        self.scene = scene
        self.update()

    def bounds(self) -> Box | None:
        """Return the box around all chips."""
        return self.layout_.bounds if self.layout_ is not None else None

    def room(self) -> QRect:
        """Return the widget without its rim; below and to the left stand the numbers of columns and rows."""
        return self.rect().adjusted(MARGIN_PX, WIDE_PX, -MARGIN_PX, -FAR_PX)

    def rect_of(self, pe: PE) -> QRectF:
        """Return where a PE is on the widget, in px."""
        if self.layout_ is None:
            return QRectF()
        return self.box_on_screen(self.layout_.pes[pe])

    def pe_at(self, at: QPointF) -> PE | None:
        """Return the PE under a point of the widget."""
        return self._found(at, lambda layout, x, y: layout.pe_at(x, y))

    # ----------------------------------------------------------------------------------------------------------- events
    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size in which names can be read."""
        return QSize(720, 560)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the scene."""
        painter = QPainter(self)
        if self.scene is None or self.layout_ is None:
            painter.fillRect(self.rect(), self.theme.background)
            return
        focus = self.focus if self.hasFocus() else None
        looks = Looks(self.scale, self.offset, self.selected, self.hovered, focus, self.carried, self.names, self.trace)
        scene, layout, theme, area = self.scene, self.layout_, self.theme, QRectF(self.rect())

        def paint_ground(on: QPainter) -> None:
            MeshPainter(on, layout, scene, looks, theme).paint_ground(area)

        self._ground.draw(painter, paint_ground, (id(layout), MeshPainter.ground_key(scene, looks, theme)))
        MeshPainter(painter, layout, scene, looks, theme).paint(QRectF(event.rect()))

    def event(self, event: QEvent) -> bool:
        """Take tooltips, and the keys that are commands elsewhere."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tip(event)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            wanted = event.key() == Qt.Key.Key_Space or (event.key() == Qt.Key.Key_Escape and self.carried is not None)
            if wanted:
                event.accept()
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin a click, a drag of slices, a rubber band or a move of the chip."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        at = event.position()
        button = event.button()
        if self.carried is not None:
            return  # picked up by a key: the release drops it
        self._press = _Press(at, self.pe_at(at), QPointF(self.offset), bool(event.modifiers() & _SHIFT))
        if button == Qt.MouseButton.MiddleButton or (self._has_space and button == Qt.MouseButton.LeftButton):
            self._press.is_panning = True
        elif button != Qt.MouseButton.LeftButton:
            self._press = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Carry on with what was begun, or point."""
        at, press = event.position(), self._press
        if press is None:
            if self.carried is not None:
                self.aimed.emit(self.pe_at(at))
            else:
                pe = self.pe_at(at)
                self.pointed.emit(pe, None if pe is not None else self._link_at(at))
            return
        if not press.is_moved and (at - press.at).manhattanLength() < QApplication.startDragDistance():
            return
        if not press.is_moved:
            press.is_moved = True
            self._begin_drag(press)
        if press.is_panning:
            self.move_to(press.offset + at - press.at)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif press.is_banding:
            self._band.setGeometry(QRect(press.at.toPoint(), at.toPoint()).normalized())
        elif self.carried is not None:
            self.aimed.emit(self.pe_at(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drop, select, or end a move of the chip."""
        press, self._press = self._press, None
        self.unsetCursor()
        if self.carried is not None:
            self.dropped.emit(self.pe_at(event.position()))
            return
        if press is None:
            return
        adds = bool(event.modifiers() & _ADDS)
        if press.is_banding:
            self._band.hide()
            self.chosen.emit(self._inside(self._band.geometry()), adds)
        elif not press.is_moved and event.button() == Qt.MouseButton.LeftButton:
            self._click(press, adds)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show the whole machine, where no PE was hit."""
        if self.pe_at(event.position()) is None:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Point at nothing."""
        super().leaveEvent(event)
        if self.carried is None:
            self.pointed.emit(None, None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move the focus, pick up, drop, give up, zoom."""
        key = event.key()
        if key in _ARROWS:
            self._move_focus(_ARROWS[Qt.Key(key)], event.modifiers())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_M):
            self.pick_or_drop()
        elif key == Qt.Key.Key_Escape and self.carried is not None:
            self.dropped.emit(None)
        elif key == Qt.Key.Key_Space:
            self._has_space = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(ZOOM_PER_NOTCH)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / ZOOM_PER_NOTCH)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.fit()
        elif key == Qt.Key.Key_Menu and self.focus is not None:
            self.menu_wanted.emit(self.focus, self.mapToGlobal(self.rect_of(self.focus).center().toPoint()))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Let go of the chip."""
        if event.key() == Qt.Key.Key_Space:
            self._has_space = False
            self.unsetCursor()
        else:
            super().keyReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Ask for the menu of what is under the pointer."""
        if event.reason() != QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(self.pe_at(QPointF(event.pos())), event.globalPos())

    def pick_or_drop(self) -> None:
        """Pick up the slice at the focus, or drop what is held there."""
        if self.focus is None:
            self._move_focus((0, 0), Qt.KeyboardModifier.NoModifier)
        elif self.carried is not None:
            self.dropped.emit(self.carried.target)
        else:
            self.grabbed.emit(self.focus)
            self.aimed.emit(self.focus)

    # ----------------------------------------------------------------------------------------------------------- inside
    def _begin_drag(self, press: _Press) -> None:
        if press.is_panning:
            return
        holds = self.scene is not None and press.pe is not None and press.pe in self.scene.slice_at
        if holds and not press.takes_more:
            self.grabbed.emit(press.pe)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif press.takes_more:
            press.is_banding = True
            self._band.setGeometry(QRect(press.at.toPoint(), QSize()))
            self._band.show()
        else:
            press.is_panning = True

    def _click(self, press: _Press, adds: bool) -> None:
        link = self._link_at(press.at) if press.pe is None else None
        if link is not None:
            self.link_chosen.emit(link)
            return
        self.focus = press.pe
        self.chosen.emit(frozenset() if press.pe is None else frozenset({press.pe}), adds)

    def _move_focus(self, step: tuple[int, int], modifiers: Qt.KeyboardModifier) -> None:
        """Put the focus on the nearest PE in a direction; while something is held, aim there."""
        if self.layout_ is None:
            return
        if self.focus is None:
            used = self.scene.slice_at if self.scene is not None else {}
            self.focus = next(iter(used), None) or self.layout_.machine.pes[0]
        else:
            self.focus = self._neighbour(self.layout_, self.focus, step)
        if self.carried is not None:
            self.aimed.emit(self.focus)
        elif not modifiers & Qt.KeyboardModifier.ControlModifier:
            self.chosen.emit(frozenset({self.focus}), bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
        self.update()

    @staticmethod
    def _neighbour(layout: MeshLayout, pe: PE, step: tuple[int, int]) -> PE:
        x, y = layout.pes[pe].centre
        best, found = float("inf"), pe
        for other, box in layout.pes.items():
            dx, dy = box.centre[0] - x, box.centre[1] - y
            along = dx * step[0] + dy * step[1]
            across = abs(dx * step[1]) + abs(dy * step[0])
            if along > 1e-6 and across <= along + 1e-6 and along + 3 * across < best:
                best, found = along + 3 * across, other
        return found

    def _inside(self, area: QRect) -> frozenset[PE]:
        if self.layout_ is None:
            return frozenset()
        area_f = QRectF(area)
        return frozenset(pe for pe in self.layout_.pes if area_f.intersects(self.rect_of(pe)))

    def _show_tip(self, event: QHelpEvent) -> None:
        at = QPointF(event.pos())
        pe, link = self.pe_at(at), self._link_at(at)
        text = ""
        if self.scene is not None:
            if self.carried is not None and pe is not None:
                refused = self.carried.legality.get(pe)
                text = str(refused) if refused is not None else ""
            elif pe is not None:
                text = tip(self.scene, pe)
            elif link is not None:
                text = link_tip(self.scene, link, self.trace)
        QToolTip.showText(event.globalPos(), text, self)

    def _link_at(self, at: QPointF) -> Link | None:
        link = self._found(at, lambda layout, x, y: layout.link_at(x, y))
        is_traced = self.trace is not None and link in self.trace.loads
        has_load = is_traced or (self.scene is not None and link is not None and self.scene.loads.get(link))
        return link if has_load else None

    def _found(self, at: QPointF, look: Callable[[MeshLayout, float, float], Found | None]) -> Found | None:
        if self.layout_ is None:
            return None
        place = self.to_plane(at)
        return look(self.layout_, place.x(), place.y())
