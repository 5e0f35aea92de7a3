"""A small Norse network and its own spikes: run by the Python of an environment that has Norse."""

# mypy: ignore-errors

import sys
from pathlib import Path

import nir
import norse.torch as norse
import numpy as np
import torch

folder = Path(sys.argv[1])
generator = torch.Generator().manual_seed(0)


def lif(size: int, threshold: float) -> torch.nn.Module:
    """Return neurons without a synaptic current, with a time constant of 8 ticks of 1 ms and reset to 0."""
    ones = torch.ones(size)
    parameters = norse.LIFBoxParameters(
        tau_mem_inv=125.0 * ones, v_leak=0.0 * ones, v_th=threshold * ones, v_reset=0.0 * ones
    )
    return norse.LIFBoxCell(parameters, dt=1e-3)


def later(frames: torch.Tensor) -> torch.Tensor:
    """Return the frames one tick later, as a layer of the chip sees what the layer in front of it sent."""
    return torch.cat([torch.zeros_like(frames[:1]), frames[:-1]])


network = norse.SequentialState(
    torch.nn.Linear(10, 20, bias=True), lif(20, 1.29), torch.nn.Linear(20, 5, bias=True), lif(5, 0.79)
)
with torch.no_grad():
    for layer in (network[0], network[2]):
        layer.weight.copy_(torch.randint(-9, 10, layer.weight.shape, generator=generator).float())
        layer.bias.copy_(torch.randint(-3, 4, layer.bias.shape, generator=generator) / 4)
given = (torch.rand(200, 1, 10, generator=generator) < 0.3).float()


def spikes(layer: torch.nn.Module, neurons: torch.nn.Module, frames: torch.Tensor) -> torch.Tensor:
    found, state = [], None
    for frame in frames:
        spiking, state = neurons(layer(frame), state)
        found.append(spiking)
    return torch.stack(found)


with torch.no_grad():
    hidden = spikes(network[0], network[1], later(given))
    out = spikes(network[2], network[3], later(hidden))

np.savez(
    folder / "run.npz",
    given=given[:, 0].numpy(),
    hidden=hidden[:, 0].numpy(),
    out=out[:, 0].numpy(),
)
nir.write(folder / "net.nir", norse.to_nir(network, torch.rand(1, 10)))
