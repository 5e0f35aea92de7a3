"""A span of a deep network's timeline reduced to columns: what pictures and panels draw of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.sim.layers.stages import STAGES
from s2studio.sim.layers.timeline import LayerTimeline

Floats = NDArray[np.float64]
NOTHING = -1


@dataclass(frozen=True, eq=False)
class TimelineColumns:
    """The span from `edges_ns[0]` to `edges_ns[-1]` in columns of equal width, `edges_ns` (columns + 1,).

    `stage` (pes, columns) is what each PE does for most of a column, an index of `STAGES`, NOTHING before and after the
    inference; `busy` (stages, columns) how many PEs are in each stage, on average over the column; `dram_rate`
    (columns,) what the DRAM moves, in bytes per s.
    """

    edges_ns: Floats
    stage: NDArray[np.int8]
    busy: Floats
    dram_rate: Floats


def timeline_columns(timeline: LayerTimeline, start_ns: float, stop_ns: float, columns: int) -> TimelineColumns:
    """Return what `timeline` holds from `start_ns` to `stop_ns`, in `columns`."""
    edges = np.linspace(start_ns, stop_ns, columns + 1)
    spent = _spent(timeline, edges)
    stage = spent.argmax(axis=1).astype(np.int8)
    stage[spent.sum(axis=1) <= 0] = NOTHING
    return TimelineColumns(edges, stage, spent.sum(axis=0) / np.diff(edges), _mean_rate(timeline, edges))


def _spent(timeline: LayerTimeline, edges: Floats) -> Floats:
    """Return how long each PE is in each stage within each column, in ns, (pes, stages, columns)."""
    columns, width = len(edges) - 1, edges[1] - edges[0]
    inside = np.flatnonzero((timeline.stop_ns > edges[0]) & (timeline.start_ns < edges[-1]))
    begins = np.maximum(timeline.start_ns[inside], edges[0])
    ends = np.minimum(timeline.stop_ns[inside], edges[-1])
    first = np.minimum((begins - edges[0]) // width, columns - 1).astype(np.int64)
    last = np.clip(np.ceil((ends - edges[0]) / width) - 1, first, columns - 1).astype(np.int64)
    # An interval once for each column that it touches.
    count = last - first + 1
    of = np.repeat(np.arange(len(inside)), count)
    column = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + first[of]
    overlap = np.minimum(ends[of], edges[column + 1]) - np.maximum(begins[of], edges[column])
    pe, stage = timeline.pe[inside].astype(np.int64)[of], timeline.stage[inside].astype(np.int64)[of]
    places = (pe * len(STAGES) + stage) * columns + column
    total = np.bincount(places, overlap, len(timeline.pes) * len(STAGES) * columns)
    return np.maximum(total, 0).reshape(len(timeline.pes), len(STAGES), columns)


def _mean_rate(timeline: LayerTimeline, edges: Floats) -> Floats:
    """Return the mean rate of the DRAM in each column: differences of the bytes moved so far."""
    moments = np.append(timeline.dram_ns, max(timeline.end_ns, timeline.dram_ns[-1] if len(timeline.dram_ns) else 0))
    if len(moments) < 2:
        return np.zeros(len(edges) - 1)
    moved = np.concatenate(([0.0], np.cumsum(timeline.dram_rates * np.diff(moments))))
    # Before the first moment and after the last nothing is moved.
    return np.asarray(np.diff(np.interp(edges, moments, moved)) / np.diff(edges))
