"""Levels: energy against tick for every level policy; the points that no other beats, and the one to take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from s2studio.draw.colours import population_colours
from s2studio.draw.theme import NEAR_PX, TIGHT_PX, Theme
from s2studio.gui.models.sure import about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.plot import Plot
from s2studio.sim.level import LevelPolicy
from s2studio.units import with_unit

if TYPE_CHECKING:
    from s2studio.analysis.levels import LevelRow, LevelStudy
    from s2studio.app.shown import RunShown
    from s2studio.gui.controller import Controller

SYMBOLS = ("o", "s", "t", "d", "star", "+", "x")
POINT_PX, LATE_PX = 11, 8
LEGEND_COLUMNS = 3


class LevelsPanel(Panel):
    """Asks `s2studio levels`: every point is a policy at a tick, priced from counts without another run.

    Filled points are in time; hollow ones have late PE ticks. Click a point or a row: its power over the run and where
    it is late are drawn below; then take it.
    """

    EMPTY = "Run a network or open a session: its counts say what every level policy would cost."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.study: LevelStudy | None = None
        self._compared: RunShown | None = None
        self.rows: list[LevelRow] = []
        self.why = QLabel(self.content)
        self.why.setWordWrap(True)
        self.ask = QPushButton(tr("Compare"), self.content)
        self.take = QPushButton(tr("Take"), self.content)
        self.take.setToolTip(tr("Give the project the policy and the tick of the selected row"))
        self.take.setEnabled(False)
        labels = {"left": (tr("energy"), "J"), "bottom": (tr("tick"), "s")}
        self.plot = Plot(themes.theme, tr("Energy against tick"), labels)
        labels = {"left": (tr("power"), "W"), "bottom": (tr("time"), "s")}
        self.curve = Plot(themes.theme, tr("Power of the selected policy over the run"), labels)
        self._power = pg.PlotDataItem(stepMode="center")
        self._late = pg.PlotDataItem(pen=None, symbol="t", symbolSize=LATE_PX, symbolPen=None)
        self.curve.addItem(self._power)
        self.curve.addItem(self._late)
        self.shown = QLabel(self.content)
        self.shown.setProperty("role", "muted")
        self.plot.setToolTip(tr("Hollow points have late PE ticks. Click a point for its power over the run."))
        # Where a long tick is cheap there are no points.
        self._legend = self.plot.getPlotItem().addLegend(offset=(-8, -8), colCount=LEGEND_COLUMNS)
        self.table = Figures(
            (tr("policy"), tr("tick"), *map(about_column, (tr("energy"), tr("late"), tr("fast")))),
            tr("Level policies"),
            self._chosen,
        )
        self._lay_out()
        self.ask.clicked.connect(lambda _checked: self.compare())
        self.take.clicked.connect(lambda _checked: self.take_chosen())
        for event in (controller.studio.mapping_changed, controller.studio.shown_changed):
            event.connect(self._changed)
        self.apply_theme(themes.theme)
        self._changed(None)

    def compare(self) -> None:
        """Ask."""
        self.controller.questions.ask(tr("Comparing level policies"), "levels", done=self._show)

    def take_chosen(self) -> None:
        """Give the project the policy and tick of the selected row."""
        project, row = self.controller.studio.project, self.table.currentRow()
        if project is None or not 0 <= row < len(self.rows):
            return
        chosen = self.rows[row]
        if chosen.level is not None:
            policy = LevelPolicy.parse(chosen.level)
            self.controller.change(run=replace(project.run, tick_s=chosen.tick_s, level=policy))

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.plot.apply_theme(theme)
        self.plot.getPlotItem().showGrid(x=True, y=True, alpha=0.12)
        self.curve.apply_theme(theme)
        self._power.setPen(theme.accent)
        self._late.setSymbolBrush(theme.bad)
        self._legend.setLabelTextColor(theme.text)
        if self.study is not None:
            self._draw(self.study)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.why, 1)
        top.addWidget(self.ask)
        top.addWidget(self.take)
        left = QSplitter(Qt.Orientation.Vertical, self.content)
        below = QWidget(left)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT_PX)
        column.addWidget(self.shown)
        column.addWidget(self.curve, 1)
        left.addWidget(self.plot)
        left.addWidget(below)
        left.setStretchFactor(0, 1)
        left.setStretchFactor(1, 1)
        left.setSizes([200, 200])
        self._found = beside(left, self.table, 560, 480)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(top)
        layout.addWidget(self._found, 1)
        layout.addStretch()

    def _changed(self, _value: object) -> None:
        studio = self.controller.studio
        self.set_empty(studio.mapping is None and studio.shown is None)
        if studio.shown is None or studio.shown is not self._compared:
            self._forget()

    def _forget(self) -> None:
        """Ask anew: a comparison is of one run."""
        self._compared = self.controller.studio.shown
        self.study, self.rows = None, []
        self.take.setEnabled(False)
        self.why.setText(
            tr("Compare: what every level policy would cost at several ticks, from the counts of the run.")
        )
        self._found.hide()

    def _show(self, study: LevelStudy) -> None:
        self.study = study
        self._found.show()
        self.rows = sorted(study.rows, key=lambda row: (not row.is_pareto, row.late_ticks > 0, row.energy_j))
        self.why.setText(
            "  ".join(f"{text[0].upper()}{text[1:]}." for text in study.why) + tr("  Energies are estimates.")
        )
        colours = population_colours(_policies(study))
        self.table.show_figures(
            [
                Figure(
                    (
                        f"{row.policy}{'  ◆' if row.is_pareto else ''}",
                        with_unit(row.tick_s, "s"),
                        with_unit(row.energy_j, "J", 4),
                        f"{row.late_ticks:,}",
                        f"{100 * row.fast_share:.1f} %",
                    ),
                    colours[row.policy],
                    tr(
                        "{policy}: {energy_low_j} to {energy_high_j}, longest {time_done_max_s}",
                        policy=", ".join(row.level or ()) or tr("chosen in hindsight"),
                        energy_low_j=with_unit(row.energy_low_j, "J", 4),
                        energy_high_j=with_unit(row.energy_high_j, "J", 4),
                        time_done_max_s=with_unit(row.time_done_max_s, "s"),
                    )
                    + (tr("; no other is both shorter and cheaper") if row.is_pareto else ""),
                )
                for row in self.rows
            ]
        )
        self._draw(study)
        self.table.selectRow(self.rows.index(study.choice))
        self._chosen(self.table.currentRow())

    def _draw(self, study: LevelStudy) -> None:
        item = self.plot.getPlotItem()
        item.clear()
        self._legend.clear()
        colours = population_colours(_policies(study))
        named = set()
        for name, symbol in zip(_policies(study), SYMBOLS * 4, strict=False):
            for is_late in (False, True):
                rows = [row for row in study.rows if row.policy == name and (row.late_ticks > 0) is is_late]
                if not rows:
                    continue
                points = item.plot(
                    [row.tick_s for row in rows],
                    [row.energy_j for row in rows],
                    pen=None,
                    symbol=symbol,
                    symbolSize=POINT_PX,
                    symbolPen=pg.mkPen(colours[name], width=2),
                    symbolBrush=None if is_late else colours[name],
                    name=None if name in named else name,
                )
                named.add(name)
                points.sigPointsClicked.connect(lambda _item, clicked, rows=rows: self._clicked(rows, clicked))
        item.enableAutoRange()

    def _clicked(self, rows: list[LevelRow], clicked: Any) -> None:
        if len(clicked):
            self.table.selectRow(self.rows.index(rows[clicked[0].index()]))
            self._chosen(self.table.currentRow())

    def _show_curve(self, row: LevelRow) -> None:
        """Draw the power of `row` over the run, with a triangle where PEs are late."""
        curve = row.curve
        times = curve.edges * row.tick_s
        self._power.setData(times, curve.power_w)
        late = np.flatnonzero(curve.late)
        self._late.setData((times[late] + times[late + 1]) / 2, curve.power_w[late])
        self.curve.getPlotItem().enableAutoRange()
        where = {"policy": row.policy, "tick": with_unit(row.tick_s, "s")}
        if row.late_ticks:
            first = with_unit(float(times[late[0]]), "s")
            self.shown.setText(
                tr(
                    "{policy} at ticks of {tick}: {count:,} late PE ticks (triangles), the first at {first}",
                    count=row.late_ticks,
                    first=first,
                    **where,
                )
            )
        else:
            self.shown.setText(tr("{policy} at ticks of {tick}: no PE is late", **where))

    def _chosen(self, row: int) -> None:
        if 0 <= row < len(self.rows):
            self._show_curve(self.rows[row])
        can = 0 <= row < len(self.rows) and self.rows[row].level is not None
        self.take.setEnabled(can and self.controller.studio.project is not None)


def _policies(study: LevelStudy) -> list[str]:
    return list(dict.fromkeys(row.policy for row in study.rows))
