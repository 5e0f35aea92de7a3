"""Schedule: what every PE does when while a deep network runs, layer after layer, with power and DRAM below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSplitter

from s2studio.draw.stages import stage_colours, stage_pixels
from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.deep import STEP_NS
from s2studio.gui.models.sure import about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.grid_image import GridImage, opaque
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.plane import Plane
from s2studio.gui.views.stacked_areas import StackedAreas
from s2studio.gui.views.time_plot import TimePlot
from s2studio.sim.layers.columns import TimelineColumns, timeline_columns
from s2studio.sim.layers.stages import STAGES, TITLES
from s2studio.units import NS_PER_S, estimated, with_unit

if TYPE_CHECKING:
    from s2studio.app.deep import DeepShown
    from s2studio.gui.controller import Controller

COLUMNS = 1200
# From this width on, in px, the name of a layer is written above it.
NAME_PX = 46
# Above the rows there is room for names: so much of their height.
NAMES_SHARE = 0.1


class SchedulePanel(Panel):
    """A row for each PE, the scheduler first, coloured by stage. Wheel: zoom, down to single transfers.

    A click selects the layer under the pointer.
    """

    EMPTY = "Open a deep network (.onnx): its layers appear here in time, PE by PE."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.deep = controller.deep
        self.gantt = _Gantt(self, themes.theme)
        # One axis of time, below all three.
        self.power = TimePlot(self.deep.timeline, themes.theme, tr("power"), "W", has_times=False)
        self.dram = TimePlot(self.deep.timeline, themes.theme, tr("DRAM"), "B/s")
        self._power, self._dram = (StackedAreas([themes.theme.accent]) for _ in range(2))
        self.power.add(self._power)
        self.dram.add(self._dram)
        header = (tr("stage"), *map(about_column, (tr("at cursor"), tr("share"), tr("energy"))))
        self.figures = Figures(header, tr("What PEs do, by stage"))
        plots = QSplitter(Qt.Orientation.Vertical, self.content)
        for plot, share in ((self.gantt, 60), (self.power, 20), (self.dram, 20)):
            plots.addWidget(plot)
            plots.setStretchFactor(plots.count() - 1, share)
        plots.setSizes([300, 100, 100])
        self.column(margin=NEAR_PX).addWidget(beside(plots, self.figures, 900, 340))
        self.deep.shown_changed.connect(self._shown_changed)
        self.deep.layer_changed.connect(lambda _layer: self._wish())
        self.deep.timeline.changed.connect(self._wish)
        self._drawn: tuple[object, ...] = ()
        self._shown_changed(self.deep.shown)

    def draw_news(self) -> None:
        """Draw the span of the deep network's timeline."""
        super().draw_news()
        shown, timeline = self.deep.shown, self.deep.timeline
        if shown is None:
            return
        for plot in (self.gantt, self.power, self.dram):
            plot.show_span(timeline.start, timeline.stop)
            plot.follow_cursor()
        now = (shown, timeline.start, timeline.stop)
        if now != self._drawn:
            self._drawn = now
            self._columns = timeline_columns(shown.timeline, timeline.start * STEP_NS, timeline.stop * STEP_NS, COLUMNS)
            self._draw(shown, self._columns)
        self.gantt.mark(shown, self.deep.layer)
        self._show_figures(shown, self._columns)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        for area in (self._power, self._dram):
            area.set_colours([theme.accent])
        for plot in (self.gantt, self.power, self.dram):
            plot.apply_theme(theme)
        self._drawn = ()
        self._wish()

    def _shown_changed(self, shown: DeepShown | None) -> None:
        self.set_empty(shown is None)
        self._drawn = ()
        self._wish()

    def _draw(self, shown: DeepShown, columns: TimelineColumns) -> None:
        edges = columns.edges_ns / NS_PER_S
        self.gantt.show_stages(stage_pixels(columns.stage, self.theme), edges)
        power = shown.stage_power_w @ columns.busy + shown.steady_power_w
        self._power.show_values(power[None], float(edges[0]), float(edges[-1]))
        self.power.set_y_range(0.0, float(power.max(initial=0.0)) * 1.05)
        self._dram.show_values(columns.dram_rate[None], float(edges[0]), float(edges[-1]))
        self.dram.set_y_range(0.0, float(columns.dram_rate.max(initial=0.0)) * 1.05 or 1.0)

    def _show_figures(self, shown: DeepShown, columns: TimelineColumns) -> None:
        """Show how many PEs are in each stage at the cursor, their share of time in the span, and its energy."""
        timeline, colours = self.deep.timeline, stage_colours(self.theme)
        moment = timeline_columns(shown.timeline, timeline.cursor * STEP_NS, (timeline.cursor + 1) * STEP_NS, 1)
        share = columns.busy.mean(axis=1) / max(1, len(shown.timeline.pes))
        width_s = (columns.edges_ns[-1] - columns.edges_ns[0]) / NS_PER_S
        energy = columns.busy.mean(axis=1) * shown.stage_power_w * width_s
        # Of a stage, a span has as much of the ends as of the value.
        parts = energy / np.maximum(shown.timeline.stage_energy_j, 1e-300)
        of_all = [shown.ends.by_stage_j[stage] for stage in STAGES]
        ends = [(low_j * part, high_j * part) for (low_j, high_j), part in zip(of_all, parts.tolist(), strict=True)]
        rows = [
            Figure(
                (
                    tr(TITLES[stage]),
                    tr("{count:.0f} PEs", count=moment.busy[number, 0]),
                    f"{share[number]:.1%}",
                    with_unit(float(energy[number]), "J"),
                ),
                colours[stage],
                tr("Energy {energy}.", energy=estimated(float(energy[number]), *ends[number], "J")),
            )
            for number, stage in enumerate(STAGES)
            if share[number] > 0
        ]
        rest = shown.steady_power_w * width_s
        tip = tr("What the chip takes without its PEs, and PEs that no layer uses. DRAM devices are not in it.")
        rows.append(Figure((tr("Rest of the chip"), "", "", with_unit(rest, "J")), tip=tip))
        self.figures.show_figures(rows)


