"""The three ways in which a projection holds its integer weights: a synapse list, a matrix, a convolution kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SynapseList:
    """One entry per synapse: `pre`, `post` (int32), `weight` (int8) and `delay` (uint8, the delay field in ticks)."""

    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    weight: NDArray[np.int8]
    delay: NDArray[np.uint8]


@dataclass(frozen=True)
class DenseWeights:
    """A full matrix `weight` (pre, post) of int8, every synapse with the same delay. A weight of 0 is no synapse."""

    weight: NDArray[np.int8]
    delay: int = 0


@dataclass(frozen=True)
class ConvWeights:
    """A 2-D convolution with the sum pooling in front of it folded in.

    `weight` is int8 (out, in, height, width), cross-correlation. `source_shape` is the (channels, height, width) of the
    presynaptic population, `target_shape` of the postsynaptic one. A source pixel (y, x) belongs to the pooled pixel
    (y // pool[0], x // pool[1]), which is dropped if the pooled image ends before it; `padding` is (top, bottom, left,
    right) around the pooled image. A spike of pooled pixel (y, x), channel i adds weight[o, i, ky, kx] to target
    (o, ty, tx) wherever y + top = ty * stride[0] + ky and x + left = tx * stride[1] + kx. Delay field 0.
    """

    weight: NDArray[np.int8]
    source_shape: tuple[int, int, int]
    target_shape: tuple[int, int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    pool: tuple[int, int] = (1, 1)


Connectivity = SynapseList | DenseWeights | ConvWeights


def kind_of(connectivity: Connectivity) -> str:
    """Return the word for the way in which weights are held: `list`, `dense` or `conv2d`."""
    if isinstance(connectivity, SynapseList):
        return "list"
    return "dense" if isinstance(connectivity, DenseWeights) else "conv2d"


def weight_count(connectivity: Connectivity) -> int:
    """Return how many weights there are: synapses of a list, entries of a matrix that are not 0, a whole kernel."""
    if isinstance(connectivity, SynapseList):
        return len(connectivity.pre)
    if isinstance(connectivity, DenseWeights):
        return int(np.count_nonzero(connectivity.weight))
    return connectivity.weight.size
