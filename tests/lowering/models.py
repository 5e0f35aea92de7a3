"""Small float networks made by hand, and a chip network run in plain NumPy, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from s2studio.network.graph import Network
from s2studio.network.layers import IF, LIF, Affine, Conv2d, CubaLIF, FloatArray, Input, Layer, Linear, Output, Shape
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList
from s2studio.snn.network import ChipNetwork
from s2studio.snn.population import Population

Ticks = NDArray[np.float32]


def values(value: ArrayLike, shape: Shape) -> FloatArray:
    """Return `value` for each neuron of `shape`."""
    return np.array(np.broadcast_to(np.asarray(value, np.float64), shape))


def if_layer(shape: Shape = (1,), r: ArrayLike = 1.0, threshold: ArrayLike = 1.0, reset: ArrayLike = 0.0) -> IF:
    return IF(values(r, shape), values(threshold, shape), values(reset, shape))


def lif_layer(
    shape: Shape = (1,),
    *,
    tau: ArrayLike = 0.02,
    r: ArrayLike = 1.0,
    leak: ArrayLike = 0.0,
    threshold: ArrayLike = 1.0,
    reset: ArrayLike = 0.0,
) -> LIF:
    return LIF(
        values(tau, shape), values(r, shape), values(leak, shape), values(threshold, shape), values(reset, shape)
    )


def cuba_layer(
    shape: Shape = (1,),
    *,
    tau_mem: ArrayLike = 0.02,
    tau_syn: ArrayLike = 0.01,
    r: ArrayLike = 1.0,
    w_in: ArrayLike = 1.0,
    leak: ArrayLike = 0.0,
    threshold: ArrayLike = 1.0,
) -> CubaLIF:
    return CubaLIF(
        values(tau_mem, shape),
        values(tau_syn, shape),
        values(r, shape),
        values(w_in, shape),
        values(leak, shape),
        values(threshold, shape),
        values(0.0, shape),
    )


def linear(weight: ArrayLike) -> Linear:
    return Linear(np.array(weight, np.float64))


def affine(weight: ArrayLike, bias: ArrayLike) -> Affine:
    return Affine(np.array(weight, np.float64), np.array(bias, np.float64))


def conv(
    weight: ArrayLike,
    size: tuple[int, int],
    *,
    bias: ArrayLike = 0.0,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> Conv2d:
    kernel = np.array(weight, np.float64)
    return Conv2d(kernel, values(bias, kernel.shape[:1]), stride, padding, dilation, groups, size)


def chain(*layers: Layer, size: Shape = (1,)) -> Network:
    """Return input -> n0 -> n1 -> ... -> output."""
    named = {f"n{index}": layer for index, layer in enumerate(layers)}
    nodes = {"input": Input(size), **named, "output": Output((1,))}
    return graph(nodes, list(zip(nodes, list(nodes)[1:], strict=False)))


def graph(layers: Mapping[str, Layer], edges: Sequence[tuple[str, str]]) -> Network:
    return Network("net", layers, tuple(edges))


def run(network: ChipNetwork, inputs: Mapping[str, Ticks], steps: int) -> dict[str, Ticks]:
    """Return the spikes (steps, neurons) of all populations of a network without loops and synaptic currents."""
    spikes = {name: np.pad(train, ((0, steps - len(train)), (0, 0))) for name, train in inputs.items()}
    for population in network.spiking.populations:
        if population.name not in spikes:
            current = np.zeros((steps, population.size), np.float32)
            for projection in network.spiking.projections:
                if projection.post == population.name:
                    sent = spikes[projection.pre][:-1]
                    current[1:] += arriving(projection.connectivity, sent, population.size)
            spikes[population.name] = neurons(population, current)[0]
    return spikes


def neurons(population: Population, current: Ticks) -> tuple[Ticks, Ticks]:
    """Return spikes and voltages of V <- (alpha V + I) + i_offset in fp32, for the `current` (steps, neurons)."""
    alpha, threshold, offset, v_reset = (
        np.asarray(population.params.get(name, 0.0), np.float32)
        for name in ("alpha_decay", "threshold", "i_offset", "v_reset")
    )
    subtracts = population.params["reset"] == "reset_by_subtraction"
    spikes, voltages = np.zeros_like(current), np.zeros_like(current)
    v = np.zeros(population.size, np.float32)
    for tick, arrived in enumerate(current):
        v = alpha * v + arrived + offset
        fired = v >= threshold
        v = np.where(fired, v - threshold if subtracts else v_reset, v).astype(np.float32)
        spikes[tick], voltages[tick] = fired, v
    return spikes, voltages


def arriving(weights: Connectivity, spikes: Ticks, size: int) -> Ticks:
    """Return the sum of weights (ticks, targets) that `spikes` (ticks, sources) bring."""
    if isinstance(weights, DenseWeights):
        return spikes @ weights.weight.astype(np.float32)
    if isinstance(weights, SynapseList):
        matrix = np.zeros((spikes.shape[1], size), np.float32)
        np.add.at(matrix, (weights.pre, weights.post), weights.weight)
        return spikes @ matrix
    return _convolved(weights, spikes)


def _convolved(kernel: ConvWeights, spikes: Ticks) -> Ticks:
    channels, height, width = kernel.source_shape
    down, right = kernel.pool
    rows, columns = height // down, width // right
    image = spikes.reshape(-1, channels, height, width)[:, :, : rows * down, : columns * right]
    pooled = image.reshape(-1, channels, rows, down, columns, right).sum(axis=(3, 5))
    padded = np.pad(pooled, ((0, 0), (0, 0), kernel.padding[:2], kernel.padding[2:]))
    windows = sliding_window_view(padded, kernel.weight.shape[2:], axis=(2, 3))
    windows = windows[:, :, :: kernel.stride[0], :: kernel.stride[1]]
    result = np.tensordot(windows, kernel.weight.astype(np.float32), axes=([1, 4, 5], [1, 2, 3]))
    return np.ascontiguousarray(result.transpose(0, 3, 1, 2)).reshape(len(spikes), -1)