class _Gantt(TimePlot):
    """The rows of the PEs, the names of layers above them, and the selected layer."""

    def __init__(self, panel: SchedulePanel, theme: Theme) -> None:
        super().__init__(panel.deep.timeline, theme, tr("PEs"), "", has_times=False)
        self._deep = panel.deep
        self._image, self._layers = GridImage(), _Layers(theme)
        self.add(self._image)
        self.add(self._layers)
        self.setToolTip(tr("Wheel: zoom. Drag: move. Click: select the layer. Double click: everything."))

    def show_stages(self, pixels: NDArray[np.uint8], edges: NDArray[np.float64]) -> None:
        """Show `pixels` (pes, columns, 3) over the time `edges` (columns + 1,) in s."""
        rows = len(pixels)
        self._image.show_pixels(opaque(pixels), float(edges[0]), float(edges[-1]), rows)
        self.name_rows([(0.5, tr("scheduler")), (rows / 2, tr("workers"))])
        # The scheduler is the first row, at the top.
        self.show_range(rows, -NAMES_SHARE * rows)

    def mark(self, shown: DeepShown, layer: int | None) -> None:
        """Mark the layer `layer`, and name those that are wide enough on the screen."""
        self._layers.shown, self._layers.chosen = shown, layer
        self.redraw()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._layers.theme = theme
        super().apply_theme(theme)

    def clicked(self, position: QPointF) -> None:
        """Select the layer under the pointer."""
        shown = self._deep.shown
        if shown is None:
            return
        moment = self.tick_at(position) * STEP_NS
        totals = shown.timeline.totals
        inside = np.flatnonzero((totals.start_ns <= moment) & (moment < totals.stop_ns))
        self._deep.select(int(inside[0]) if len(inside) else None)


class _Layers:
    """The names of layers, and the edges of the chosen one: a tint would change the colours of the stages."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.shown: DeepShown | None = None
        self.chosen: int | None = None

    def paint(self, painter: QPainter, plane: Plane) -> None:
        """Draw them."""
        if self.shown is None:
            return
        totals, box = self.shown.timeline.totals, plane.box
        lefts, rights = plane.x(totals.start_ns / NS_PER_S), plane.x(totals.stop_ns / NS_PER_S)
        if self.chosen is not None:
            painter.setPen(QPen(QColor(self.theme.text), 1.5))
            edges = (float(lefts[self.chosen]), float(rights[self.chosen]))
            painter.drawLines([QLineF(x, box.top(), x, box.bottom()) for x in edges])
        lefts, rights = np.maximum(lefts, box.left()), np.minimum(rights, box.right())
        painter.setPen(QColor(self.theme.muted))
        metrics = painter.fontMetrics()
        for number in np.flatnonzero(rights - lefts >= NAME_PX).tolist():
            width = float(rights[number] - lefts[number])
            name = metrics.elidedText(self.shown.timeline.layers[number], Qt.TextElideMode.ElideRight, int(width) - 4)
            room = QRectF(float(lefts[number]), box.top(), width, metrics.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)
