"""One tick from its timer to the next, as the picture that `s2studio render --view tick` draws."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from s2studio.chip.spec import ChipSpec
from s2studio.draw.mesh import Box
from s2studio.draw.painter import paint
from s2studio.draw.picture import Picture
from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.draw.views.tick import tick_items
from s2studio.gui.translation import tr
from s2studio.gui.views.time_plot import ZOOM_PER_NOTCH
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.within_tick import WithinTick

LEAST_HEIGHT = 160


class TickView(QWidget):
    """Power by kind over the time in a tick, and below it the phases of every PE. The wheel tells that it `zoomed`."""

    zoomed = Signal(float)  # by which factor

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.tick: WithinTick | None = None
        self._of: tuple[ChipMapping, ChipSpec] | None = None
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setAccessibleName(tr("Power within a tick"))

    def show_tick(self, tick: WithinTick | None, mapping: ChipMapping, spec: ChipSpec) -> None:
        """Show `tick` of a run on `mapping`; nothing where it is None."""
        self.tick, self._of = tick, (mapping, spec)
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.theme = theme
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Tell that more or less time is wanted."""
        self.zoomed.emit(ZOOM_PER_NOTCH ** (event.angleDelta().y() / 120))
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the picture, as large as there is room."""
        if self.tick is None or self._of is None:
            return
        box = Box(0, 0, self.width() - NEAR_PX, self.height())
        items = tick_items(self.tick, *self._of, self.theme, box)
        painter = QPainter(self)
        paint(Picture(self.width(), self.height(), self.theme.surface, tuple(items)), painter)
        painter.end()
