"""The base of every plot: quiet, in the colours of the theme, its axes labelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from s2studio.draw.theme import SMALL_PX, Theme
from s2studio.gui.theme import small_font
from s2studio.gui.views.axis import Axis

# What stands at each axis: a label and, where pyqtgraph shall choose the prefix, a unit.
Labels = Mapping[str, tuple[str, str]]


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """A plot without menu, buttons and dragging. `labels` are those of the axes `left` and `bottom`."""

    def __init__(self, theme: Theme, name: str, labels: Labels, parent: QWidget | None = None, **options: Any) -> None:
        axes = {"left": Axis("left"), "bottom": Axis("bottom")} | options.pop("axisItems", {})
        super().__init__(parent, background=None, axisItems=axes, enableMenu=False, **options)
        self._labels = dict(labels)
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.getViewBox().setMouseEnabled(False, False)
        self.setAccessibleName(name)
        self._colour_axes(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._colour_axes(theme)

    def label(self, side: str, text: str, unit: str, theme: Theme) -> None:
        """Say what an axis shows."""
        self._labels[side] = (text, unit)
        style = {"color": theme.muted, "font-size": f"{SMALL_PX}px"}
        self.getPlotItem().getAxis(side).setLabel(text, units=unit or None, **style)

    def _colour_axes(self, theme: Theme) -> None:
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.muted))
            axis.setStyle(tickFont=small_font())
        for side, (text, unit) in self._labels.items():
            self.label(side, text, unit, theme)
