"""Which source reaches which target slice, and through how many synapses: tables for memory, routes and counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList

CountTable = NDArray[np.uint16] | NDArray[np.int32]
IntArray = NDArray[np.int64]

# So many synapses are worked on at once: what is needed meanwhile takes more memory than they.
_PIECE = 1 << 14


def fan_out(connectivity: Connectivity, sources: int, bounds: IntArray) -> CountTable:
    """Return the synapses of each source neuron in each target slice, shape (sources, slices).

    `bounds` are the slice limits of the target population, ascending, from 0 to its size: slice i holds the neurons
    bounds[i] to bounds[i + 1]. A convolution counts every kernel weight it walks, zeros included.
    """
    if isinstance(connectivity, SynapseList):
        return _narrow(_of_list(connectivity, sources, bounds))
    if isinstance(connectivity, DenseWeights):
        return _narrow(np.add.reduceat(connectivity.weight != 0, bounds[:-1], axis=1, dtype=np.int32))
    of_channel, which = pixel_fan_out(connectivity, bounds)
    pixel = np.tile(np.arange(len(of_channel)), connectivity.source_shape[0])
    return of_channel[np.ix_(pixel, which)]


def pixel_fan_out(kernel: ConvWeights, bounds: IntArray) -> tuple[CountTable, IntArray]:
    """Return the synapses of each source pixel in each kind of target slice, (pixels, kinds), and each slice's kind."""
    distinct, which = _pixels(bounds, kernel.target_shape)
    return _narrow(_of_pixels(kernel, distinct)), which


def slice_reach(connectivity: Connectivity, source_bounds: IntArray, target_bounds: IntArray) -> NDArray[np.bool_]:
    """Return which source slice has a synapse in which target slice, shape (source slices, target slices)."""
    if isinstance(connectivity, SynapseList):
        shape = (len(source_bounds) - 1, len(target_bounds) - 1)
        reached = np.zeros(shape[0] * shape[1], np.bool_)
        row, column = slice_of(source_bounds) * shape[1], slice_of(target_bounds)
        for first in range(0, len(connectivity.pre), _PIECE):
            part = slice(first, first + _PIECE)
            reached[row.take(connectivity.pre[part]) + column.take(connectivity.post[part])] = True
        return reached.reshape(shape)
    if isinstance(connectivity, DenseWeights):
        columns = np.logical_or.reduceat(connectivity.weight != 0, target_bounds[:-1], axis=1)
        return np.logical_or.reduceat(columns, source_bounds[:-1], axis=0)
    sources, from_which = _pixels(source_bounds, connectivity.source_shape)
    targets, to_which = _pixels(target_bounds, connectivity.target_shape)
    walked = sources.reshape(len(sources), -1) @ _of_pixels(connectivity, targets).astype(np.float64)
    return (walked > 0)[np.ix_(from_which, to_which)]


def _narrow(counts: NDArray[Any]) -> CountTable:
    """Return whole numbers in the narrowest of the two types that holds them."""
    if counts.max(initial=0) <= np.iinfo(np.uint16).max:
        return counts.astype(np.uint16)
    return counts.astype(np.int32)


def slice_of(bounds: IntArray) -> IntArray:
    """Return the slice that each neuron is in, shape (neurons,)."""
    return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))


def _of_list(synapses: SynapseList, sources: int, bounds: IntArray) -> NDArray[np.int32]:
    slices, column = len(bounds) - 1, slice_of(bounds).astype(np.int32)
    counts = np.zeros(sources * slices, np.int32)
    for first in range(0, len(synapses.pre), _PIECE):
        part = slice(first, first + _PIECE)
        flat = synapses.pre[part].astype(np.int64)
        flat *= slices
        flat += column.take(synapses.post[part])
        np.add.at(counts, flat, 1)
    return counts.reshape(sources, slices)


def _of_pixels(kernel: ConvWeights, targets: NDArray[np.float64]) -> IntArray:
    """Return how many kernel weights a spike of each source pixel walks in each of `targets` (cuts, height, width)."""
    rows, columns = _lines(kernel, 0), _lines(kernel, 1)
    # Small whole numbers are exact in float64, and its matrix product is many times faster than that of int64.
    walked = rows @ targets @ columns.T
    return walked.reshape(len(targets), -1).T.astype(np.int64)


def _pixels(bounds: IntArray, shape: tuple[int, int, int]) -> tuple[NDArray[np.float64], IntArray]:
    """Return the cuts that differ, (cuts, height, width), and which of them each slice has, (slices,).

    A cut counts for each pixel how many channels of the slice hold it. Most slices of an image repeat the cut of an
    earlier channel, so the costly part is done once for each cut.
    """
    pixels = shape[1] * shape[2]
    keys = np.stack([bounds[:-1] % pixels, np.diff(bounds)], axis=1)
    distinct, which = np.unique(keys, axis=0, return_inverse=True)
    counts = [np.bincount(np.arange(start, start + size) % pixels, minlength=pixels) for start, size in distinct]
    return np.stack(counts).reshape(-1, shape[1], shape[2]).astype(np.float64), which.reshape(-1)


def _lines(kernel: ConvWeights, axis: int) -> NDArray[np.float64]:
    """Return how source lines (rows for axis 0, columns for 1) reach target lines, (source, target)."""
    source, target, pool = kernel.source_shape[1 + axis], kernel.target_shape[1 + axis], kernel.pool[axis]
    lines = reach(source, target, kernel.weight.shape[2 + axis], kernel.stride[axis], kernel.padding[2 * axis], pool)
    lines[source // pool * pool :] = 0
    return lines.astype(np.float64)


def reach(source: int, target: int, kernel: int, stride: int, padding: int, pool: int) -> IntArray:
    """Return 1 where source line i reaches target line j through a kernel of that length, shape (source, target)."""
    offset = (np.arange(source) // pool)[:, None] + padding - np.arange(target)[None, :] * stride
    return ((offset >= 0) & (offset < kernel)).astype(np.int64)
