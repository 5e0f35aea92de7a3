"""A histogram of the sizes of weights, with those that were cut off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from s2studio.draw.theme import Theme
from s2studio.gui.translation import tr
from s2studio.gui.views.plot import Plot
from s2studio.snn.connectivity import SynapseList
from s2studio.snn.network import ChipNetwork
from s2studio.snn.projection import Projection

# The largest size of an 8-bit weight on the chip.
BINS = 128


class WeightHistogram(Plot):
    """|w| of integer weights, on a logarithmic scale of counts; the last bar holds what was cut."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        labels = {"left": (tr("log10 (1 + weights)"), ""), "bottom": (tr("|w| on the chip"), "")}
        super().__init__(theme, tr("Histogram of weights"), labels, parent)
        self._bars = pg.BarGraphItem(x=np.arange(BINS), height=np.zeros(BINS), width=0.9)
        self.addItem(self._bars)
        self.setMinimumSize(300, 190)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        super().apply_theme(theme)
        self._bars.setOpts(brush=theme.accent, pen=None)

    def show_network(self, network: ChipNetwork | None) -> None:
        """Show the weights of `network`."""
        self.show_projections(() if network is None else network.spiking.projections)

    def show_projections(self, projections: Sequence[Projection]) -> None:
        """Show the weights of `projections`."""
        counts = np.zeros(BINS)
        for projection in projections:
            weights = projection.connectivity
            values = weights.weight if isinstance(weights, SynapseList) else weights.weight.ravel()
            counts += np.bincount(np.minimum(np.abs(values.astype(np.int64)), BINS - 1), minlength=BINS)
        self._bars.setOpts(height=np.log10(1 + counts))
        used = np.flatnonzero(counts)
        self.setXRange(0, max(15, int(used[-1]) if len(used) else 0) + 1, padding=0.02)
        self.setYRange(0, float(np.log10(1 + counts.max(initial=0.0))) * 1.05 or 1.0, padding=0)
