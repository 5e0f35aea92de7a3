"""An axis drawn as it is needed: the picture that pyqtgraph keeps of it looks for fonts each time it is painted."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QPainter


class Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis of a `Plot`. A cursor that moves over the grid lines lets the axis be painted in every picture."""

    picture: Any

    def __init__(self, side: str) -> None:
        super().__init__(side)
        # Each grid line costs as much as a hundred points of a curve, and the faintest say nothing.
        self.setStyle(maxTickLevel=1)

    def paint(self, painter: QPainter, _option: Any, _widget: Any) -> None:
        """Draw what was worked out since the range last changed."""
        if self.style["tickFont"]:
            painter.setFont(self.style["tickFont"])
        if self.picture is None:  # so pyqtgraph says that something changed
            self.picture = self.generateDrawSpecs(painter) or ()
        if self.picture:
            self.drawPicture(painter, *self.picture)
