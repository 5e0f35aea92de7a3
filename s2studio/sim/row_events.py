"""How many synaptic events a spike causes in each slice of the target population, as small tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.sim.arrays import distinct_rows
from s2studio.sim.kernels.sorting import count_in_rows
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights
from s2studio.snn.fan_out import IntArray, fan_out, pixel_fan_out, slice_of

# Tables are made in pieces of so many entries, which need some bytes each meanwhile.
_PIECE = 1 << 16


@dataclass(frozen=True)
class EventTable:
    """`counts` (sources, columns) of whole numbers; slice i of the target population has column `column_of[i]`.

    Slices that get the same from every source share a column. Before a convolution the sources are pixels.
    """

    counts: NDArray[np.signedinteger[Any]]
    column_of: NDArray[np.int32]


def event_table(connectivity: Connectivity, sources: int, bounds: IntArray) -> EventTable:
    """Return the events of any connectivity from `sources` neurons, which stand in their own order."""
    if isinstance(connectivity, ConvWeights):
        return kernel_events(connectivity, bounds)
    if isinstance(connectivity, DenseWeights):
        return matrix_events(connectivity.weight, bounds)
    return EventTable(_narrow(fan_out(connectivity, sources, bounds)), np.arange(len(bounds) - 1, dtype=np.int32))


def matrix_events(weight: NDArray[np.int8], bounds: IntArray) -> EventTable:
    """Return the events of the matrix `weight` (sources, targets) in the slices that `bounds` limit."""
    step = max(1, _PIECE // max(1, weight.shape[1]))
    pieces = [weight[row : row + step] for row in range(0, len(weight), step)]
    return _shared(np.concatenate([fan_out(DenseWeights(piece), len(piece), bounds) for piece in pieces]))


def kernel_events(kernel: ConvWeights, bounds: IntArray) -> EventTable:
    """Return the events of `kernel` by source pixel."""
    counts, column_of = pixel_fan_out(kernel, bounds)
    return EventTable(_narrow(counts), column_of.astype(np.int32))


def list_events(row_start: IntArray, target: NDArray[Any], size: int, bounds: IntArray) -> EventTable:
    """Return the events of sparse rows, whose targets are neurons of a population of `size` modulo it."""
    slices, columns = slice_of(bounds).astype(np.int32), len(bounds) - 1
    most = count_in_rows(row_start, target, size, slices, np.zeros((1, columns), np.int32))
    counts = np.zeros((len(row_start) - 1, columns), np.min_scalar_type(-most - 1))
    step = max(1, _PIECE // columns)
    for row in range(0, len(counts), step):
        piece = np.zeros((len(counts[row : row + step]), columns), np.int32)
        count_in_rows(row_start[row : row + step + 1], target, size, slices, piece)
        counts[row : row + step] = piece
    return EventTable(counts, np.arange(columns, dtype=np.int32))


def _shared(counts: NDArray[Any]) -> EventTable:
    """Return the table with equal columns kept once."""
    distinct, column_of = distinct_rows(counts.T)
    return EventTable(_narrow(distinct.T), column_of)


def _narrow(counts: NDArray[Any]) -> NDArray[np.signedinteger[Any]]:
    """Return whole numbers in the narrowest signed type that holds them."""
    return np.ascontiguousarray(counts, np.min_scalar_type(-int(counts.max(initial=0)) - 1))
