"""Step curves: a value that holds from the edge of a column to the next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor


def stepped(edges: NDArray[Any], values: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of the line through columns with `edges` (columns + 1) and `values` (columns)."""
    return np.repeat(edges, 2)[1:-1].astype(np.float64), np.repeat(values, 2).astype(np.float64)


class StepCurve(pg.PlotCurveItem):  # type: ignore[misc]
    """A step curve, filled down to zero where `fill` says so."""

    def __init__(self, colour: str, fill: bool = False, width: float = 1.0) -> None:
        super().__init__(skipFiniteCheck=True)
        self._fill, self._width = fill, width
        self.set_colour(colour)

    def set_colour(self, colour: str) -> None:
        """Draw in `colour`, `#rrggbb`."""
        if self._fill:
            self.setBrush(QColor(colour))
            self.setFillLevel(0.0)
            self.setPen(pg.mkPen(None))
        else:
            self.setPen(pg.mkPen(colour, width=self._width))

    def show_steps(self, edges: NDArray[Any], values: NDArray[Any]) -> None:
        """Draw `values` between `edges`."""
        self.setData(*stepped(edges, values))
