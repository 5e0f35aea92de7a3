"""Power over time, stacked by what takes it, with the energy of the span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel

from s2studio.draw.colours import colour_map
from s2studio.draw.theme import NEAR_PX, Theme, hex_colour
from s2studio.gui.models.decisions import decisions, output_names
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.step_curve import StepCurve
from s2studio.gui.views.time_marks import TimeMarks
from s2studio.gui.views.time_plot import TimePlot
from s2studio.sim.channels import CHANNELS
from s2studio.sim.energy import ENERGY_KINDS
from s2studio.units import with_unit

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.gui.controller import Controller


def kind_colours() -> dict[str, str]:
    """Return the colour of each kind of energy: along one colour map, from what is always there to what is rare."""
    table = colour_map("viridis")
    places = np.linspace(20, len(table) - 1, len(ENERGY_KINDS)).astype(int)
    return {kind: hex_colour(*table[place]) for kind, place in zip(ENERGY_KINDS, places, strict=True)}


class PowerPanel(Panel):
    """What the chip takes in each column of time, by kind; at the cursor, on average, at most, and as energy."""

    EMPTY = "No power yet. Press Run (F5), or open a session."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.plot = TimePlot(controller.timeline, themes.theme, tr("power"), "W")
        self.figures = Figures((tr("kind"), tr("at cursor"), tr("mean"), tr("energy")), tr("Power by kind"))
        colours = kind_colours()
        self._colours = colours
        # The sum of all kinds is drawn first, and each sum without its last kind over it.
        self._areas = {kind: StepCurve(colours[kind], fill=True) for kind in reversed(ENERGY_KINDS)}
        for area in self._areas.values():
            self.plot.addItem(area)
        self._marks = TimeMarks(self.plot, themes.theme)
        self.headline = QLabel(self.content)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addWidget(self.headline)
        layout.addWidget(beside(self.plot, self.figures), 1)
        self.set_empty(True)

    def draw_view(self, view: View | None) -> None:
        """Draw the power of the span."""
        self.set_empty(view is None or not view.ticks_seen)
        if view is None or not view.ticks_seen:
            return
        total = np.cumsum(view.power_w, axis=0)
        edges = view.times_s
        for index, kind in enumerate(ENERGY_KINDS):
            self._areas[kind].show_steps(edges, total[index])
        self.plot.set_y_range(0.0, float(total[-1].max()) * 1.05)
        self._show_decisions(view)
        self._show_figures(view)

    def draw_moment(self, moment: View | None) -> None:
        """Show the power at the cursor."""
        if self.controller.source.view is not None and moment is not None:
            self._show_figures(self.controller.source.view)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.plot.apply_theme(theme)
        self._marks.apply_theme(theme)

    def _show_figures(self, view: View) -> None:
        moment = self.controller.source.moment
        seconds = view.ticks_seen * view.tick_s
        widths = np.diff(view.edges) * view.tick_s
        energy = view.power_w @ widths
        now = moment.power_w[:, 0] if moment is not None and moment.ticks_seen else np.full(len(ENERGY_KINDS), np.nan)
        rows = [
            Figure(
                (
                    tr(CHANNELS[f"chip.{kind}"].title),
                    with_unit(float(now[index]), "W"),
                    with_unit(float(energy[index]) / seconds, "W"),
                    with_unit(float(energy[index]), "J"),
                ),
                self._colours[kind],
                tr(CHANNELS[f"chip.{kind}"].doc),
            )
            for index, kind in enumerate(ENERGY_KINDS)
        ]
        sums = (float(now.sum()), float(energy.sum()) / seconds)
        rows.insert(
            0,
            Figure(
                (
                    tr("Total"),
                    with_unit(sums[0], "W", 4),
                    with_unit(sums[1], "W", 4),
                    with_unit(float(energy.sum()), "J"),
                ),
                tip=tr(
                    "Powers follow from counts and the chip file; sleep and busy power are measured, cycles are "
                    "estimates."
                ),
            ),
        )
        self.figures.show_figures(rows)
        self.headline.setText(
            tr(
                "{energy} in {seconds}, {mean} on average, {peak} at most   (estimate)",
                energy=with_unit(float(energy.sum()), "J"),
                seconds=with_unit(seconds, "s"),
                mean=with_unit(sums[1], "W", 4),
                peak=with_unit(float(view.power_w.sum(axis=0).max()), "W", 4),
            )
        )

    def _show_decisions(self, view: View) -> None:
        """Mark when another output took the lead, counted from the start of the span."""
        shown = self.controller.source.shown
        names = [] if shown is None else output_names(shown.network)
        found = decisions(view.outputs) if len(names) == len(view.outputs) else ()
        self._marks.show([(view.times_s[one.column], names[one.output]) for one in found])
