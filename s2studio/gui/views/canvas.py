"""A plane to look at: zoom around the pointer, move, and see all of it, softly. The mesh and the network lie on one."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRect, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QNativeGestureEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from s2studio.draw.mesh import Box
from s2studio.draw.theme import MARGIN_PX, Theme

ZOOM_PER_NOTCH = 1.25
ZOOM_MS = 140


class Canvas(QWidget):
    """Holds scale (px per unit) and offset (px). A subclass says in `bounds` what there is, in units of its own."""

    # The scales between which one can zoom; `fit` keeps to `MOST_FITTED`.
    LEAST_SCALE, MOST_SCALE, MOST_FITTED = 0.02, 40.0, 40.0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.scale, self.offset = 1.0, QPointF()
        self._is_fitted = True
        self._from, self._to = (1.0, QPointF()), (1.0, QPointF())
        self._zooming = QVariantAnimation(self)
        self._zooming.setDuration(ZOOM_MS)
        self._zooming.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._zooming.valueChanged.connect(self._zoom_step)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def bounds(self) -> Box | None:
        """Return the box around everything, None where there is nothing."""
        raise NotImplementedError

    def room(self) -> QRect:
        """Return the part of the widget, in px, into which `fit` puts everything."""
        return self.rect().adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)

    def fit(self, animated: bool = True) -> None:
        """Show everything."""
        scale, offset = self._whole()
        self._is_fitted = True
        if animated and self.isVisible():
            self._animate(scale, offset)
        else:
            self._zooming.stop()
            self.scale, self.offset = scale, offset
            self.update()

    def zoom(self, factor: float, around: QPointF | None = None) -> None:
        """Show everything `factor` times as large, softly, `around` (px; None: the middle) staying where it is."""
        around = around or QPointF(self.width() / 2, self.height() / 2)
        scale = self._limited(self.scale * factor)
        self._is_fitted = False
        self._animate(scale, around - (around - self.offset) * (scale / self.scale))

    def zoom_now(self, factor: float, around: QPointF) -> None:
        """Show everything `factor` times as large at once."""
        self._zooming.stop()
        scale = self._limited(self.scale * factor)
        self.offset = around - (around - self.offset) * (scale / self.scale)
        self.scale, self._is_fitted = scale, False
        self.update()

    def move_to(self, offset: QPointF) -> None:
        """Put the origin of the plane at `offset`, in px."""
        self._is_fitted = False
        self._zooming.stop()
        self.offset = offset
        self.update()

    def to_screen(self, x: float, y: float) -> QPointF:
        """Return where a point of the plane is on the widget."""
        return QPointF(x * self.scale + self.offset.x(), y * self.scale + self.offset.y())

    def to_plane(self, at: QPointF) -> QPointF:
        """Return which point of the plane is at a point of the widget."""
        return (at - self.offset) / self.scale

    def box_on_screen(self, box: Box) -> QRectF:
        """Return where a box of the plane is on the widget."""
        return QRectF(self.to_screen(box.x, box.y), self.to_screen(box.right, box.bottom))

    # ----------------------------------------------------------------------------------------------------------- events
    def event(self, event: QEvent) -> bool:
        """Zoom with a pinch."""
        if event.type() == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_now(1 + event.value(), event.position())
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep everything in sight where it was."""
        super().resizeEvent(event)
        if self._is_fitted:
            self.fit(animated=False)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom around the pointer; fine steps of a touch pad at once, notches of a wheel softly."""
        fine = event.pixelDelta().y()
        if fine:
            self.zoom_now(ZOOM_PER_NOTCH ** (fine / 80), event.position())
        else:
            self.zoom(ZOOM_PER_NOTCH ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    # ----------------------------------------------------------------------------------------------------------- inside
    def _limited(self, scale: float) -> float:
        return min(self.MOST_SCALE, max(self.LEAST_SCALE, scale))

    def _whole(self) -> tuple[float, QPointF]:
        """Return scale and offset at which everything is in sight, in the middle."""
        bounds, room = self.bounds(), QRectF(self.room())
        if bounds is None or bounds.width <= 0 or bounds.height <= 0:
            return self.scale, self.offset
        scale = min(self.MOST_FITTED, room.width() / bounds.width, room.height() / bounds.height)
        scale = self._limited(scale)
        return scale, room.center() - QPointF(*bounds.centre) * scale

    def _animate(self, scale: float, offset: QPointF) -> None:
        self._zooming.stop()
        self._from, self._to = (self.scale, self.offset), (scale, offset)
        self._zooming.setStartValue(0.0)
        self._zooming.setEndValue(1.0)
        self._zooming.start()

    def _zoom_step(self, share: float) -> None:
        (scale, offset), (to_scale, to_offset) = self._from, self._to
        self.scale = scale + (to_scale - scale) * share
        self.offset = offset + (to_offset - offset) * share
        self.update()
