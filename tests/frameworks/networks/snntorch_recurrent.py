"""A recurrent snnTorch network with synaptic currents and its own spikes: run by a Python that has snnTorch."""

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


def later(frames: torch.Tensor) -> torch.Tensor:
    """Return the frames one tick later, as a layer of the chip sees what the layer in front of it sent."""
    return torch.cat([torch.zeros_like(frames[:1]), frames[:-1]])


# Reset to zero at once: with snnTorch's own delay, RLeaky and Synaptic lose the input of the tick after a spike.
resets = {"reset_mechanism": "zero", "reset_delay": False, "init_hidden": True}
network = torch.nn.Sequential(
    torch.nn.Linear(10, 20),
    snntorch.RLeaky(
        beta=torch.full((20,), 0.875), threshold=torch.full((20,), 12.3), linear_features=20, V=None, **resets
    ),
    torch.nn.Linear(20, 5),
    snntorch.Synaptic(
        alpha=torch.full((5,), 0.75), beta=torch.full((5,), 0.75), threshold=torch.full((5,), 16.3), **resets
    ),
)
with torch.no_grad():
    for layer in (network[0], network[1].recurrent, network[2]):
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
