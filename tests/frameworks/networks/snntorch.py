"""A small snnTorch network and its own spikes: run by the Python of an environment that has snnTorch."""

# mypy: ignore-errors

import sys
from pathlib import Path

import nir
import numpy as np
import snntorch
import torch
from snntorch.export_nir import export_to_nir

folder = Path(sys.argv[1])
generator = torch.Generator().manual_seed(0)


def leaky(size: int, beta: float, threshold: float) -> torch.nn.Module:
    """Return neurons with reset to zero: snnTorch subtracts one tick late and without the decay, as no chip does."""
    return snntorch.Leaky(
        beta=torch.full((size,), beta),
        threshold=torch.full((size,), threshold),
        reset_mechanism="zero",
        init_hidden=True,
    )


def later(frames: torch.Tensor) -> torch.Tensor:
    """Return the frames one tick later, as a layer of the chip sees what the layer in front of it sent."""
    return torch.cat([torch.zeros_like(frames[:1]), frames[:-1]])


network = torch.nn.Sequential(
    torch.nn.Linear(10, 20, bias=True), leaky(20, 0.875, 10.3), torch.nn.Linear(20, 5, bias=True), leaky(5, 0.75, 6.3)
)
with torch.no_grad():
    for layer in (network[0], network[2]):
        layer.weight.copy_(torch.randint(-9, 10, layer.weight.shape, generator=generator).float())
        layer.bias.copy_(torch.randint(-3, 4, layer.bias.shape, generator=generator) / 4)
given = (torch.rand(200, 1, 10, generator=generator) < 0.3).float()
with torch.no_grad():
    hidden = torch.stack([network[1](network[0](frame)) for frame in later(given)])
    out = torch.stack([network[3](network[2](frame)) for frame in later(hidden)])

np.savez(
    folder / "run.npz",
    given=given[:, 0].numpy(),
    hidden=hidden[:, 0].numpy(),
    out=out[:, 0].numpy(),
)
nir.write(folder / "net.nir", export_to_nir(network, torch.rand(1, 10), ignore_dims=[0]))
