"""Compare: the run that is shown against another: what differs in numbers, over time, on the mesh, and first of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QTabWidget,
)

from s2studio.analysis.view import Span, View
from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.sure import about
from s2studio.gui.source import COLUMNS
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.mesh_difference import MeshDifference
from s2studio.gui.views.panel import Panel, in_order
from s2studio.gui.views.step_curve import StepCurve
from s2studio.gui.views.time_plot import TimePlot
from s2studio.marks import mark_of
from s2studio.units import named, unit_of

if TYPE_CHECKING:
    from s2studio.analysis.compare import Comparison, PeDifference, PopulationDifference, Side
    from s2studio.app.shown import RunShown
    from s2studio.gui.controller import Controller

# Curves that can be laid over each other: title, unit, and what of a view they are.
CURVES: tuple[tuple[str, str, Callable[[View], np.ndarray]], ...] = (
    (marked("power"), "W", lambda view: view.power_w.sum(axis=0)),
    (marked("worst time done / tick"), "", lambda view: view.worst_time_done_s / view.tick_s),
    (marked("packets / tick"), "", lambda view: view.packets),
    (marked("flit-hops / tick"), "", lambda view: view.flits),
    (marked("spikes / tick"), "", lambda view: view.spikes.sum(axis=0) / np.diff(view.edges)),
)
# Differences that can be drawn on the mesh: title, unit, and A and B of a PE.
MAPS: tuple[tuple[str, str, Callable[[PeDifference], tuple[float | None, float | None]]], ...] = (
    (marked("longest time done"), "s", lambda pe: (pe.time_done_max_a_s, pe.time_done_max_b_s)),
    (marked("mean time done"), "s", lambda pe: (pe.time_done_mean_a_s, pe.time_done_mean_b_s)),
    (marked("packets"), "packets", lambda pe: (pe.packets_a, pe.packets_b)),
)
# What stands in the summary of a run, in words.
TITLES: Mapping[str, str] = {
    "tick_s": marked("Tick"),
    "pes_used": marked("PEs used"),
    "board.moved": marked("Slices the board would move"),
    "packets_in_flight": marked("Packets in flight at the end"),
    "late_ticks_pessimistic": marked("Late ticks, pessimistic"),
    "fifo_overflows": marked("FIFO overflows"),
    "time_done_low_s": marked("Longest time_done, low end"),
    "time_done_max_s": marked("Longest time_done"),
    "time_done_pessimistic_s": marked("Longest time_done, high end"),
    "pe_ticks_by_level.low": marked("PE ticks at low"),
    "pe_ticks_by_level.high": marked("PE ticks at high"),
    "energy_j.noc": marked("Energy, NoC"),
    "energy_low_j": marked("Energy, low end"),
    "energy_high_j": marked("Energy, high end"),
    "energy_dynamic_j": marked("Energy above idle"),
    "energy_dynamic_low_j": marked("Energy above idle, low end"),
    "energy_dynamic_high_j": marked("Energy above idle, high end"),
    "power_mean_w": marked("Mean power"),
    "power_mean_low_w": marked("Mean power, low end"),
    "power_mean_high_w": marked("Mean power, high end"),
    "power_peak_w": marked("Peak power"),
    "power_peak_low_w": marked("Peak power, low end"),
    "power_peak_high_w": marked("Peak power, high end"),
}

# Sessions that the menu offers.
MOST_OTHERS = 12


class ComparePanel(Panel):
    """A is the run that is shown, B another session; everything is B less A, over the ticks that both have."""

    EMPTY = "Open a session or run a network first; then choose another session to compare it with."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.other: Path | None = None
        self._comparison: Comparison | None = None
        self._view_b: View | None = None
        self.verdict = QLabel(self.content)
        self.verdict.setProperty("role", "heading")
        self.names = QLabel(self.content)
        self.names.setProperty("role", "muted")
        self.choose = QPushButton(tr("Compare with"), self.content)
        self._others = QMenu(self.choose)
        self._others.aboutToShow.connect(self._fill_others)
        self.choose.setMenu(self._others)
        self.what, self.map = QComboBox(self.content), QComboBox(self.content)
        self.what.setAccessibleName(tr("Curve"))
        self.map.setAccessibleName(tr("Difference on the mesh"))
        self.what.addItems([tr(title) for title, _, _ in CURVES])
        self.map.addItems([tr(title) for title, _, _ in MAPS])
        self.plot = TimePlot(controller.timeline, themes.theme, "", "")
        self.curve_a, self.curve_b = StepCurve(themes.theme.accent, width=2), StepCurve(themes.theme.warning)
        for curve in (self.curve_a, self.curve_b):
            self.plot.add(curve)
        self.mesh = MeshDifference(themes.theme)
        self.numbers = Figures((tr("number"), "A", "B", "B − A", tr("change")), tr("Numbers that differ"))
        self.populations = Figures(
            (tr("population"), "A", "B", tr("only A"), tr("only B"), tr("first difference")), tr("Populations")
        )
        self._lay_out()
        in_order(self.what, self.map, self.choose, self.numbers)
        self.what.currentIndexChanged.connect(lambda _index: self._draw_curves())
        self.map.currentIndexChanged.connect(lambda _index: self._draw_mesh())
        controller.studio.shown_changed.connect(self._shown_changed)
        self._shown_changed(controller.studio.shown)

    def ask_other(self) -> None:
        """Ask for the other session."""
        name = QFileDialog.getExistingDirectory(self, tr("Compare with session"), str(self.controller.session_folder))
        if name:
            self.compare_with(Path(name))

    def compare_with(self, other: Path, _checked: bool = False) -> None:
        """Compare the run that is shown with the first run of `other`."""
        self.other = other
        self._show_parts()
        self._ask()

    def draw_view(self, view: View | None) -> None:
        """Lay the curves of both runs over each other, for the span."""
        if view is not None and self.other is not None:
            span = Span(view.span.start, view.span.stop, COLUMNS)
            self.controller.sessions.request(
                "view", self.other, 0, span, False, done=self._answered, failed=lambda _refusal: None
            )

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.curve_a.set_colour(theme.accent)
        self.curve_b.set_colour(theme.warning)
        self.plot.apply_theme(theme)
        self.mesh.theme = theme
        self.mesh.update()
        self._show_names()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.addWidget(self.verdict)
        bar.addWidget(self.names, 1)
        bar.addWidget(self.what)
        bar.addWidget(self.map)
        bar.addWidget(self.choose)
        tables = QTabWidget(self.content)
        tables.addTab(self.numbers, tr("Numbers"))
        tables.addTab(self.populations, tr("Populations"))
        self._hint = QLabel(
            tr("Compare with: another session. Table, curves and mesh then show what it has more or less of.")
        )
        self._hint.setProperty("role", "muted")
        self._found = QSplitter(Qt.Orientation.Horizontal, self.content)
        for widget in (self.plot, self.mesh, tables):
            self._found.addWidget(widget)
        self._found.setSizes([420, 260, 520])
        self._found.setStretchFactor(0, 1)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(bar)
        layout.addWidget(self._hint)
        layout.addWidget(self._found, 1)
        layout.addStretch()

    def _fill_others(self) -> None:
        """List the sessions beside the one that is shown, newest first, and a way to all others."""
        self._others.clear()
        shown = self.controller.studio.shown
        folder = self.controller.session_folder if shown is None else shown.session.parent
        sessions = sorted(folder.glob("*.s2s"), key=lambda path: -path.stat().st_mtime)
        for path in [one for one in sessions if shown is None or one != shown.session][:MOST_OTHERS]:
            self._others.addAction(path.name).triggered.connect(partial(self.compare_with, path))
        self._others.addSeparator()
        self._others.addAction(tr("Another session…")).triggered.connect(self.ask_other)

    def _shown_changed(self, shown: RunShown | None) -> None:
        self.set_empty(shown is None)
        self._show_names()
        self._show_parts()
        if self.other is None:
            self.verdict.setText(tr("Nothing to compare with yet"))
        elif shown is not None and shown.state != "running":
            self._ask()

    def _show_parts(self) -> None:
        """Show what there is to see, or what to do first."""
        self._hint.setVisible(self.other is None)
        for widget in (self._found, self.what, self.map):
            widget.setVisible(self.other is not None)

    def _ask(self) -> None:
        shown, other = self.controller.studio.shown, self.other
        if shown is None or other is None:
            return
        self.verdict.setText(tr("Comparing …"))
        self.controller.sessions.request("compare", shown.session, shown.number, other, 0, done=self._compared)
        self.draw_view(self.controller.source.view)

    def _compared(self, comparison: Comparison) -> None:
        self._comparison = comparison
        first = comparison.first_tick
        if comparison.spikes_equal is None:
            self.verdict.setText(tr("Spikes cannot be compared"))
        elif comparison.spikes_equal:
            self.verdict.setText(tr("Spikes are equal"))
        else:
            self.verdict.setText(
                tr("Spikes differ") + ("" if first is None else tr(", first in tick {first:,}", first=first))
            )
        self._show_names()
        self._show_tables(comparison)
        self._draw_mesh()

    def _show_names(self) -> None:
        shown, theme = self.controller.studio.shown, self.theme
        if shown is None:
            return
        text = f'<span style="color: {theme.accent}">A</span> {shown.session.name}'
        if self.other is not None:
            text += f'   <span style="color: {theme.warning}">B</span> {self.other.name}'
        if self._comparison is not None and self._comparison.notes:
            text += "   " + "; ".join(self._comparison.notes)
        self.names.setText(text)
        self.names.setToolTip(text)

    def _show_tables(self, comparison: Comparison) -> None:
        self.numbers.show_figures(
            [
                Figure(
                    (
                        _title(number.key),
                        _sure(number.key, number.a, comparison.a),
                        _sure(number.key, number.b, comparison.b),
                        number.written_change,
                        "" if number.relative is None else f"{number.relative:+.2%}",
                    ),
                    tip=number.key,
                )
                for number in sorted(comparison.differing, key=lambda one: -abs(one.relative or 0.0))
            ]
        )
        if not comparison.differing:
            equal = tr("All {numbers} numbers are equal", numbers=len(comparison.numbers))
            self.numbers.show_figures([Figure((equal, "", "", "", ""))])
        self.populations.show_figures([_population(row) for row in comparison.populations])

    def _answered(self, view: View) -> None:
        self._view_b = view
        self._draw_curves()

    def _draw_curves(self) -> None:
        a, b = self.controller.source.view, self._view_b
        title, unit, of = CURVES[self.what.currentIndex()]
        self.plot.label(tr(title), unit)
        most = 0.0
        for view, curve in ((a, self.curve_a), (b, self.curve_b)):
            if view is not None:
                values = of(view)
                most = max(most, float(values.max(initial=0.0)))
                curve.show_steps(view.times_s, values)
        self.plot.set_y_range(0.0, most * 1.08 or 1.0)

    def _draw_mesh(self) -> None:
        machine = self.controller.studio.machine
        if self._comparison is None or machine is None:
            return
        _, unit, of = MAPS[self.map.currentIndex()]
        values = {}
        for pe in self._comparison.pes:
            a, b = of(pe)
            if a is not None and b is not None:
                values[pe.pe] = float(b - a)
        self.mesh.show_values(machine, values, unit)


def _title(key: str) -> str:
    """Return in words what stands under `key` in the summary of a run."""
    if key in TITLES:
        return tr(TITLES[key])
    parts = (part.removesuffix(f"_{unit_of(part).lower()}") for part in key.split("."))
    return ", ".join(part.replace("_", " ") for part in parts).capitalize()


def _sure(key: str, value: float, side: Side) -> str:
    text = named(key, value)
    is_estimate = mark_of(key.partition(".")[0], side.origin == "measured") == "estimate"
    return about(text) if is_estimate else text


def _population(row: PopulationDifference) -> Figure:
    spikes = row.spikes
    first = "–" if spikes is None else tr("equal")
    if spikes is not None and spikes.first is not None:
        first = tr("tick {tick:,}, neuron {neuron:,}", tick=spikes.first.tick, neuron=spikes.first.neuron)
    return Figure(
        (
            row.name,
            "–" if row.spikes_a is None else f"{row.spikes_a:,}",
            "–" if row.spikes_b is None else f"{row.spikes_b:,}",
            "–" if spikes is None else f"{spikes.only_a:,}",
            "–" if spikes is None else f"{spikes.only_b:,}",
            first,
        )
    )
