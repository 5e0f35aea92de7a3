"""Outputs: how often each output neuron spiked, and the class that leads over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2studio.draw.colours import population_colours
from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.decisions import decisions, output_names
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.readout import Readout
from s2studio.gui.views.step_curve import StepCurve
from s2studio.gui.views.time_marks import TimeMarks
from s2studio.gui.views.time_plot import TimePlot

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.gui.controller import Controller

# More curves than this cannot be told apart.
MOST_CURVES = 14
ANSWER_PX = 200
# Above the curves there is room for the names of marks.
HEADROOM = 1.2
TOO_MANY = marked("Too many spikes in this span to count each output. Zoom in (Ctrl++).")


class OutputsPanel(Panel):
    """Spikes of the output neurons, counted from the start of the span; the neuron with most is the answer."""

    EMPTY = "No outputs yet. Press Run (F5), or open a session of a network with outputs."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.answer = Readout(ANSWER_PX, "heading", self.content).let_select()
        self.plot = TimePlot(controller.timeline, themes.theme, tr("spikes so far"), "")
        self.figures = Figures((tr("output"), tr("spikes"), tr("share")), tr("Spikes by output"))
        self._curves = [StepCurve(themes.theme.accent) for _ in range(MOST_CURVES)]
        for curve in self._curves:
            self.plot.add(curve)
        self._marks = TimeMarks(themes.theme)
        self.plot.add(self._marks)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addWidget(self.answer)
        layout.addWidget(beside(self.plot, self.figures), 1)
        self.set_empty(True)

    def draw_view(self, view: View | None) -> None:
        """Draw the counts over the span."""
        run = self.controller.source.shown
        names = [] if run is None else output_names(run.network)
        is_empty = view is None or not len(view.outputs) or len(names) != len(view.outputs)
        self.set_empty(is_empty, tr(TOO_MANY) if view is not None and view.is_coarse else None)
        if view is None or is_empty:
            return
        counts = np.cumsum(view.outputs, axis=1)
        total = counts[:, -1]
        order = np.argsort(-total, kind="stable")
        colours = list(population_colours(names).values())
        shown = order[:MOST_CURVES]
        for curve, row in zip(self._curves, shown, strict=False):
            curve.show_steps(view.times_s, counts[row])
            curve.set_colour(colours[row], width=2 if row == order[0] else 1)
        for curve in self._curves[len(shown) :]:
            curve.clear()
        self._marks.show([(view.times_s[one.column], names[one.output]) for one in decisions(view.outputs)])
        self.plot.set_y_range(0.0, float(max(1, total.max())) * HEADROOM)
        spikes = max(1, int(total.sum()))
        self.figures.show_figures(
            [
                Figure((names[row], f"{total[row]:,}", f"{100 * total[row] / spikes:.3g} %"), colours[row])
                for row in order
            ]
        )
        self._say(total, names, int(order[0]))

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._marks.apply_theme(theme)
        self.plot.apply_theme(theme)

    def _say(self, total: np.ndarray, names: list[str], best: int) -> None:
        ties = int((total == total[best]).sum())
        if not total[best]:
            self.answer.setText(tr("No output spike in this span"))
        elif ties > 1:
            self.answer.setText(
                tr("Undecided: {ties} outputs have {total:,} spikes each", ties=ties, total=total[best])
            )
        else:
            self.answer.setText(tr("{names} leads with {total:,} spikes", names=names[best], total=total[best]))
