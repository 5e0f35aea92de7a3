"""Race: placers and seeds against each other on the same traffic; the best placement is taken with one click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox

from s2studio.app.events import CostFound
from s2studio.draw.colours import population_colours
from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.sure import about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.plot import Plot
from s2studio.units import with_unit

if TYPE_CHECKING:
    from s2studio.analysis.race import Race, RaceRow
    from s2studio.gui.controller import Controller

MOST_SEEDS = 64
# The axis of costs reaches beyond them by this share of the highest.
MARGIN = 0.05
# What is compared, in the words of the table.
OBJECTIVES = {
    "time_done_max_s": marked("longest time"),
    "energy_j": marked("energy"),
    "worst_link_flits": marked("worst link"),
    "router_entries": marked("router entries"),
}


# Of the objectives that have an error.
UNITS = {"time_done_max_s": "s", "energy_j": "J"}


class RacePanel(Panel):
    """Asks `s2studio race`: rows that no other beats carry a diamond, those the model cannot tell from the best `=`."""

    EMPTY = "Open a network with a stimulus: this panel tries placers and seeds and keeps the best."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.race: Race | None = None
        self._curves: dict[str, tuple[pg.PlotDataItem, list[int], list[float]]] = {}
        self.verdict = QLabel(tr("Try all placers with several seeds on the project's own traffic."), self.content)
        self.verdict.setWordWrap(True)
        self.seeds = QSpinBox(self.content)
        self.seeds.setRange(1, MOST_SEEDS)
        self.seeds.setValue(2)
        self.seeds.setSuffix(tr(" seeds"))
        self.seeds.setAccessibleName(tr("Seeds for each placer"))
        self.start = QPushButton(tr("Race"), self.content)
        self.take = QPushButton(tr("Take"), self.content)
        self.take.setToolTip(tr("Take the placement of the selected row; an undoable step"))
        self.take.setEnabled(False)
        self.table = Figures(
            (
                tr("placer"),
                about_column(tr("longest")),
                about_column(tr("energy")),
                tr("worst link"),
                tr("hops"),
                tr("entries"),
            ),
            tr("Placements"),
            self._chosen,
        )
        labels = {"left": (tr("cost"), ""), "bottom": (tr("round"), "")}
        self.plot = Plot(themes.theme, tr("Cost over the rounds of a search"), labels)
        self.plot.setToolTip(tr("What a search minimises: flit-hops, and the flits over the worst link"))
        self._lay_out()
        self.start.clicked.connect(lambda _checked: self.run())
        self.take.clicked.connect(lambda _checked: self.take_chosen())
        controller.studio.mapping_changed.connect(self._changed)
        controller.cost_found.connect(self._found)
        self.apply_theme(themes.theme)
        self._changed(None)

    def run(self) -> None:
        """Race; the costs that the searches find are drawn as they come."""
        self._curves.clear()
        self.plot.getPlotItem().clear()
        self._found_so_far.show()
        self.controller.questions.race(self.seeds.value(), self._show)

    def take_chosen(self) -> None:
        """Take the placement of the selected row."""
        row = self._row(self.table.currentRow())
        if row is not None and row.mapping is not None:
            self.controller.edit(tr("Take {name}", name=row.runner.name), row.mapping)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.plot.apply_theme(theme)
        self.plot.getPlotItem().showGrid(x=False, y=True, alpha=0.12)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.verdict, 1)
        for widget in (self.seeds, self.start, self.take):
            top.addWidget(widget)
        self._found_so_far = beside(self.table, self.plot, 600, 140)
        self._found_so_far.setStretchFactor(1, 1)
        self._found_so_far.hide()  # until there is a race
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(top)
        layout.addWidget(self._found_so_far, 1)
        layout.addStretch()

    def _changed(self, _value: object) -> None:
        self.set_empty(self.controller.studio.network is None or self.controller.studio.project is None)

    def _found(self, event: CostFound) -> None:
        """Draw the cost that a search has found so far."""
        if event.name not in self._curves:
            colour = list(population_colours([*self._curves, event.name]).values())[-1]
            self._curves[event.name] = (self.plot.getPlotItem().plot(pen=pg.mkPen(colour, width=1)), [], [])
        curve, rounds, costs = self._curves[event.name]
        rounds.append(event.done)
        costs.append(event.cost)
        curve.setData(rounds, costs)
        self._show_costs([cost for _, _, found in self._curves.values() for cost in found])

    def _show_costs(self, costs: list[float]) -> None:
        """Let the axis of costs reach a little beyond them, also where they are all alike."""
        if costs:
            beyond = MARGIN * max(costs)
            self.plot.getPlotItem().setYRange(min(costs) - beyond, max(costs) + beyond, padding=0)

    def _show(self, race: Race) -> None:
        self.race = race
        self._found_so_far.show()
        error = ", ".join(
            f"{tr(OBJECTIVES.get(name, name))} {with_unit(value, UNITS[name])}"
            for name, value in race.errors.items()
            if value
        )
        best = (
            tr("No placer found a placement")
            if race.winner is None
            else tr("Best: {name}", name=race.winner.runner.name)
        )
        self.verdict.setText(
            tr(
                "{best}, over {ticks:,} ticks.  Called equal within the model's error: {error}.",
                best=best,
                ticks=race.ticks,
                error=error,
            )
        )
        colours = population_colours([row.runner.name for row in race.rows])
        self.table.show_figures([self._figure(row, colours[row.runner.name]) for row in race.rows])
        if race.winner is not None:
            self.table.selectRow(race.rows.index(race.winner))
            self._chosen(self.table.currentRow())
        item = self.plot.getPlotItem()
        item.clear()
        for row in race.rows:
            if row.curve:
                rounds, costs = zip(*row.curve, strict=True)
                item.plot(rounds, costs, pen=pg.mkPen(colours[row.runner.name], width=1))
        self._show_costs([cost for row in race.rows for _, cost in row.curve or ()])

    def _figure(self, row: RaceRow, colour: str) -> Figure:
        measured = row.measured
        if measured is None:
            return Figure((row.runner.name, row.reason, "", "", "", ""), colour)
        marks = ("  ◆" if row.is_pareto else "") + ("  =" if row.equal else "")
        return Figure(
            (
                row.runner.name + marks,
                with_unit(measured.time_done_max_s, "s"),
                with_unit(measured.energy_j, "J", 4),
                f"{measured.worst_link_flits:,}",
                f"{measured.flit_hops:,}",
                f"{measured.router_entries:,}",
            ),
            colour,
            tr(
                "{time_done_low_s} to {time_done_max_s}, {energy_low_j} to {energy_high_j}",
                time_done_low_s=with_unit(measured.time_done_low_s, "s"),
                time_done_max_s=with_unit(measured.time_done_max_s, "s"),
                energy_low_j=with_unit(measured.energy_low_j, "J", 4),
                energy_high_j=with_unit(measured.energy_high_j, "J", 4),
            ),
        )

    def _row(self, number: int) -> RaceRow | None:
        return self.race.rows[number] if self.race is not None and 0 <= number < len(self.race.rows) else None

    def _chosen(self, number: int) -> None:
        row = self._row(number)
        self.take.setEnabled(row is not None and row.mapping is not None)
