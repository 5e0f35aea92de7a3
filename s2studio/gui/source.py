"""One source of what panels draw: the ring of a running simulation and the session behind it, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from s2studio.analysis.view import Span, View
from s2studio.gui.models.timeline import Timeline
from s2studio.gui.processes import Client
from s2studio.gui.turns import BUDGET_S, REPLAY_BUDGET_S, Turns

if TYPE_CHECKING:
    from s2studio.app.shown import RunShown
    from s2studio.gui.models.live import LiveRun

COLUMNS = 800


class Source(QObject):
    """Keeps two views up to date: `view` of the timeline's span, `moment` of the tick at its cursor.

    Panels connect to `view_changed` and `moment_changed`, which carry a `View` (None: there is nothing). While a run
    is under way and the span is recent, views come from the ring; all else is asked of the session's process, one
    request at a time and the newest wish first. A view is shown once all panels have drawn the last (see `turns`).
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
        # What the session's process answered, until it is shown; and the run and span that were asked for last.
        self._answer: tuple[View | None, View] | None = None
        self._viewed: tuple[RunShown, Span] | None = None
        self.turns = Turns()
        timeline.changed.connect(self.renew)

    def show(self, shown: RunShown | None, live: LiveRun | None = None) -> None:
        """Show a run from now on; `live` while it is under way."""
        if self.live is not None and self.live is not live:
            self.live.close()
        self.shown, self.live = shown, live
        self._is_asking, self._viewed, self._answer = False, None, None
        if shown is None:
            self._set(None, None)
        self.renew()

    def renew(self) -> None:
        """Work the views out again at the next picture."""
        self._is_stale = True

    def pull(self) -> bool:
        """Take in new ticks, and renew the views if anything changed: once per picture.

        Returns whether a view was worked out here, which is work enough for one picture.
        """
        if self.live is not None and self.live.pull():
            self.timeline.grow(self.live.stop)
            self._is_stale = True
        return self._go_on()

    def draw(self) -> None:
        """Let panels draw. Where they have all drawn one view and there is time left, they begin with the next."""
        self.turns.draw(REPLAY_BUDGET_S if self.live is None else BUDGET_S)
        if self._answer is not None and self.turns.are_over:
            self._go_on()
            self.turns.draw_on()

    def _go_on(self) -> bool:
        if self._answer is not None and self.turns.are_over:
            self._show_answer(*self._answer)
        if self._is_stale and self.shown is not None and not self._is_asking and self._answer is None:
            return self._refresh(self.shown)
        return False

    def _refresh(self, shown: RunShown) -> bool:
        timeline = self.timeline
        span = Span(timeline.start, timeline.stop, COLUMNS)
        if self.live is not None and (not self.live.stop or self.live.holds(span)):
            if not self.live.stop or not self.turns.are_over:
                return False
            moment = Span(timeline.cursor, timeline.cursor + 1, 1)
            self._is_stale = False
            self._set(self.live.view(span), self.live.view(moment, has_raster=False))
            return True
        self._is_stale, self._is_asking = False, True
        # Where only the cursor moved, the view is known.
        wanted = None if self.live is None and self._viewed == (shown, span) else span
        self._viewed = (shown, span)
        self._sessions.request(
            "views",
            shown.session,
            shown.number,
            wanted,
            timeline.cursor,
            done=lambda answer: self._answered(shown, *answer),
            failed=lambda refusal: self._failed(shown, refusal),
        )
        return False

    def _answered(self, shown: RunShown, view: View | None, moment: View) -> None:
        if shown is self.shown:
            self._is_asking = False
            self._answer = (view, moment)

    def _failed(self, shown: RunShown, refusal: object) -> None:
        if shown is self.shown:
            self._is_asking, self._viewed = False, None
        self._sessions.refused.emit(refusal)

    def _show_answer(self, view: View | None, moment: View) -> None:
        self._answer = None
        if view is None:
            self.moment = moment
            self.moment_changed.emit(moment)
            self.turns.begin()
        else:
            self._set(view, moment)

    def _set(self, view: View | None, moment: View | None) -> None:
        self.view, self.moment = view, moment
        self.view_changed.emit(view)
        self.moment_changed.emit(moment)
        self.turns.begin()
