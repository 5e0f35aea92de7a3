"""Deadline: how much of each tick the busiest PE needs, which one that is, and where a PE is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from s2studio.draw.colours import population_colours
from s2studio.draw.scale import quantity
from s2studio.draw.theme import NEAR_PX, Theme, rgb
from s2studio.gui.models.selection import of_slices
from s2studio.gui.models.sure import about
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.grid_image import ColourStrip
from s2studio.gui.views.panel import Panel
from s2studio.gui.views.readout import Readout
from s2studio.gui.views.stacked_areas import Band
from s2studio.gui.views.step_curve import Level, StepCurve, Triangles
from s2studio.gui.views.time_plot import TimePlot
from s2studio.gui.views.trouble_buttons import TroubleButtons
from s2studio.units import estimated, numbered, with_unit

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.gui.controller import Controller

HEADLINE_PX = 200
# The room of the strip below zero, as a share of what is above it.
STRIP = 0.07


class DeadlinePanel(Panel):
    """The worst `time_done` of all PEs as a share of the tick. Above 1 a PE is late, and so are its spikes.

    The band is the interval of the curve; the strip below has the colour of the population whose PE sets it.
    """

    EMPTY = "No times yet. Press Run (F5), or open a session."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.headline = Readout(HEADLINE_PX, parent=self.content, lines=2).let_select()
        self.plot = _DeadlinePlot(self)
        self._band, self._curve, self._setters = (
            Band(themes.theme.accent),
            StepCurve(themes.theme.accent),
            ColourStrip(),
        )
        self._late = Triangles(themes.theme.bad)
        self._limit = Level(themes.theme.bad, 1.0)
        for item in (self._band, self._curve, self._late, self._limit, self._setters):
            self.plot.add(item)
        self.trouble = TroubleButtons(controller, self.content)
        self.why = QPushButton(tr("Why?"), self.content)
        self.why.setToolTip(
            tr("Say for the tick at the cursor which PE works longest, on what, and trace who sent it  (F9)")
        )
        self.why.clicked.connect(lambda _checked: controller.forensics.ask())
        top = QHBoxLayout()
        top.addWidget(self.headline, 1)
        top.addWidget(self.trouble)
        top.addWidget(self.why)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)
        self.apply_theme(themes.theme)
        self.set_empty(True)

    def draw_view(self, view: View | None) -> None:
        """Draw the busiest PE of each column."""
        self.set_empty(view is None or not view.ticks_seen)
        if view is None or not view.ticks_seen:
            return
        part = view.worst_time_done_s / view.tick_s
        edges = view.times_s
        self._curve.show_steps(edges, part)
        low, high = view.worst_low_s / view.tick_s, view.worst_high_s / view.tick_s
        self._band.show_ends(low, high, float(edges[0]), float(edges[-1]))
        self._show_setters(view)
        late = np.flatnonzero(view.late)
        self._late.points = (edges[late] + edges[late + 1]) / 2, part[late]
        top = max(1.1, float(part.max()) * 1.1)
        self.plot.show_range(-STRIP * top, top)
        self._say(view)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._curve.set_colour(theme.accent)
        self._band.set_colour(theme.accent)
        self._limit.colour = self._late.colour = theme.bad
        self.trouble.apply_theme(theme)
        self.plot.apply_theme(theme)

    def select_worst(self, tick: int) -> None:
        """Select the slice that sets the worst time in the column of `tick`."""
        view, shown = self.controller.source.view, self.controller.source.shown
        if view is None or shown is None:
            return
        column = int(np.searchsorted(view.edges, tick, "right")) - 1
        if 0 <= column < len(view.worst_slice) and view.worst_slice[column] >= 0:
            self.controller.selection.select(of_slices(shown.mapping, frozenset({int(view.worst_slice[column])})))

    def _show_setters(self, view: View) -> None:
        shown = self.controller.source.shown
        if shown is None:
            return
        of_population = population_colours([one.name for one in shown.network.spiking.populations])
        colours = [of_population[piece.population] for piece in shown.mapping.slices] + [self.theme.surface]
        # Where no PE works, the last colour: index -1.
        pixels = np.array([rgb(colour) for colour in colours], np.uint8)[view.worst_slice]
        self._setters.show_colours(pixels, float(view.times_s[0]), float(view.times_s[-1]))

    def _say(self, view: View) -> None:
        shown = self.controller.source.shown
        worst = int(view.worst_time_done_s.argmax())
        index = int(view.worst_slice[worst])
        if shown is None or index < 0:
            return
        piece = shown.mapping.slices[index]
        need = float(view.worst_time_done_s[worst])
        late = int(view.late.sum())
        self.headline.setText(
            tr(
                "Worst {need}, {share} of the tick of {tick_s}: {pe}, '{population}' neurons {start} to "
                "{stop}, at {times_s}.  ",
                need=about(estimated(need, float(view.worst_low_s.max()), float(view.worst_high_s.max()), "s")),
                share=quantity(need / view.tick_s, "%"),
                tick_s=with_unit(view.tick_s, "s"),
                pe=piece.pe,
                population=piece.population,
                start=piece.start,
                stop=piece.stop - 1,
                times_s=with_unit(float(view.times_s[worst]), "s"),
            )
            + _late(late, *view.late_ends)
            + self._safe_tick()
        )
        self.headline.set_role("bad" if late else "")

    def _safe_tick(self) -> str:
        """Return in words how short the tick of the run might be; "" until the run is over."""
        summary = self.controller.studio.summary
        safe_s = None if summary is None else summary.get("smallest_safe_tick_s")
        return (
            ""
            if not safe_s
            else "  " + tr("Smallest safe tick of the run: {safe}.", safe=about(with_unit(safe_s, "s")))
        )


def _late(late: int, low: int, high: int) -> str:
    """Return in words how many PE ticks are late, with both ends."""
    if high:
        return tr("{late} late PE ticks.", late=about(numbered(late, low, high)))
    return tr("No PE is late.")


class _DeadlinePlot(TimePlot):
    """The plot; a click also selects the PE that sets the worst time there."""

    def __init__(self, panel: DeadlinePanel) -> None:
        super().__init__(panel.controller.timeline, panel.theme, tr("worst time done / tick"), "")
        self._panel = panel

    def clicked(self, position: QPointF) -> None:
        """Select the slice that is slowest there."""
        self._panel.select_worst(self.tick_at(position))
