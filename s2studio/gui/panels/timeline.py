"""The timeline: the whole run in one strip, with the span that is shown, the cursor, and the player."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from s2studio.analysis.view import Span
from s2studio.draw.theme import NEAR_PX, SMALL_PX, TIGHT_PX, Theme
from s2studio.gui.icons import icon
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.panel import Panel, in_order
from s2studio.gui.views.readout import Readout
from s2studio.gui.views.trouble_buttons import TroubleButtons
from s2studio.units import with_unit

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.app.shown import RunShown
    from s2studio.gui.controller import Controller

STRIP_PX = 44
# Above the outline stand the ends of the run.
ENDS_PX = 14
PANEL_PX = STRIP_PX + 52
# Least room for the moment and the span, with which a narrow window is wide enough; they share what is left.
MOMENT_PX, SPAN_PX = 160, 190
OVERVIEW_COLUMNS = 400
SPEEDS = (("0.01 ×", 0.01), ("0.1 ×", 0.1), (marked("real time"), 1.0), ("10 ×", 10.0))


class TimelinePanel(Panel):
    """Play, follow, speed and moment; below, the strip to scrub in. Live and replay look and behave the same."""

    EMPTY = "The time of a run appears here. Press Run (F5), or open a session."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        timeline = controller.timeline
        self.play = _button(self, tr("Play back (Space)"), lambda: timeline.play(not timeline.is_playing))
        self.follow = _button(
            self, tr("Follow the newest tick (Ctrl+End)"), lambda: timeline.follow(not timeline.is_following)
        )
        self.follow.setText(tr("Follow"))
        self.follow.setCheckable(True)
        self.whole = _button(self, tr("Show the whole run (Ctrl+0)"), timeline.look_at_all)
        self.mark = _button(self, tr("Mark the span that is shown (Ctrl+B)"), timeline.mark_shown)
        self.mark.setText(tr("Mark"))
        self.trouble = TroubleButtons(controller, self.content)
        self.speed = QComboBox(self.content)
        self.speed.setAccessibleName(tr("Speed of play back"))
        for title, factor in SPEEDS:
            self.speed.addItem(tr(title), factor)
        self.speed.setCurrentIndex(1)
        self.speed.currentIndexChanged.connect(self._set_speed)
        self.run = QComboBox(self.content)
        self.run.setAccessibleName(tr("Run of the session"))
        self.run.setToolTip(tr("A session of a script or of a data set holds several runs"))
        self.run.activated.connect(self._choose_run)
        self.moment = Readout(MOMENT_PX, parent=self.content)
        self.span = Readout(SPAN_PX, "muted", self.content)
        self.span.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.strip = Strip(controller, themes)
        bar = QHBoxLayout()
        bar.setSpacing(TIGHT_PX)
        for widget in (self.play, self.speed, self.follow, self.whole, self.mark, self.trouble, self.run):
            bar.addWidget(widget)
        bar.addWidget(self.moment, 1)
        bar.addWidget(self.span, 1)
        layout = self.column(spacing=TIGHT_PX, margin=NEAR_PX)
        layout.addLayout(bar)
        layout.addWidget(self.strip)
        troubles = (self.trouble.back, self.trouble.on)
        in_order(self.play, self.speed, self.follow, self.whole, self.mark, *troubles, self.run, self.strip)
        timeline.changed.connect(self._timeline_changed)
        controller.studio.shown_changed.connect(self._shown_changed)
        self.setFixedHeight(PANEL_PX)
        self._set_speed()
        self.apply_theme(themes.theme)
        self._shown_changed(controller.studio.shown)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._is_shown_playing: bool | None = None
        self.whole.setIcon(icon("fit", theme))
        self.trouble.apply_theme(theme)
        self._timeline_changed()
        self.strip.update()

    @property
    def follows_time(self) -> bool:
        """It is time itself."""
        return True

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a low, wide size."""
        return QSize(800, PANEL_PX)

    def _set_speed(self) -> None:
        self.controller.timeline.speed = float(self.speed.currentData())

    def _shown_changed(self, shown: RunShown | None) -> None:
        self.set_empty(shown is None)
        self.run.setVisible(shown is not None and shown.runs > 1)
        if shown is not None:
            self.run.clear()
            self.run.addItems(
                [tr("run {number} of {runs}", number=number + 1, runs=shown.runs) for number in range(shown.runs)]
            )
            self.run.setCurrentIndex(shown.number)

    def _choose_run(self, number: int) -> None:
        shown = self.controller.studio.shown
        if shown is not None and number != shown.number:
            self.controller.open_session(shown.session, number)

    def _timeline_changed(self) -> None:
        timeline = self.controller.timeline
        if self._is_shown_playing is not timeline.is_playing:
            self._is_shown_playing = timeline.is_playing
            self.play.setIcon(icon("pause" if timeline.is_playing else "play", self.theme))
        self.follow.setChecked(timeline.is_following)
        self.follow.setEnabled(self.controller.studio.run_state != "none")
        now = timeline.cursor * timeline.tick_s
        self.moment.setText(
            tr(
                "{now}   tick {cursor:,} of {length:,}",
                now=with_unit(now, "s", 5),
                cursor=timeline.cursor,
                length=timeline.length,
            )
        )
        width = timeline.stop - timeline.start
        start, stop = (with_unit(tick * timeline.tick_s, "s", 4) for tick in (timeline.start, timeline.stop))
        if timeline.is_inside:
            self.span.setText(tr("within tick {cursor:,}, in Power", cursor=timeline.cursor))
        else:
            ticks = tr("1 tick") if width == 1 else tr("{width:,} ticks", width=width)
            self.span.setText(tr("{start} to {stop}  ({ticks})", start=start, stop=stop, ticks=ticks))


