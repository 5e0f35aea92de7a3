"""Schedule: what every PE does when while a deep network runs, layer after layer, with power and DRAM below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QSplitter

from s2studio.draw.stages import stage_colours, stage_pixels
from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.deep import STEP_NS
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.step_curve import StepCurve
from s2studio.gui.views.time_plot import TimePlot
from s2studio.sim.layers.columns import TimelineColumns, timeline_columns
from s2studio.sim.layers.stages import STAGES, TITLES
from s2studio.units import NS_PER_S, with_unit

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
        self.power = TimePlot(self.deep.timeline, themes.theme, tr("power"), "W")
        self.dram = TimePlot(self.deep.timeline, themes.theme, tr("DRAM"), "B/s")
        self._power, self._dram = (StepCurve(themes.theme.accent, fill=True) for _ in range(2))
        self.power.addItem(self._power)
        self.dram.addItem(self._dram)
        header = (tr("stage"), tr("at cursor"), tr("share"), tr("energy"))
        self.figures = Figures(header, tr("What PEs do, by stage"))
        for plot in (self.gantt, self.power):
            # One axis of time, below all three.
            plot.getPlotItem().hideAxis("bottom")
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
        now = (shown, timeline.start, timeline.stop)
        if now != self._drawn:
            self._drawn = now
            self._columns = timeline_columns(shown.timeline, timeline.start * STEP_NS, timeline.stop * STEP_NS, COLUMNS)
            self._draw(shown, self._columns)
        self.gantt.mark(shown, self.deep.layer)
        self._show_figures(shown, self._columns)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
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
        self._power.show_steps(edges, power)
        self.power.set_y_range(0.0, float(power.max(initial=0.0)) * 1.05)
        self._dram.show_steps(edges, columns.dram_rate)
        self.dram.set_y_range(0.0, float(columns.dram_rate.max(initial=0.0)) * 1.05 or 1.0)

    def _show_figures(self, shown: DeepShown, columns: TimelineColumns) -> None:
        """Show how many PEs are in each stage at the cursor, their share of time in the span, and its energy."""
        timeline, colours = self.deep.timeline, stage_colours(self.theme)
        moment = timeline_columns(shown.timeline, timeline.cursor * STEP_NS, (timeline.cursor + 1) * STEP_NS, 1)
        share = columns.busy.mean(axis=1) / max(1, len(shown.timeline.pes))
        width_s = (columns.edges_ns[-1] - columns.edges_ns[0]) / NS_PER_S
        energy = columns.busy.mean(axis=1) * shown.stage_power_w * width_s
        rows = [
            Figure(
                (
                    tr(TITLES[stage]),
                    tr("{count:.0f} PEs", count=moment.busy[number, 0]),
                    f"{share[number]:.1%}",
                    with_unit(float(energy[number]), "J"),
                ),
                colours[stage],
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
        super().__init__(panel.deep.timeline, theme, tr("PEs"), "")
        self._deep = panel.deep
        # The scheduler is the first row, at the top.
        self.getPlotItem().getViewBox().invertY(True)
        self._image = pg.ImageItem(axisOrder="row-major")
        # Only its edges are drawn: a tint would change the colours of the stages.
        self._chosen = pg.LinearRegionItem(movable=False, brush=(0, 0, 0, 0))
        self._names: list[pg.TextItem] = []
        self.addItem(self._image)
        self.addItem(self._chosen, ignoreBounds=True)
        self._chosen.hide()
        self._theme = theme
        self.setToolTip(tr("Wheel: zoom. Drag: move. Click: select the layer. Double click: everything."))

    def show_stages(self, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], edges: object) -> None:
        """Show `pixels` (pes, columns, 3) over the time `edges` (columns + 1,) in s."""
        span = np.asarray(edges)
        self._image.setImage(pixels, autoLevels=False)
        self._image.setRect(QRectF(span[0], 0, span[-1] - span[0], len(pixels)))
        self.getPlotItem().getAxis("left").setTicks([[(0.5, tr("scheduler")), (len(pixels) / 2, tr("workers"))]])
        self.setYRange(-NAMES_SHARE * len(pixels), len(pixels), padding=0)

    def mark(self, shown: DeepShown, layer: int | None) -> None:
        """Mark the layer `layer`, and name those that are wide enough on the screen."""
        totals = shown.timeline.totals
        starts, stops = totals.start_ns / NS_PER_S, totals.stop_ns / NS_PER_S
        self._chosen.setVisible(layer is not None)
        if layer is not None:
            for line in self._chosen.lines:
                line.setPen(pg.mkPen(self._theme.text, width=1.5))
            self._chosen.setRegion((float(starts[layer]), float(stops[layer])))
        self._name(shown, starts, stops)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        super().apply_theme(theme)
        self._theme = theme

    def clicked(self, position: QPointF) -> None:
        """Select the layer under the pointer."""
        shown = self._deep.shown
        if shown is None:
            return
        moment = self.tick_at(position) * STEP_NS
        totals = shown.timeline.totals
        inside = np.flatnonzero((totals.start_ns <= moment) & (moment < totals.stop_ns))
        self._deep.select(int(inside[0]) if len(inside) else None)

    def _name(self, shown: DeepShown, starts: object, stops: object) -> None:
        timeline, box = self.timeline, self.getPlotItem().getViewBox()
        left, right = timeline.start * timeline.tick_s, timeline.stop * timeline.tick_s
        begins, ends = np.maximum(np.asarray(starts), left), np.minimum(np.asarray(stops), right)
        px = (ends - begins) / max(right - left, 1e-12) * box.width()
        wide = np.flatnonzero(px >= NAME_PX)
        while len(self._names) < len(wide):
            item = pg.TextItem(anchor=(0.5, 0.0))
            self.addItem(item, ignoreBounds=True)
            self._names.append(item)
        for item in self._names[len(wide) :]:
            item.hide()
        for item, number in zip(self._names, wide, strict=False):
            most = max(3, int(px[number] / 7))
            name = shown.timeline.layers[number]
            item.setText(name if len(name) <= most else name[: most - 1] + "…", color=self._theme.muted)
            item.setPos((begins[number] + ends[number]) / 2, -NAMES_SHARE * len(shown.timeline.pes))
            item.show()
