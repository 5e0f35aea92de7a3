"""The integer weights of one chain as a projection of the chip: list, matrix, or convolution with pools folded in."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from s2studio.lowering.chains import Chain
from s2studio.lowering.refusal import NodeError
from s2studio.lowering.shapes import image
from s2studio.network.layers import Conv2d, FloatArray, Shape, SumPool2d
from s2studio.network.shapes import as_image
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList

Value = TypeVar("Value", np.int8, np.float64)
Delays = tuple[FloatArray, FloatArray]

# A guard against files that unfold into more than a machine's memory: some GB, and seven times what a chip's PEs hold.
MAX_SYNAPSES = 10**8


def convolution(chain: Chain, layer: Conv2d, weight: NDArray[np.int8]) -> ConvWeights:
    """Return the Conv2d of `chain` with the sum pools in front folded in; `weight` is (out, in, height, width)."""
    target = chain.target
    (top, left), (below, right) = layer.padding, layer.extra_padding
    return ConvWeights(
        weight,
        image(target, as_image(chain.source_shape)),
        image(target, as_image(chain.shape)),
        (layer.stride[0], layer.stride[1]),
        (top, top + below, left, left + right),
        chain.pool,
    )


def dense(chain: Chain, weight: NDArray[np.int8], delay: Delays) -> DenseWeights | SynapseList:
    """Return the Linear or Affine of `chain` as a matrix (pre, post) over its source, pools in front unfolded.

    `weight` is (outputs, inputs), `delay` the ticks (inputs,) and (outputs,) to be added, of one value each where all
    are the same; where they differ, the synapses become a list. Source pixels that no pool window takes have none.
    """
    by_input = dense_matrix(chain, weight)
    if delay[0].size == delay[1].size == 1:
        return DenseWeights(by_input, int(np.rint(delay[0][0] + delay[1][0])))
    pre, post = np.nonzero(by_input)
    ticks = dense_delays(chain, weight.shape[1], by_input.shape[1], delay)[pre, post]
    return SynapseList(pre.astype(np.int32), post.astype(np.int32), by_input[pre, post], ticks.astype(np.uint8))


def dense_matrix(chain: Chain, weight: NDArray[Value]) -> NDArray[Value]:
    """Return `weight` (outputs, inputs) as (pre, post), with the pools in front unfolded."""
    return _unfolded(chain, np.ascontiguousarray(weight.T))


def dense_delays(chain: Chain, inputs: int, outputs: int, delay: Delays) -> FloatArray:
    """Return the delay of each pair (pre, post) in ticks, in front of `inputs` and behind `outputs` together."""
    before = _unfolded(chain, np.broadcast_to(delay[0], inputs)[:, None])
    return np.rint(before + np.broadcast_to(delay[1], outputs))


def _unfolded(chain: Chain, by_input: NDArray[Value]) -> NDArray[Value]:
    """Return `by_input` (pooled pixels, columns) for every pixel of the source, 0 where no pool window takes it."""
    if chain.pool == (1, 1):
        return by_input
    sources = math.prod(chain.source_shape)
    _check_size(chain, sources * by_input.shape[1])
    pooled = _pooled_index(chain.source_shape, chain.pooled_shape, chain.pool)
    unfolded = np.zeros((sources, by_input.shape[1]), dtype=by_input.dtype)
    unfolded[pooled >= 0] = by_input[pooled[pooled >= 0]]
    return unfolded


def one_to_one(size: int, weight: NDArray[np.int8], delay: FloatArray) -> SynapseList:
    """Return `size` synapses, from each neuron to the one of its number; one `weight` or `delay` (ticks) is for all."""
    neurons = np.arange(size, dtype=np.int32)
    return SynapseList(
        neurons,
        neurons,
        np.broadcast_to(weight.reshape(-1), size).astype(np.int8),
        np.broadcast_to(np.rint(delay), size).astype(np.uint8),
    )


def sum_pool(chain: Chain, layer: SumPool2d, pooled_shape: Shape) -> SynapseList:
    """Return a synapse of weight 1 from every pixel of the source to each window of the pool that it is in."""
    channels, height, width = image(chain.target, chain.shape)
    _, out_height, out_width = pooled_shape
    _check_size(chain, math.prod(pooled_shape) * math.prod(layer.kernel_size))
    rows, row_windows = _lines(height, out_height, layer, 0)
    columns, column_windows = _lines(width, out_width, layer, 1)
    channel = np.arange(channels)[:, None, None]
    pre = (channel * height + rows[:, None]) * width + columns
    post = (channel * out_height + row_windows[:, None]) * out_width + column_windows
    return SynapseList(
        pre.reshape(-1).astype(np.int32),
        post.reshape(-1).astype(np.int32),
        np.ones(pre.size, dtype=np.int8),
        np.zeros(pre.size, dtype=np.uint8),
    )


def _lines(lines: int, windows: int, layer: SumPool2d, axis: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs (line, window) along one axis, windows ascending."""
    first = np.arange(windows)[:, None] * layer.stride[axis] - layer.padding[axis]
    line = first + np.arange(layer.kernel_size[axis])
    window = np.broadcast_to(np.arange(windows)[:, None], line.shape)
    inside = (line >= 0) & (line < lines)
    return line[inside], window[inside]


def _pooled_index(source: Shape, pooled: Shape, pool: tuple[int, int]) -> NDArray[np.int64]:
    """Return the pooled pixel of every source pixel, -1 where the pooled image ends before it."""
    channel, y, x = np.indices(source).reshape(3, -1)
    row, column = y // pool[0], x // pool[1]
    index = (channel * pooled[1] + row) * pooled[2] + column
    return np.where((row < pooled[1]) & (column < pooled[2]), index, -1)


def _check_size(chain: Chain, synapses: int) -> None:
    if synapses > MAX_SYNAPSES:
        raise NodeError(
            chain.target,
            f"the sum pool in front of it unfolds into {synapses:,} synapses",
            f"{MAX_SYNAPSES:,} are possible",
            "put a spiking layer behind the pool",
        )
