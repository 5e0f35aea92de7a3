"""The base of every docked panel: content, or words that say what to do while there is none."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from s2studio.draw.theme import FAR_PX, Theme
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.time_plot import TimePlot

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.gui.controller import Controller


class Panel(QWidget):
    """A panel reads the models of `controller` and calls its methods; it keeps no truth of its own.

    A subclass builds its widgets into `content`, says in `EMPTY` what to do while there is nothing to show, and
    overrides what it needs of `draw_view` (a span of a run), `draw_moment` (one tick) and `apply_theme`. Views reach
    hidden panels only once they are shown. `menu_wanted` asks for the context menu at a place on the screen.
    """

    menu_wanted = Signal(QPoint)

    EMPTY = "Nothing to show yet."

    def __init__(self, controller: Controller, themes: ThemeSwitch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controller, self.themes = controller, themes
        self.content = QWidget(self)
        self._empty = QLabel(tr(self.EMPTY), self)
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(FAR_PX, FAR_PX, FAR_PX, FAR_PX)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.content)
        self.setProperty("class", "Panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._has_view = self._has_moment = False
        controller.source.view_changed.connect(self._view_changed)
        controller.source.moment_changed.connect(self._moment_changed)
        controller.timeline.changed.connect(self._time_changed)
        themes.changed.connect(self.apply_theme)

    @property
    def theme(self) -> Theme:
        """The theme the window has now."""
        return self.themes.theme

    def set_empty(self, is_empty: bool, text: str | None = None) -> None:
        """Show the words for an empty panel (`text`, or `EMPTY`), or the content."""
        self._empty.setText(text or tr(self.EMPTY))
        self._stack.setCurrentWidget(self._empty if is_empty else self.content)

    def column(self, spacing: int = 0, margin: int = 0) -> QVBoxLayout:
        """Give the content a layout from top to bottom and return it."""
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(margin, margin, margin, margin)
        layout.setSpacing(spacing)
        return layout

    def draw_view(self, view: View | None) -> None:
        """Show what happened in the timeline's span."""

    def draw_moment(self, moment: View | None) -> None:
        """Show what happened in the tick at the timeline's cursor."""

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Ask for the menu, for what is shown."""
        if self._stack.currentWidget() is self.content:
            self.menu_wanted.emit(event.globalPos())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Draw what came while the panel was hidden."""
        super().showEvent(event)
        self._has_view = self._has_moment = True
        self.draw_news()

    def draw_news(self) -> None:
        """Draw what changed since the last time: called when it is this panel's turn (see `gui.turns`)."""
        view = self.controller.source.view
        for plot in self._plots:
            if self._has_view and view is not None:
                plot.show_span(view.span.start, view.span.stop)
            plot.follow_cursor()
        if self._has_view:
            self._has_view = False
            self.draw_view(self.controller.source.view)
        if self._has_moment:
            self._has_moment = False
            self.draw_moment(self.controller.source.moment)

    def _view_changed(self, _view: View | None) -> None:
        if type(self).draw_view is not Panel.draw_view:
            self._has_view = True
            self._wish()

    def _moment_changed(self, _moment: View | None) -> None:
        if type(self).draw_moment is not Panel.draw_moment:
            self._has_moment = True
            self._wish()

    def _time_changed(self) -> None:
        if any(plot.is_cursor_stale for plot in self._plots):
            self._wish()

    @property
    def follows_time(self) -> bool:
        """Whether it has plots over the time of the run."""
        return bool(self._plots)

    @cached_property
    def _plots(self) -> list[TimePlot]:
        """The plots that follow the timeline: looked for once, since time changes in every picture."""
        return [plot for plot in self.findChildren(TimePlot) if plot.timeline is self.controller.timeline]

    def _wish(self) -> None:
        if self.isVisible():
            self.controller.source.turns.wish(self)


def in_order(*widgets: QWidget) -> None:
    """Let Tab go through `widgets` in this order."""
    for before, after in pairwise(widgets):
        QWidget.setTabOrder(before, after)


def beside(left: QWidget, right: QWidget, *widths: int) -> QSplitter:
    """Return two widgets beside each other, as wide (px) as said at first; the left one takes what room is gained."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.addWidget(left)
    splitter.addWidget(right)
    splitter.setStretchFactor(0, 1)
    splitter.setCollapsible(1, False)
    if widths:
        splitter.setSizes(list(widths))
    return splitter
