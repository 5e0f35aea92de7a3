"""A span of a run reduced to what a screen can show: one column per pixel or so, one number per PE, link or power kind.

The same code reduces what comes from a running simulation and what comes from a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.session.bins import Binner, Bins

# As many as the panel has on a large screen: each row takes its time in every picture.
RASTER_ROWS = 512
# Spikes that are few beside the pixels of a raster are added one by one.
FEW = 4


@dataclass(frozen=True)
class Span:
    """The ticks `start` to `stop` (excluded) of a run, to be shown in about `columns` columns, at most.

    Columns are of 1, 2, 4, 8 ... ticks and begin at multiples of that, but for the first and the last: so they stay
    where they are while the span moves, and nothing flickers; and a `Pyramid` has them ready.
    """

    start: int
    stop: int
    columns: int

    @property
    def edges(self) -> NDArray[np.int64]:
        """The first tick of each column, and the end, shape (columns + 1,): a column has at least one tick."""
        stop, width = max(self.start + 1, self.stop), self.width
        inner = np.arange(self.start // width + 1, -(-stop // width), dtype=np.int64) * width
        return np.concatenate([[self.start], inner, [stop]])

    @property
    def width(self) -> int:
        """How many ticks a column has, a power of two."""
        least = -(-(self.stop - self.start) // max(1, self.columns))
        return 1 << max(0, least - 1).bit_length()


@dataclass(frozen=True)
class Layout:
    """What the numbers of a run belong to: neurons of each population, slices, links, power kinds.

    `population_of` is the population (index) of each slice, `outputs` those whose neurons are counted one by one.
    """

    population_sizes: tuple[int, ...]
    population_of: tuple[int, ...]
    links: int
    kinds: int
    tick_s: float
    outputs: tuple[int, ...] = ()

    @property
    def offsets(self) -> NDArray[np.int64]:
        """The first neuron of each population among all, and the end."""
        return np.cumsum([0, *self.population_sizes])

    @property
    def slices(self) -> int:
        """How many slices there are."""
        return len(self.population_of)

    @property
    def output_count(self) -> int:
        """How many neurons are counted one by one."""
        return sum(self.population_sizes[index] for index in self.outputs)

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
    r * neurons / rows on; `worst_time_done_s`, its ends `worst_low_s` and `worst_high_s`, and the slice that sets it,
    `late` PE x tick, whose ends in the span are `late_ends`; `busy` (slices, columns) mean share of the tick; `power_w`
    (kinds, columns) mean in W, and its ends `power_low_w` and `power_high_w` (kinds and all, columns); `packets`
    received and `flits` per tick; `outputs`
    (neurons of all outputs, columns) spikes. Where `is_coarse`, the raster has the mean of each slice's neurons and
    outputs are not counted: there were too many spikes to look at each.
    By slice, over the span: totals of packets, events, spikes and energy, the worst time done, the mean busy share and
    the mean clock; the ends of energy, time and share are (2, slices). `link_flits` (links,) is the total.
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
    power_low_w: NDArray[np.float64]
    power_high_w: NDArray[np.float64]
    worst_low_s: NDArray[np.float64]
    worst_high_s: NDArray[np.float64]
    late_ends: tuple[int, int]
    packets: NDArray[np.float64]
    flits: NDArray[np.float64]
    slice_packets: NDArray[np.int64]
    slice_events: NDArray[np.int64]
    slice_spikes: NDArray[np.int64]
    slice_energy_j: NDArray[np.float64]
    slice_time_done_s: NDArray[np.float64]
    slice_busy: NDArray[np.float64]
    slice_clock_hz: NDArray[np.float64]
    slice_energy_ends_j: NDArray[np.float64]
    slice_time_done_ends_s: NDArray[np.float64]
    slice_busy_ends: NDArray[np.float64]
    link_flits: NDArray[np.int64]
    is_coarse: bool = False

    @property
    def times_s(self) -> NDArray[np.float64]:
        """The chip time at which each column begins, and the end, in s."""
        return np.multiply(self.edges, self.tick_s, dtype=np.float64)

    @property
    def grid_s(self) -> tuple[float, float]:
        """Where an image whose columns are equally wide begins and ends, in s: its first and last column are whole."""
        width = self.span.width
        return self.edges[0] // width * width * self.tick_s, -(-self.edges[-1] // width) * width * self.tick_s


class Viewer:
    """Reduces bins and spikes, added in any pieces but in order, to a `View` of one span."""

    def __init__(self, span: Span, layout: Layout) -> None:
        self.span, self.layout, self.edges = span, layout, span.edges
        columns = len(self.edges) - 1
        self._binner = Binner(self.edges, layout.slices, layout.kinds, layout.links, has_slice_ends=False)
        self._raster = np.zeros(layout.raster_rows * columns, np.int32)
        self._outputs = np.zeros((layout.output_count, columns), np.int32)
        self._is_coarse = False

    def add(self, bins: Bins) -> None:
        """Add what of `bins` lies in the span; none of them may lie across the edge of a column."""
        self._binner.add(bins)

    def add_spikes(self, tick: NDArray[np.int64], population: NDArray[np.int32], neuron: NDArray[np.int32]) -> None:
        """Add spikes in the order of ticks to raster and outputs."""
        first, last = np.searchsorted(tick, (self.span.start, self.span.stop))
        places = self.layout.places(population[first:last], neuron[first:last])
        self.add_places(tick[first:last], places)

    def add_places(self, tick: NDArray[Any], places: Places, part: tuple[int, int] | None = None) -> None:
        """Add spikes in the order of ticks, whose places are known, to raster and outputs; `part`: of these ticks."""
        columns = len(self.edges) - 1
        edges = self.edges if part is None else np.clip(self.edges, *part)
        cuts = np.searchsorted(tick, edges.astype(tick.dtype))
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

    def add_counted(self, edges: NDArray[np.int64], rows: NDArray[np.int32], outputs: NDArray[np.int32]) -> None:
        """Add spikes counted in bins with `edges`, none across the edge of a column, by row and by output neuron.

        `rows` is (bins, rows of the raster), `outputs` (bins, output neurons).
        """
        column = np.searchsorted(self.edges, edges[:-1], "right") - 1
        begin = np.flatnonzero(np.diff(column, prepend=-1))
        if len(begin) < len(column):
            rows, outputs = (np.add.reduceat(values, begin, axis=0) for values in (rows, outputs))
        at = slice(int(column[0]), int(column[-1]) + 1)
        self._raster.reshape(self.layout.raster_rows, -1)[:, at] += rows.T
        self._outputs[:, at] += outputs.T

    def make_coarse(self, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> None:
        """Fill the raster with the mean spikes of each slice, whose neurons are `starts` to `stops` among all."""
        self._is_coarse = True
        rows, spikes = self.layout.raster_rows, self._binner.bins().spikes
        raster = self._raster.reshape(rows, -1)
        scale = rows / max(1, int(self.layout.offsets[-1]))
        for index, (start, stop) in enumerate(zip(starts * scale, stops * scale, strict=True)):
            top, bottom = int(start), max(int(start) + 1, int(np.ceil(stop)))
            raster[top:bottom] += np.ceil(spikes[:, index] / (bottom - top)).astype(np.int32)

    def view(self) -> View:
        """Return what was added so far."""
        found, ticks, tick_s = self._binner.bins(), self._binner.ticks, self.layout.tick_s
        seen, total = np.maximum(1, ticks), max(1, int(ticks.sum()))
        member = np.eye(len(self.layout.population_sizes), dtype=np.int64)[list(self.layout.population_of)]
        longest = found.longest_s.max(axis=1, initial=0.0)
        return View(
            span=self.span,
            edges=self.edges,
            ticks_seen=int(ticks.sum()),
            tick_s=tick_s,
            spikes=(found.spikes @ member).T,
            raster=self._raster.reshape(self.layout.raster_rows, -1),
            outputs=self._outputs[:0] if self._is_coarse else self._outputs,
            worst_time_done_s=longest,
            worst_slice=np.where(longest > 0, found.longest_s.argmax(axis=1), -1),
            late=found.late.sum(axis=1),
            busy=(found.busy_s / (seen[:, None] * tick_s)).T,
            power_w=(found.energy_j / (seen[:, None] * tick_s)).T,
            power_low_w=(found.energy_low_j / (seen[:, None] * tick_s)).T,
            power_high_w=(found.energy_high_j / (seen[:, None] * tick_s)).T,
            worst_low_s=found.worst_low_s,
            worst_high_s=found.worst_high_s,
            late_ends=(int(found.late_low.sum()), int(found.late_high.sum())),
            packets=found.packets.sum(axis=1) / seen,
            flits=found.flits.sum(axis=1) / seen,
            slice_packets=found.packets.sum(axis=0),
            slice_events=found.synaptic_events.sum(axis=0),
            slice_spikes=found.spikes.sum(axis=0),
            slice_energy_j=found.pe_energy_j.sum(axis=0),
            slice_time_done_s=found.longest_s.max(axis=0, initial=0.0),
            slice_busy=found.busy_s.sum(axis=0) / (total * tick_s),
            slice_clock_hz=found.clock_hz.sum(axis=0) / total,
            slice_energy_ends_j=found.pe_energy_ends_j,
            slice_time_done_ends_s=found.longest_ends_s,
            slice_busy_ends=found.busy_ends_s / (total * tick_s),
            link_flits=found.flits.sum(axis=0),
            is_coarse=self._is_coarse,
        )

    @property
    def spikes_seen(self) -> int:
        """The spikes of the ticks that were added."""
        return int(self._binner.bins().spikes.sum())
