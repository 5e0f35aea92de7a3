"""The integer weights of a projection as layers of a float network, each way one that lowering reads back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import LoweringError
from s2studio.network.layers import Affine, Conv2d, Delay, FloatArray, Layer, Linear, SumPool2d
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList

# Values of a full matrix: NIR has no other.
MAX_VALUES = 1 << 27

Ways = Iterator[Sequence[Layer]]


def convolution_layers(subject: str, weights: ConvWeights, bias: FloatArray | None) -> Ways:
    """Yield the one way of a convolution: the pool in front of it, if there is one, and the Conv2d."""
    top, _, left, _ = weights.padding
    pooled = tuple(weights.source_shape[1 + axis] // weights.pool[axis] for axis in range(2))
    kernel = weights.weight.shape[2:]
    both = tuple(
        (pooled[axis] + 2 * pad - kernel[axis]) // weights.stride[axis] + 1 for axis, pad in enumerate((top, left))
    )
    if both != weights.target_shape[1:]:
        found = f"padding {weights.padding} (top, bottom, left, right)"
        raise LoweringError(subject, found, "NIR pads both sides the same", "export it as spinnaker2")
    own = np.zeros(weights.target_shape[0])
    if bias is not None:
        images = bias.reshape(weights.target_shape[0], -1)
        own = images[:, 0]
        if not (images == own[:, None]).all():
            found = "an i_offset that differs within a channel"
            raise LoweringError(subject, found, "a Conv2d has one bias per channel", "export it as spinnaker2")
    layer = Conv2d(
        weights.weight.astype(np.float64), own, weights.stride, (top, left), (1, 1), 1, (pooled[0], pooled[1])
    )
    pool = [SumPool2d(weights.pool, weights.pool, (0, 0))] if weights.pool != (1, 1) else []
    yield [*pool, layer]


def dense_layers(
    subject: str,
    weights: SynapseList | DenseWeights,
    sizes: tuple[int, int],
    bias: FloatArray | None,
    dt_s: float | None,
) -> Ways:
    """Yield a way for each delay, and for synapses that join the same pair again: [Delay], Linear or Affine.

    `sizes` are those of source and target; `dt_s` None is a model without delays; `bias` (one value per target neuron)
    stands in the first way.
    """
    if sizes[0] * sizes[1] > MAX_VALUES:
        found = f"{sizes[0]:,} x {sizes[1]:,} neurons"
        raise LoweringError(subject, found, f"a full matrix of at most {MAX_VALUES:,} values is written")
    for delay, matrix in _matrices(weights, sizes):
        full = matrix.T.astype(np.float64)
        linear: Layer = Linear(full) if bias is None else Affine(full, np.array(bias))
        yield [linear] if dt_s is None else [Delay(np.full(sizes[0], delay * dt_s)), linear]
        bias = None


def _matrices(weights: SynapseList | DenseWeights, sizes: tuple[int, int]) -> Iterator[tuple[int, NDArray[np.int8]]]:
    """Yield (delay, matrix (pre, post)), at least one; together they hold every synapse once."""
    if isinstance(weights, DenseWeights):
        yield weights.delay, weights.weight
        return
    key = (weights.delay.astype(np.int64) * sizes[0] + weights.pre) * sizes[1] + weights.post
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    again = np.arange(len(order)) - np.repeat(first, np.diff([*first, len(order)]))
    turn = np.empty(len(order), np.int64)
    turn[order] = again
    kinds = np.unique(np.stack([weights.delay.astype(np.int64), turn], axis=1), axis=0)
    for delay, number in kinds.tolist() or [(0, 0)]:
        chosen = (weights.delay == delay) & (turn == number)
        matrix = np.zeros(sizes, np.int8)
        matrix[weights.pre[chosen], weights.post[chosen]] = weights.weight[chosen]
        yield delay, matrix
