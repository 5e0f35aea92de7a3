"""A span of a run reduced to what a screen can show: one column per pixel or so, one number per PE, link or power kind.

The same code reduces ticks that come from a running simulation and ticks that come from a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.ticks import Ticks

# As many as the panel has on a large screen: each row takes its time in every picture.
RASTER_ROWS = 512
# Spikes that are few beside the pixels of a raster are added one by one.
FEW = 4


@dataclass(frozen=True)
class Span:
    """The ticks `start` to `stop` (excluded) of a run, to be shown in at most `columns` columns."""

    start: int
    stop: int
    columns: int

    @property
    def edges(self) -> NDArray[np.int64]:
        """The first tick of each column, and the end, shape (columns + 1,): a column has at least one tick."""
        ticks = max(1, self.stop - self.start)
        columns = max(1, min(self.columns, ticks))
        return self.start + (np.arange(columns + 1, dtype=np.int64) * ticks) // columns


@dataclass(frozen=True)
class Layout:
    """What the numbers of a run belong to: neurons of each population, slices, links, power kinds.

    `outputs` are the populations (indices) whose neurons are counted one by one.
    """

    population_sizes: tuple[int, ...]
    slices: int
    links: int
    kinds: int
    tick_s: float
    outputs: tuple[int, ...] = ()

    @property
    def offsets(self) -> NDArray[np.int64]:
        """The first neuron of each population among all, and the end."""
        return np.cumsum([0, *self.population_sizes])

    @property
    def raster_rows(self) -> int:
        """The rows of a raster: one per neuron, or fewer where there are more neurons than a screen has rows."""
        return int(min(RASTER_ROWS, self.offsets[-1]))

    def places(self, population: NDArray[np.int32], neuron: NDArray[np.int32]) -> Places:
        """Return where in raster and outputs the spikes of `neuron` of `population` belong."""
        offsets, rows = self.offsets, self.raster_rows
        row = ((offsets[population] + neuron) * rows // max(1, offsets[-1])).astype(np.int32)
        first = np.full(len(self.population_sizes), -1, np.int64)
        sizes = [self.population_sizes[index] for index in self.outputs]
        first[list(self.outputs)] = np.cumsum([0, *sizes])[:-1]
        own = np.flatnonzero(first[population] >= 0)
        return Places(row, own, (first[population[own]] + neuron[own]).astype(np.int32))


@dataclass(frozen=True, eq=False)
class Places:
    """Spikes as a view needs them: the raster's `row` of each; which of them (`own`) count for an `output`, and which.

    `row` int32 (spikes,), `own` indices in order, `output` int32 (len(own),).
    """

    row: NDArray[np.int32]
    own: NDArray[np.int64]
    output: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class View:
    """What happened in `span`. `edges` are the columns' ticks, shape (columns + 1,); `ticks_seen` how many had data.

    By column: `spikes` (populations, columns); `raster` (rows, columns) spikes, row r holding the neurons from
    r * neurons / rows on; `worst_time_done_s` and the slice that sets it, `late` PE x tick; `busy` (slices, columns)
    mean share of the tick; `power_w` (kinds, columns) mean in W; `packets` received and `flits` per tick; `outputs`
    (neurons of all outputs, columns) spikes. Where `is_coarse`, the raster has the mean of each slice's neurons and
    outputs are not counted: there were too many spikes to look at each.
    By slice, over the span: totals of packets, events, spikes and energy, the worst time done, the mean busy share and
    the share of ticks at a level above the lowest. `link_flits` (links,) is the total.
    """

    span: Span
    edges: NDArray[np.int64]
    ticks_seen: int
    tick_s: float
    spikes: NDArray[np.int64]
    raster: NDArray[np.int32]
    outputs: NDArray[np.int32]
    worst_time_done_s: NDArray[np.float64]
    worst_slice: NDArray[np.int64]
    late: NDArray[np.int64]
    busy: NDArray[np.float64]
    power_w: NDArray[np.float64]
    packets: NDArray[np.float64]
    flits: NDArray[np.float64]
    slice_packets: NDArray[np.int64]
    slice_events: NDArray[np.int64]
    slice_spikes: NDArray[np.int64]
    slice_energy_j: NDArray[np.float64]
    slice_time_done_s: NDArray[np.float64]
    slice_busy: NDArray[np.float64]
    slice_high: NDArray[np.float64]
    link_flits: NDArray[np.int64]
    is_coarse: bool = False

    @property
    def times_s(self) -> NDArray[np.float64]:
        """The chip time at which each column begins, and the end, in s."""
        return np.multiply(self.edges, self.tick_s, dtype=np.float64)


class Viewer:
    """Reduces ticks and spikes, added in any pieces but in order, to a `View` of one span."""

    def __init__(self, span: Span, layout: Layout) -> None:
        self.span, self.layout, self.edges = span, layout, span.edges
        columns = len(self.edges) - 1
        self._ticks = np.zeros(columns, np.int64)
        self._spikes = np.zeros((columns, len(layout.population_sizes)), np.int64)
        self._raster = np.zeros(layout.raster_rows * columns, np.int32)
        self._outputs = np.zeros((sum(layout.population_sizes[index] for index in layout.outputs), columns), np.int32)
        self._is_coarse = False
        self._worst = np.zeros(columns)
        self._worst_slice = np.full(columns, -1, np.int64)
        self._late = np.zeros(columns, np.int64)
        self._busy_s = np.zeros((columns, layout.slices))
        self._energy = np.zeros((columns, layout.kinds))
        self._packets = np.zeros(columns, np.int64)
        self._flits = np.zeros(columns, np.int64)
        self._totals = {name: np.zeros(layout.slices, np.int64) for name in ("packets", "synaptic_events", "spikes")}
        self._slice_energy = np.zeros(layout.slices)
        self._slice_worst = np.zeros(layout.slices)
        self._high = np.zeros(layout.slices, np.int64)
        self._link_flits = np.zeros(layout.links, np.int64)

    def add(self, ticks: Ticks) -> None:
        """Add what of `ticks` lies in the span."""
        first, last = max(ticks.start, self.span.start), min(ticks.stop, self.span.stop)
        if first >= last:
            return
        rows = slice(first - ticks.start, last - ticks.start)
        column = np.searchsorted(self.edges, np.arange(first, last), "right") - 1
        begin = np.flatnonzero(np.diff(column, prepend=-1))
        at = column[begin]

        def summed(values: NDArray[Any]) -> NDArray[Any]:
            found: NDArray[Any] = np.add.reduceat(values[rows], begin, axis=0)
            return found

        time_done = ticks.time_done_s[rows]
        self._ticks[at] += np.diff(begin, append=len(column))
        self._spikes[at] += summed(ticks.spikes_by_population)
        self._busy_s[at] += summed(np.minimum(ticks.time_done_s, self.layout.tick_s))
        self._energy[at] += summed(ticks.energy_j)
        self._packets[at] += summed(ticks.packets).sum(axis=1)
        self._flits[at] += summed(ticks.flits).sum(axis=1)
        self._late[at] += np.add.reduceat((time_done > self.layout.tick_s).sum(axis=1), begin)
        self._keep_worst(at, np.maximum.reduceat(time_done, begin, axis=0))
        for name in self._totals:
            self._totals[name] += getattr(ticks, name)[rows].sum(axis=0, dtype=np.int64)
        self._slice_energy += ticks.pe_energy_j[rows].sum(axis=0)
        np.maximum(self._slice_worst, time_done.max(axis=0), out=self._slice_worst)
        self._high += (ticks.levels[rows] > 0).sum(axis=0)
        self._link_flits += ticks.flits[rows].sum(axis=0)

    def add_spikes(self, tick: NDArray[np.int64], population: NDArray[np.int32], neuron: NDArray[np.int32]) -> None:
        """Add spikes in the order of ticks to raster and outputs."""
        first, last = np.searchsorted(tick, (self.span.start, self.span.stop))
        places = self.layout.places(population[first:last], neuron[first:last])
        self.add_places(tick[first:last], places)

    def add_places(self, tick: NDArray[Any], places: Places) -> None:
        """Add spikes in the order of ticks, whose places are known, to raster and outputs."""
        columns = len(self.edges) - 1
        cuts = np.searchsorted(tick, self.edges.astype(tick.dtype))
        column = np.repeat(np.arange(columns, dtype=np.int32), np.diff(cuts))
        if not len(column):
            return
        place = places.row[cuts[0] : cuts[-1]] * np.int32(columns) + column
        if len(place) < len(self._raster) // FEW:
            np.add.at(self._raster, place, 1)
        else:
            self._raster += np.bincount(place, minlength=len(self._raster)).astype(np.int32)
        first, last = np.searchsorted(places.own, (cuts[0], cuts[-1]))
        own, output = places.own[first:last], places.output[first:last]
        np.add.at(self._outputs, (output, column[own - cuts[0]]), 1)

    def add_coarse(self, ticks: Ticks, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> None:
        """Fill the raster with the mean spikes of each slice, whose neurons are `starts` to `stops` among all."""
        self._is_coarse = True
        first, last = max(ticks.start, self.span.start), min(ticks.stop, self.span.stop)
        if first >= last:
            return
        rows, columns = self.layout.raster_rows, len(self.edges) - 1
        column = np.searchsorted(self.edges, np.arange(first, last), "right") - 1
        begin = np.flatnonzero(np.diff(column, prepend=-1))
        spikes = np.add.reduceat(ticks.spikes[first - ticks.start : last - ticks.start], begin, axis=0, dtype=np.int64)
        raster = self._raster.reshape(rows, columns)
        scale = rows / max(1, int(self.layout.offsets[-1]))
        for index, (start, stop) in enumerate(zip(starts * scale, stops * scale, strict=True)):
            top, bottom = int(start), max(int(start) + 1, int(np.ceil(stop)))
            raster[top:bottom, column[begin]] += np.ceil(spikes[:, index] / (bottom - top)).astype(np.int32)

    def view(self) -> View:
        """Return what was added so far."""
        seen = np.maximum(1, self._ticks)
        total = max(1, int(self._ticks.sum()))
        tick_s = self.layout.tick_s
        return View(
            span=self.span,
            edges=self.edges,
            ticks_seen=int(self._ticks.sum()),
            tick_s=tick_s,
            spikes=self._spikes.T,
            raster=self._raster.reshape(self.layout.raster_rows, -1),
            outputs=self._outputs[:0] if self._is_coarse else self._outputs,
            worst_time_done_s=self._worst,
            worst_slice=self._worst_slice,
            late=self._late,
            busy=(self._busy_s / (seen[:, None] * tick_s)).T,
            power_w=(self._energy / (seen[:, None] * tick_s)).T,
            packets=self._packets / seen,
            flits=self._flits / seen,
            slice_packets=self._totals["packets"],
            slice_events=self._totals["synaptic_events"],
            slice_spikes=self._totals["spikes"],
            slice_energy_j=self._slice_energy,
            slice_time_done_s=self._slice_worst,
            slice_busy=self._busy_s.sum(axis=0) / (total * tick_s),
            slice_high=self._high / total,
            link_flits=self._link_flits,
            is_coarse=self._is_coarse,
        )

    @property
    def spikes_seen(self) -> int:
        """The spikes of the ticks that were added."""
        return int(self._spikes.sum())

    def _keep_worst(self, at: NDArray[np.int64], worst: NDArray[np.float64]) -> None:
        which = worst.argmax(axis=1)
        value = worst[np.arange(len(which)), which]
        is_worse = value > self._worst[at]
        self._worst[at[is_worse]] = value[is_worse]
        self._worst_slice[at[is_worse]] = which[is_worse]
