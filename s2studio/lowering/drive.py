"""What a population's input can do at most: the neurons that can never fire, and those that nothing can stop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.network.layers import FloatArray
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList


def largest_input(connectivity: Connectivity, size: int) -> FloatArray:
    """Return the sum of positive weights into each of `size` neurons: what a tick brings if every source fires."""
    if isinstance(connectivity, SynapseList):
        positive = np.maximum(connectivity.weight, 0)
        return np.bincount(connectivity.post, positive, minlength=size).astype(np.float64)
    if isinstance(connectivity, DenseWeights):
        by_target: FloatArray = np.maximum(connectivity.weight, 0).sum(axis=0, dtype=np.float64)
        return by_target
    return _of_convolution(connectivity)


def _of_convolution(kernel: ConvWeights) -> FloatArray:
    by_tap = np.maximum(kernel.weight, 0).sum(axis=1, dtype=np.float64)
    rows = _taps_inside(kernel, 0)
    columns = _taps_inside(kernel, 1)
    largest: FloatArray = rows @ by_tap @ columns.T
    return (largest * kernel.pool[0] * kernel.pool[1]).reshape(-1)


def _taps_inside(kernel: ConvWeights, axis: int) -> FloatArray:
    """Return 1 where kernel line k lies on the pooled image for target line t, shape (target lines, kernel lines)."""
    lines = kernel.source_shape[1 + axis] // kernel.pool[axis]
    targets, taps = kernel.target_shape[1 + axis], kernel.weight.shape[2 + axis]
    line = np.arange(targets)[:, None] * kernel.stride[axis] + np.arange(taps) - kernel.padding[2 * axis]
    return ((line >= 0) & (line < lines)).astype(np.float64)


def silent(
    largest: FloatArray, offset: FloatArray, alpha: FloatArray, decay: FloatArray, threshold: FloatArray
) -> NDArray[np.bool_]:
    """Return which neurons stay below `threshold` even if all excitatory sources fire in every tick.

    V then approaches (largest / (1 - decay) + offset) / (1 - alpha) from below. `decay` is that of the synaptic
    current, 0 where there is none. Where a decay is negative, v swings past its limit and none is counted.
    """
    drive = _limit(largest, decay) + offset
    highest = np.where((alpha < 0) | (decay < 0), np.inf, np.maximum(_limit(drive, alpha), 0.0))
    return np.asarray(highest < threshold)


def _limit(step: FloatArray, decay: FloatArray) -> FloatArray:
    """Return where x <- decay * x + step ends, infinite for a positive step without decay."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(step > 0, step / (1.0 - decay), step)


def saturated(
    offset: FloatArray, alpha: FloatArray, threshold: FloatArray, v_reset: FloatArray | None
) -> NDArray[np.bool_]:
    """Return which neurons fire in every tick without input; `v_reset` None is reset by subtraction."""
    after_reset = 0.0 if v_reset is None else alpha * v_reset
    return np.asarray(after_reset + offset >= threshold)
