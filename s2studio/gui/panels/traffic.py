"""Traffic: packets that PEs receive and flits on the NoC over time, and the links that carry most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.selection import Selected
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.step_curve import StepCurve
from s2studio.gui.views.time_plot import TimePlot
from s2studio.sim.traffic import link_table

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.app.shown import RunShown
    from s2studio.gui.controller import Controller
    from s2studio.mapping.mapping import Link

WORST = 12


class TrafficPanel(Panel):
    """Packets received by all PEs, and flits over all links, per tick; beside it the busiest links of the span."""

    EMPTY = "No traffic yet. Press Run (F5), or open a session."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.packets = TimePlot(controller.timeline, themes.theme, tr("packets / tick"), "", has_times=False)
        self.flits = TimePlot(controller.timeline, themes.theme, tr("flit-hops / tick"), "")
        self._packets, self._flits = StepCurve(themes.theme.accent), StepCurve(themes.theme.warning)
        self.packets.add(self._packets)
        self.flits.add(self._flits)
        self.figures = Figures((tr("busiest links"), tr("flits"), tr("per tick")), tr("Busiest links"), self._select)
        self._links: tuple[Link, ...] = ()
        self._order: list[int] = []
        plots = QSplitter(Qt.Orientation.Vertical, self.content)
        plots.addWidget(self.packets)
        plots.addWidget(self.flits)
        self.column(margin=NEAR_PX).addWidget(beside(plots, self.figures))
        controller.studio.shown_changed.connect(self._shown_changed)
        self._shown_changed(controller.studio.shown)
        self.set_empty(True)

    def draw_view(self, view: View | None) -> None:
        """Draw the traffic of the span."""
        shown = self.controller.source.shown
        self.set_empty(view is None or shown is None or not view.ticks_seen)
        if view is None or shown is None or not view.ticks_seen:
            return
        for plot, curve, values in (
            (self.packets, self._packets, view.packets),
            (self.flits, self._flits, view.flits),
        ):
            curve.show_steps(view.times_s, values)
            plot.set_y_range(0.0, float(values.max()) * 1.05 or 1.0)

        def worst() -> list[Figure]:
            self._order = np.argsort(-view.link_flits, kind="stable")[:WORST].tolist()
            return [self._figure(view, row) for row in self._order if row < len(self._links)]

        self.figures.show_made(worst)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._packets.set_colour(theme.accent)
        self._flits.set_colour(theme.warning)
        for plot in (self.packets, self.flits):
            plot.apply_theme(theme)

    def _figure(self, view: View, row: int) -> Figure:
        link, flits = self._links[row], int(view.link_flits[row])
        per_tick = flits / view.ticks_seen
        return Figure((f"{link.source} → {link.target}", f"{flits:,}", f"{per_tick:,.3g}"))

    def _shown_changed(self, shown: RunShown | None) -> None:
        self._links = () if shown is None else link_table(shown.mapping)[0]

    def _select(self, row: int) -> None:
        if row < len(self._order):
            self.controller.selection.select(Selected(links=frozenset({self._links[self._order[row]]})))