class Strip(QWidget):
    """The whole run from left to right: spikes as an outline, the shown span, marks and the cursor.

    Press or drag: move the cursor; with Shift: choose the span. Wheel: zoom. Arrow keys move the cursor.
    """

    def __init__(self, controller: Controller, themes: ThemeSwitch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controller, self.themes = controller, themes
        self.setFixedHeight(STRIP_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Timeline"))
        self.setToolTip(tr("Drag: move the cursor. Shift and drag: choose the span. Wheel: zoom."))
        # The outline in units of the run's length and the largest height, and how it looks in the size of the strip.
        self._outline = QPolygonF()
        self._picture: tuple[tuple[int, str], QPixmap] | None = None
        self._from: int | None = None
        controller.timeline.changed.connect(lambda: self.update())  # noqa: PLW0108 - psygnal cannot look into Qt's method
        controller.timeline.marks_changed.connect(lambda _marks: self.update())
        controller.studio.shown_changed.connect(self._shown_changed)
        controller.source.view_changed.connect(self._view_changed)
        self._shown_changed(controller.studio.shown)

    @property
    def total(self) -> int:
        """The ticks from the left end to the right."""
        timeline = self.controller.timeline
        return max(1, timeline.length, timeline.expected)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the strip."""
        theme, timeline = self.themes.theme, self.controller.timeline
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        self._paint_activity(painter, theme)
        left, right = self._x(timeline.start), self._x(timeline.stop)
        shown = QColor(theme.accent)
        shown.setAlpha(46)
        painter.fillRect(QRectF(left, 0, max(2.0, right - left), self.height()), shown)
        for mark in timeline.marks:
            colour = QColor(theme.warning)
            colour.setAlpha(70)
            painter.fillRect(QRectF(self._x(mark.start), 0, self._x(mark.stop) - self._x(mark.start), 4), colour)
        painter.setPen(QPen(QColor(theme.accent), 1.5))
        x = self._x(timeline.cursor + 0.5)
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        self._paint_ends(painter, theme)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move the cursor, or begin a span."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = self._tick(event.position().x())
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move the cursor, or choose the span."""
        if self._from is None:
            return
        tick = self._tick(event.position().x())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.controller.timeline.look(min(self._from, tick), max(self._from, tick) + 1)
        else:
            self.controller.timeline.move(tick)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End the drag."""
        self._from = None

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom the span around the pointer."""
        self.controller.timeline.zoom(0.8 ** (event.angleDelta().y() / 120), self._tick(event.position().x()))
        event.accept()

    def keyPressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Move the cursor by a tick, a tenth of the span, or to an end."""
        timeline = self.controller.timeline
        leap = max(1, (timeline.stop - timeline.start) // 10)
        targets = {
            Qt.Key.Key_Left: timeline.cursor - 1,
            Qt.Key.Key_Right: timeline.cursor + 1,
            Qt.Key.Key_PageUp: timeline.cursor - leap,
            Qt.Key.Key_PageDown: timeline.cursor + leap,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: timeline.length - 1,
        }
        key = event.key()  # type: ignore[attr-defined]
        if key in targets:
            timeline.move(targets[key])
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]

    def _x(self, tick: float) -> float:
        return tick / self.total * self.width()

    def _tick(self, x: float) -> int:
        return int(max(0.0, min(x, self.width() - 1)) / max(1, self.width()) * self.total)

    def _set_activity(self, values: NDArray[np.float64]) -> None:
        """Take the outline's heights."""
        most = float(values.max(initial=0.0))
        self._outline, self._picture = QPolygonF(), None
        if most > 0:
            x = np.linspace(0.0, 1.0, len(values)).tolist()
            y = (values / most).tolist()
            self._outline = QPolygonF([QPointF(0, 0), *map(QPointF, x, y), QPointF(1, 0)])

    def _paint_activity(self, painter: QPainter, theme: Theme) -> None:
        """Draw the outline, painted once: the strip is drawn in every picture in which the cursor moves."""
        key = (self.width(), theme.muted)
        if self._picture is None or self._picture[0] != key:
            self._picture = key, self._painted_outline(theme)
        room = QRectF(0, ENDS_PX, self._x(self.controller.timeline.length), self.height() - ENDS_PX)
        painter.drawPixmap(room, self._picture[1], QRectF(self._picture[1].rect()))

    def _painted_outline(self, theme: Theme) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round((self.height() - ENDS_PX) * ratio))
        picture.fill(Qt.GlobalColor.transparent)
        colour = QColor(theme.muted)
        colour.setAlpha(90)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.translate(0, picture.height())
        painter.scale(picture.width(), -picture.height())
        painter.drawPolygon(self._outline)
        painter.end()
        return picture

    def _paint_ends(self, painter: QPainter, theme: Theme) -> None:
        font = painter.font()
        font.setPixelSize(SMALL_PX - 1)
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        box = QRectF(self.rect()).adjusted(4, 1, -4, -1)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, "0 s")
        end = with_unit(self.total * self.controller.timeline.tick_s, "s")
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, end)

    def _shown_changed(self, shown: RunShown | None) -> None:
        """Ask for the outline of a recorded run."""
        if shown is None or shown.state == "running":
            self._set_activity(np.zeros(0))
            return
        span = Span(0, max(1, shown.ticks), OVERVIEW_COLUMNS)

        def answered(view: View) -> None:
            self._set_activity(view.spikes.sum(axis=0) / np.diff(view.edges))
            self.update()

        self.controller.sessions.request(
            "view", shown.session, shown.number, span, False, done=answered, failed=lambda refusal: None
        )

    def _view_changed(self, view: View | None) -> None:
        """While a run is under way its outline is that of the span, as far as it is the whole run."""
        if view is not None and self.controller.source.live is not None and view.span.start == 0:
            columns = int(np.searchsorted(view.edges, self.controller.timeline.length))
            self._set_activity((view.spikes.sum(axis=0) / np.diff(view.edges))[: max(1, columns)])
            self.update()


def _button(panel: Panel, tip: str, do: object) -> QToolButton:
    button = QToolButton(panel.content)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(lambda _checked: do())  # type: ignore[operator]
    return button
