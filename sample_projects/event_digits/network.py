"""The spiking network of this sample in torch, with the chip's equations and a surrogate gradient."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

DT_S = 1e-3
TAU_S = 20e-3
CLASSES = 10
SIZE = 16
CHANNELS = (8, 16)


class Lif(torch.autograd.Function):
    """LIF neurons with threshold 1 and reset by subtraction: v <- (1 - dt / tau) v + current, v <- v - 1 at a spike.

    Backwards a spike has the derivative of a fast sigmoid around the threshold, and the reset has none.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, current: Tensor) -> Tensor:
        """Return the spikes for a current, both of shape (steps, ...)."""
        voltage, spikes = torch.empty_like(current), torch.empty_like(current)
        v = torch.zeros_like(current[0])
        for step, now in enumerate(current):
            v.mul_(1 - DT_S / TAU_S).add_(now)
            voltage[step] = v
            torch.ge(v, 1, out=spikes[step])
            v -= spikes[step]
        ctx.save_for_backward(voltage)
        return spikes

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        """Return the gradient of the current."""
        (voltage,) = ctx.saved_tensors
        slope = gradient / (1 + 4 * (voltage - 1).abs()) ** 2
        for step in range(len(slope) - 2, -1, -1):
            slope[step].add_(slope[step + 1], alpha=1 - DT_S / TAU_S)
        return slope


class EventDigits(nn.Module):
    """2 x 16 x 16 events: convolution, LIF, sum pool, convolution, LIF, sum pool, dense, 10 LIF neurons; no biases."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(2, CHANNELS[0], 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(CHANNELS[0], CHANNELS[1], 3, padding=1, bias=False)
        self.dense = nn.Linear(CHANNELS[1] * 16, CLASSES, bias=False)
        for layer, gain in ((self.conv1, 2.0), (self.conv2, 1.5), (self.dense, 1.0)):
            layer.weight.data *= gain

    def forward(self, events: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the output spikes (steps, samples, 10) for events (steps, samples, 2, 16, 16), and the hidden ones."""
        hidden1 = Lif.apply(_each_step(self.conv1, events))
        hidden2 = Lif.apply(_each_step(self.conv2, _pool(hidden1)))
        return Lif.apply(self.dense(_pool(hidden2).flatten(2))), (hidden1, hidden2)


def _each_step(layer: nn.Module, values: Tensor) -> Tensor:
    return layer(values.flatten(0, 1)).unflatten(0, values.shape[:2])


def _pool(spikes: Tensor) -> Tensor:
    return _each_step(lambda values: 4 * functional.avg_pool2d(values, 2), spikes)


def write_nir(model: EventDigits, path: Path) -> None:
    """Write the weights as NIR. R = tau / dt, so that a weight is what a spike adds to v."""
    import nir

    def neurons(*shape: int) -> nir.LIF:
        one = np.ones(shape, np.float32)
        zero = 0 * one
        return nir.LIF(tau=TAU_S * one, r=TAU_S / DT_S * one, v_leak=zero, v_threshold=one, v_reset=zero)

    def conv(layer: nn.Conv2d, size: int) -> nir.Conv2d:
        weight = layer.weight.detach().numpy()
        return nir.Conv2d((size, size), weight, 1, 1, 1, 1, np.zeros(len(weight), np.float32))

    pool = np.array([2, 2])
    nodes = {
        "input": nir.Input({"input": np.array([2, SIZE, SIZE])}),
        "conv1": conv(model.conv1, SIZE),
        "lif1": neurons(CHANNELS[0], SIZE, SIZE),
        "pool1": nir.SumPool2d(pool, pool, np.array([0, 0])),
        "conv2": conv(model.conv2, SIZE // 2),
        "lif2": neurons(CHANNELS[1], SIZE // 2, SIZE // 2),
        "pool2": nir.SumPool2d(pool, pool, np.array([0, 0])),
        "flatten": nir.Flatten({"input": np.array([CHANNELS[1], SIZE // 4, SIZE // 4])}, 0, -1),
        "dense": nir.Linear(model.dense.weight.detach().numpy()),
        "lif3": neurons(CLASSES),
        "output": nir.Output({"output": np.array([CLASSES])}),
    }
    names = list(nodes)
    nir.write(path, nir.NIRGraph(nodes, list(pairwise(names))))


def read_nir(path: Path) -> EventDigits:
    """Return the network with the weights in a file that `write_nir` wrote."""
    import nir

    nodes, model = nir.read(path).nodes, EventDigits()
    for name in ("conv1", "conv2", "dense"):
        getattr(model, name).weight.data = torch.from_numpy(np.array(nodes[name].weight, np.float32))
    return model
