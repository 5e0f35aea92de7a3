"""Layers: the table of a deep network's layers, and each of them below the roof that the chip allows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel

from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.draw.views.roofline import RoofPoint, roof_points
from s2studio.gui.models.sure import about, about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.plot import Plot
from s2studio.units import estimated, interval, with_unit

if TYPE_CHECKING:
    from s2studio.app.deep import DeepShown
    from s2studio.gui.controller import Controller
    from s2studio.sim.layers.ends import LayerEnds

POINT_PX, CHOSEN_PX = 9, 14
GB = 1e9


class LayersPanel(Panel):
    """Time, share of the DRAM, use of the MAC array, energy and tiles of each layer; a click shows it everywhere."""

    EMPTY = "Open a deep network (.onnx): its layers appear here with time, energy and tiles."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.deep = controller.deep
        header = (
            *(tr("layer"), *map(about_column, (tr("time"), tr("DRAM"), tr("array"), tr("energy")))),
            *(tr("tile"), tr("PEs"), tr("SNR")),
        )
        self.table = Figures(header, tr("Layers"), self._chosen)
        # Names of layers begin alike: their ends tell them apart.
        self.table.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.table.setWordWrap(False)
        labels = {"left": (tr("multiplications"), "MAC/s"), "bottom": (tr("multiplications per byte of DRAM"), "")}
        self.plot = Plot(themes.theme, tr("Roofline"), labels)
        self.plot.getPlotItem().setLogMode(True, True)
        self._roof = self.plot.plot([], [])
        self._points = pg.ScatterPlotItem(pxMode=True)
        self._points.sigClicked.connect(self._point_clicked)
        self.plot.addItem(self._points)
        self.summary = QLabel(self.content)
        self.summary.setWordWrap(True)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.level, self.dram = QComboBox(self.content), QDoubleSpinBox(self.content)
        self.is_first = QCheckBox(tr("first inference"), self.content)
        self._found: list[RoofPoint] = []
        self._lay_out()
        self.deep.shown_changed.connect(self._show)
        self.deep.layer_changed.connect(self._select)
        self._show(self.deep.shown)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.plot.apply_theme(theme)
        self._draw_roof()

    def _lay_out(self) -> None:
        self.level.setAccessibleName(tr("Level of the PEs"))
        self.level.setToolTip(tr("The performance level of all PEs"))
        self.dram.setAccessibleName(tr("Sustained rate of the DRAM"))
        self.dram.setToolTip(tr("Sustained DRAM rate: 6.4 GB/s raw, 2.4 GB/s in a public model, 4 GB/s assumed"))
        self.dram.setRange(0.1, 100.0)
        self.dram.setDecimals(1)
        self.dram.setSingleStep(0.4)
        self.dram.setSuffix(tr(" GB/s"))
        self.dram.setKeyboardTracking(False)
        self.is_first.setToolTip(tr("With the weights that later inferences find in the PEs"))
        bar = QHBoxLayout()
        bar.addWidget(self.summary, 1)
        for widget in (QLabel(tr("level"), self.content), self.level, QLabel(tr("DRAM"), self.content), self.dram):
            bar.addWidget(widget)
        bar.addWidget(self.is_first)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(bar)
        layout.addWidget(beside(self.table, self.plot, 740, 300), 1)
        self.level.activated.connect(lambda _row: self._ask())
        self.dram.valueChanged.connect(lambda _value: self._ask())
        self.is_first.toggled.connect(lambda _is_on: self._ask())

    def _ask(self) -> None:
        """Map and time the network again with the options as they are now."""
        self.controller.deep_work.again(
            str(self.level.currentData()), self.dram.value() * GB, self.is_first.isChecked()
        )

    def _show(self, shown: DeepShown | None) -> None:
        self.set_empty(shown is None)
        if shown is None:
            return
        self._show_options(shown)
        timeline, ends = shown.timeline, shown.ends
        latency, energy, dram = (
            about(estimated(value, *each, unit))
            for value, each, unit in (
                (timeline.latency_s, ends.latency_s, "s"),
                (timeline.energy_j, ends.energy_j, "J"),
                (timeline.dram_energy_j, ends.dram_energy_j, "J"),
            )
        )
        self.summary.setText(
            f"<b>{latency}</b> {tr('per inference')}, <b>{energy}</b> {tr('and')} {dram} "
            f"{tr('in the DRAM')}, "
            f"{tr('{count} PEs', count=len(timeline.pes))}"
        )
        self.table.show_figures([self._row(shown, number) for number in range(len(timeline.layers))])
        self._draw_roof()

    def _show_options(self, shown: DeepShown) -> None:
        for widget in (self.level, self.dram, self.is_first):
            widget.blockSignals(True)
        self.level.clear()
        for name in shown.machine.spec.levels:
            self.level.addItem(tr(name), name)
        self.level.setCurrentIndex(self.level.findData(shown.timeline.level))
        self.dram.setValue(shown.roof.bytes_per_s / GB)
        self.is_first.setChecked(shown.timeline.is_first)
        for widget in (self.level, self.dram, self.is_first):
            widget.blockSignals(False)

    def _row(self, shown: DeepShown, number: int) -> Figure:
        totals, row = shown.timeline.totals, shown.rows[number]
        noise = "–" if row.snr_db is None else tr("exact") if math.isinf(row.snr_db) else f"{row.snr_db:.1f} dB"
        cells = (
            shown.timeline.layers[number],
            with_unit(float(totals.time_s[number]), "s"),
            f"{totals.dram_share[number]:.0%}",
            "–" if math.isnan(totals.mla_utilisation[number]) else f"{totals.mla_utilisation[number]:.0%}",
            with_unit(float(totals.energy_j[number]), "J"),
            row.tile,
            f"{totals.workers[number]}",
            noise,
        )
        return Figure(cells, tip=f"{_ends(shown.ends, number)} {row.tip}")

    def _draw_roof(self) -> None:
        shown = self.deep.shown
        if shown is None:
            return
        roof, theme = shown.roof, self.theme
        self._found = roof_points(shown.timeline, roof)
        low = min((point.intensity for point in self._found), default=roof.ridge / 10)
        high = max((point.intensity for point in self._found), default=roof.ridge * 10)
        xs = np.array([min(low, roof.ridge) / 3, roof.ridge, max(high, roof.ridge) * 3])
        self._roof.setData(xs, np.array([roof.at(float(x)) for x in xs]), pen=pg.mkPen(theme.muted, width=1.5))
        self._points.setData(
            [
                {
                    "pos": (math.log10(point.intensity), math.log10(point.macs_per_s)),
                    "size": CHOSEN_PX if point.layer == self.deep.layer else POINT_PX,
                    "brush": theme.warning if point.is_dram_bound else theme.good,
                    "pen": pg.mkPen(theme.text if point.layer == self.deep.layer else theme.surface),
                    "data": point.layer,
                }
                for point in self._found
            ]
        )

    def _chosen(self, row: int) -> None:
        self.deep.select(row)
        self.deep.look_at(row)

    def _select(self, layer: int | None) -> None:
        if layer is None:
            self.table.clearSelection()
        else:
            self.table.selectRow(layer)
        self._draw_roof()

    def _point_clicked(self, _item: object, points: object, _event: object) -> None:
        for point in points:  # type: ignore[attr-defined]
            self._chosen(int(point.data()))
            return


def _ends(ends: LayerEnds, number: int) -> str:
    """Return both ends of what a layer takes, in words."""
    rows = ((ends.time_s, "s"), (ends.layer_energy_j, "J"), (ends.dram_share, "%"), (ends.mla_utilisation, "%"))
    time, energy, dram, array = (
        interval(float(values[0, number]), float(values[1, number]), unit) for values, unit in rows
    )
    return tr("{time}, {energy}, DRAM {dram}, array {array}.", time=time, energy=energy, dram=dram, array=array)
