"""One source of what panels draw: the ring of a running simulation and the session behind it, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from s2studio.analysis.view import Span, View
from s2studio.gui.models.timeline import Timeline
from s2studio.gui.processes import Client

if TYPE_CHECKING:
    from s2studio.app.session_service import RunShown
    from s2studio.gui.models.live import LiveRun

COLUMNS = 800


class Drawing(Protocol):
    """What draws in turn."""

    def draw_news(self) -> None:
        """Draw what changed since the last time."""


class Source(QObject):
    """Keeps two views up to date: `view` of the timeline's span, `moment` of the tick at its cursor.

    Panels connect to `view_changed` and `moment_changed`, which carry a `View` (None: there is nothing). While a run
    is under way and the span is recent, views come from the ring; all else is asked of the session's process, one
    request at a time and the newest wish first.
    """

    view_changed = Signal(object)
    moment_changed = Signal(object)

    def __init__(self, sessions: Client, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sessions, self.timeline = sessions, timeline
        self.shown: RunShown | None = None
        self.live: LiveRun | None = None
        self.view: View | None = None
        self.moment: View | None = None
        self._is_stale = False
        self._is_asking = False
        # The run and the span that `view` is of, while it comes from a session.
        self._viewed: tuple[RunShown, Span] | None = None
        # Panels that have something to draw, in the order in which they came.
        self._waiting: dict[Drawing, None] = {}
        timeline.changed.connect(self.renew)

    def wish(self, panel: Drawing) -> None:
        """Let `panel` draw when it is its turn."""
        self._waiting[panel] = None

    def draw(self) -> None:
        """Let the panel that waited longest draw: painting it takes most of a picture's time, the others wait on."""
        panel = next(iter(self._waiting), None)
        if panel is not None:
            del self._waiting[panel]
            panel.draw_news()

    def show(self, shown: RunShown | None, live: LiveRun | None = None) -> None:
        """Show a run from now on; `live` while it is under way."""
        if self.live is not None and self.live is not live:
            self.live.close()
        self.shown, self.live = shown, live
        self._is_asking, self._viewed = False, None
        if shown is None:
            self._set(None, None)
        self.renew()

    def renew(self) -> None:
        """Work the views out again at the next picture."""
        self._is_stale = True

    def pull(self) -> None:
        """Take in new ticks, and renew the views if anything changed: once per picture."""
        if self.live is not None and self.live.pull():
            self.timeline.grow(self.live.stop)
            self._is_stale = True
        # While panels still wait for their turn, a newer view would only make them wait longer.
        if self._is_stale and self.shown is not None and not self._is_asking and not self._waiting:
            self._is_stale = False
            self._refresh(self.shown)

    def _refresh(self, shown: RunShown) -> None:
        timeline = self.timeline
        span = Span(timeline.start, timeline.stop, COLUMNS)
        moment = Span(timeline.cursor, timeline.cursor + 1, 1)
        if self.live is not None:
            if not self.live.stop:
                return  # nothing ran yet
            if self.live.holds(span):
                self._set(self.live.view(span), self.live.view(moment, has_raster=False))
                return
        self._is_asking = True
        # Where only the cursor moved, the view is known.
        wanted = None if self.live is None and self._viewed == (shown, span) else span
        self._sessions.request(
            "views",
            shown.session,
            shown.number,
            wanted,
            timeline.cursor,
            done=lambda answer: self._answered(shown, span, *answer),
            failed=self._failed,
        )

    def _answered(self, shown: RunShown, span: Span, view: View | None, moment: View) -> None:
        self._is_asking = False
        if shown is not self.shown:
            return
        if view is None:
            self.moment = moment
            self.moment_changed.emit(moment)
        else:
            self._set(view, moment)
            self._viewed = (shown, span)

    def _failed(self, refusal: object) -> None:
        self._is_asking = False
        self._sessions.refused.emit(refusal)

    def _set(self, view: View | None, moment: View | None) -> None:
        self.view, self.moment, self._viewed = view, moment, None
        self.view_changed.emit(view)
        self.moment_changed.emit(moment)
