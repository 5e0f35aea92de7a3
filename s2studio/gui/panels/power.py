"""Power over time, stacked by what takes it, with the energy of the span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget

from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.draw.views.power import KIND_COLOURS
from s2studio.gui.models.decisions import decisions, output_names
from s2studio.gui.models.sure import about, about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.readout import Readout
from s2studio.gui.views.stacked_areas import StackedAreas
from s2studio.gui.views.tick_view import TickView
from s2studio.gui.views.time_marks import TimeMarks
from s2studio.gui.views.time_plot import TimePlot
from s2studio.sim.channels import CHANNELS
from s2studio.sim.energy import ENERGY_KINDS, spent_on
from s2studio.units import estimated, interval, with_unit

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.gui.controller import Controller
    from s2studio.sim.within_tick import WithinTick

POWERS = marked("Powers follow from counts and the chip file; sleep and busy power are measured, cycles are estimates.")
# Above the curve there is room for the names of marks.
HEADROOM = 1.2
HEADLINE_PX = 200
# Of plot and table at first; the table is as narrow as that where the window is.
WIDTHS_PX = (640, 460)


class PowerPanel(Panel):
    """What the chip takes in each column of time, by kind; at the cursor, on average, at most, and as energy.

    With *Within the tick*, or zoomed in beyond one tick, the plot shows the tick at the cursor, from its timer to the
    next, and what every PE does.
    """

    EMPTY = "No power yet. Press Run (F5), or open a session."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.plot = TimePlot(controller.timeline, themes.theme, tr("power"), "W")
        self.figures = Figures(
            (tr("kind"), *map(about_column, (tr("at cursor"), tr("energy"), tr("both ends")))),
            tr("Power by kind"),
            widest_px=WIDTHS_PX[1],
        )
        self._areas = StackedAreas([KIND_COLOURS[kind] for kind in ENERGY_KINDS])
        self.plot.add(self._areas)
        self._marks = TimeMarks(themes.theme)
        self.plot.add(self._marks)
        self.headline = Readout(HEADLINE_PX, parent=self.content, lines=2).let_select()
        self.inside = QPushButton(tr("Within the tick"), self.content)
        self.inside.setCheckable(True)
        self.inside.setToolTip(
            tr("Show the tick at the cursor: its power, what every PE does when, and how fast (or zoom into it)")
        )
        self.tick = TickView(themes.theme, self.content)
        self._asked: int | None = None
        self._left = QStackedWidget(self.content)
        self._left.addWidget(self.plot)
        self._left.addWidget(self.tick)
        top = QHBoxLayout()
        top.addWidget(self.headline, 1)
        top.addWidget(self.inside)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(top)
        layout.addWidget(beside(self._left, self.figures, *WIDTHS_PX), 1)
        self.inside.toggled.connect(controller.timeline.look_inside)
        self.tick.zoomed.connect(controller.timeline.zoom)
        controller.timeline.changed.connect(self._follow_inside)
        self._follow_inside()
        controller.timeline.marks_changed.connect(self._show_marks)
        self.set_empty(True)

    def draw_view(self, view: View | None) -> None:
        """Draw the power of the span."""
        self.set_empty(view is None or not view.ticks_seen)
        if view is None or not view.ticks_seen:
            return
        self._areas.show_values(view.power_w, *view.grid_s)
        self._show_decisions(view)
        self.plot.set_y_range(0.0, float(view.power_w.sum(axis=0).max()) * HEADROOM)
        self._show_figures(view)

    def draw_moment(self, moment: View | None) -> None:
        """Show the power at the cursor."""
        if self.controller.source.view is not None and moment is not None:
            self._show_figures(self.controller.source.view)
        if self.inside.isChecked():
            self._ask_tick()

    def _follow_inside(self) -> None:
        """Show the tick at the cursor, or the span again, as the timeline is zoomed."""
        is_inside = self.controller.timeline.is_inside
        if is_inside != (self._left.currentWidget() is self.tick):
            self._left.setCurrentWidget(self.tick if is_inside else self.plot)
            self.inside.setChecked(is_inside)
            if is_inside:
                self._ask_tick()

    def _ask_tick(self) -> None:
        """Ask for the tick at the cursor: one at a time, and once more where it moved meanwhile."""
        shown, tick = self.controller.source.shown, self.controller.timeline.cursor
        if shown is None or self._asked is not None:
            return
        self._asked = tick

        def answered(found: WithinTick | None) -> None:
            self._asked = None
            self.tick.show_tick(found, shown.mapping, shown.machine.spec)
            if self.controller.timeline.cursor != tick and self.inside.isChecked():
                self._ask_tick()

        # While a run is under way its newest ticks are not stored yet: then there is nothing to show.
        self.controller.sessions.request(
            "within", shown.session, shown.number, tick, done=answered, failed=lambda _refusal: answered(None)
        )

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._marks.apply_theme(theme)
        self.plot.apply_theme(theme)
        self.tick.apply_theme(theme)

    def _show_figures(self, view: View) -> None:
        moment = self.controller.source.moment
        now = _Taken(moment) if moment is not None and moment.ticks_seen else None
        span = _Taken(view)
        shown = spent_on(dict(zip(ENERGY_KINDS, span.energy_j.tolist(), strict=False)))

        def kinds() -> list[Figure]:
            return [
                _figure(now, span, len(ENERGY_KINDS), tr("Total"), tr(POWERS), "", digits=4),
                *(
                    _figure(now, span, index, tr(channel.title), tr(channel.doc), KIND_COLOURS[kind])
                    for index, kind in enumerate(ENERGY_KINDS)
                    for channel in (CHANNELS[f"chip.{kind}"],)
                    if kind in shown
                ),
            ]

        self.figures.show_made(kinds)
        self.headline.setText(
            tr(
                "{energy} in {seconds}, {mean} on average, {peak} at most",
                energy=about(estimated(float(span.energy_j[-1]), float(span.low_j[-1]), float(span.high_j[-1]), "J")),
                seconds=with_unit(span.seconds, "s"),
                mean=f"{span.mean(len(ENERGY_KINDS), 3)} ({span.ends(len(ENERGY_KINDS), 'W')})",
                peak=estimated(float(view.power_w.sum(axis=0).max()), *_highest_w(view), "W"),
            )
        )

    def _show_marks(self, _marks: object) -> None:
        view = self.controller.source.view
        if view is not None and view.ticks_seen:
            self._show_decisions(view)
            self.plot.redraw()

    def _show_decisions(self, view: View) -> None:
        """Mark when another output took the lead, counted from the start of the span, and marked spans."""
        shown = self.controller.source.shown
        names = [] if shown is None else output_names(shown.network)
        found = decisions(view.outputs) if len(names) == len(view.outputs) else ()
        decided = [(float(view.times_s[one.column]), names[one.output]) for one in found]
        marked_spans = [(mark.start * view.tick_s, mark.label) for mark in self.controller.timeline.marks]
        self._marks.show(sorted(decided + marked_spans))


def _highest_w(view: View) -> tuple[float, float]:
    """Return the ends of the power of the highest column, in W."""
    return float(view.power_low_w[-1].max()), float(view.power_high_w[-1].max())


class _Taken:
    """The energy in J of a span by kind and, last, in all, with both ends."""

    def __init__(self, view: View) -> None:
        widths_s = np.diff(view.edges) * view.tick_s
        by_kind = view.power_w @ widths_s
        self.seconds = view.ticks_seen * view.tick_s
        self.energy_j = np.append(by_kind, by_kind.sum())
        self.low_j, self.high_j = view.power_low_w @ widths_s, view.power_high_w @ widths_s

    def ends(self, index: int, unit: str) -> str:
        """Return both ends of the energy of a kind, or of its mean power."""
        scale = 1.0 if unit == "J" else 1.0 / self.seconds
        return interval(float(self.low_j[index]) * scale, float(self.high_j[index]) * scale, unit)

    def mean(self, index: int, digits: int) -> str:
        """Return the mean power of a kind."""
        return with_unit(float(self.energy_j[index]) / self.seconds, "W", digits)


def _figure(
    now: _Taken | None, span: _Taken, index: int, title: str, what: str, colour: str, digits: int = 3
) -> Figure:
    ends = tr("On average {mean} ({ends}).", mean=span.mean(index, digits), ends=span.ends(index, "W"))
    if now is not None:
        ends = tr("At the cursor {ends}.", ends=now.ends(index, "W")) + "  " + ends
    energy = with_unit(float(span.energy_j[index]), "J")
    cells = (title, "–" if now is None else now.mean(index, digits), energy, span.ends(index, "J"))
    return Figure(cells, colour, f"{what}  {ends}")
