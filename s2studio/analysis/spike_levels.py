"""Spikes of a run counted in bins of time of every width, by raster row and output: a picture of any span is near."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.view import Layout, Places, Viewer

# What is counted at most: the finest bins are so wide that no more values than this are kept of them.
MOST_VALUES = 1 << 23


class SpikeLevels:
    """All spikes of a run of `ticks` ticks, in the order of ticks, and their counts in bins of 2^n ticks."""

    def __init__(self, tick: NDArray[Any], places: Places, layout: Layout, ticks: int, most: int = MOST_VALUES) -> None:
        self._tick, self._places, self._rows = tick, places, layout.raster_rows
        values = max(1, layout.raster_rows + layout.output_count)
        self.finest = 1 << max(0, -(-ticks * values // most) - 1).bit_length()
        bins = -(-max(1, ticks) // self.finest)
        first = (tick // self.finest) * values
        counts = np.bincount(first + places.row, minlength=bins * values)
        counts += np.bincount(first[places.own] + layout.raster_rows + places.output, minlength=bins * values)
        self._levels = [counts.astype(np.int32).reshape(bins, values)]
        while len(self._levels[-1]) > 1:
            finer = self._levels[-1]
            wider = finer[::2].copy()
            wider[: len(finer) // 2] += finer[1::2]
            self._levels.append(wider)

    def add_to(self, viewer: Viewer) -> None:
        """Add the spikes of the viewer's span."""
        width, start, stop = viewer.span.width, viewer.span.start, viewer.span.stop
        number = (width // self.finest).bit_length() - 1
        first, last = -(-start // width), stop // width
        if number < 0 or first >= last:
            viewer.add_places(self._tick, self._places)
            return
        counts = self._levels[min(number, len(self._levels) - 1)][first:last]
        edges = np.arange(first, first + len(counts) + 1) * width
        if len(counts):
            viewer.add_counted(edges, counts[:, : self._rows], counts[:, self._rows :])
        viewer.add_places(self._tick, self._places, (start, first * width))
        viewer.add_places(self._tick, self._places, (last * width, stop))
