"""Moments that are marked in a plot over time: a thin line each, with a word at its top where there is room."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg

from s2studio.draw.theme import Theme
from s2studio.gui.views.time_plot import TimePlot

# More could not be told apart.
MOST = 24
# Marks closer than this share of the span have no word of their own.
APART = 0.08


class TimeMarks:
    """Lines in `plot`; their items are made once, and moved."""

    def __init__(self, plot: TimePlot, theme: Theme) -> None:
        self._plot = plot
        self._lines: list[pg.InfiniteLine] = []
        self._shown: list[tuple[float, str]] = []
        self._theme = theme

    def show(self, marks: Sequence[tuple[float, str]]) -> None:
        """Mark the times (s), each with its word; the last `MOST` of them."""
        marks = list(marks)[-MOST:]
        if marks == self._shown:
            return
        self._shown = marks
        while len(self._lines) < len(marks):
            self._lines.append(self._line())
        timeline = self._plot.timeline
        apart = APART * (timeline.stop - timeline.start) * timeline.tick_s
        last = -apart
        for line, (time_s, word) in zip(self._lines, marks, strict=False):
            line.setValue(time_s)
            has_room = time_s - last >= apart
            line.label.setFormat(word if has_room else "")
            last = time_s if has_room else last
        for number, line in enumerate(self._lines):
            line.setVisible(number < len(marks))

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        for line in self._lines:
            self._colour(line)

    def _line(self) -> pg.InfiniteLine:
        options = {"position": 0.95, "anchors": [(0, 0.5), (0, 0.5)]}
        line = pg.InfiniteLine(angle=90, movable=False, label="", labelOpts=options)
        self._plot.getPlotItem().addItem(line, ignoreBounds=True)
        self._colour(line)
        return line

    def _colour(self, line: pg.InfiniteLine) -> None:
        line.setPen(pg.mkPen(self._theme.text, width=1, style=pg.QtCore.Qt.PenStyle.DotLine))
        line.label.setColor(self._theme.text)
