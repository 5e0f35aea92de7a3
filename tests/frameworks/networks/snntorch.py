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


network = torch.nn.Sequential(
    torch.nn.Linear(10, 20, bias=False), leaky(20, 0.875, 10.3), torch.nn.Linear(20, 5, bias=False), leaky(5, 0.75, 6.3)
)
with torch.no_grad():
    for layer in (network[0], network[2]):
        layer.weight.copy_(torch.randint(-9, 10, layer.weight.shape, generator=generator).float())
given = (torch.rand(200, 1, 10, generator=generator) < 0.3).float()
hidden, out = [], []
with torch.no_grad():
    for frame in given:
        hidden.append(network[1](network[0](frame)))
        out.append(network[3](network[2](hidden[-1])))

np.savez(
    folder / "run.npz",
    given=given[:, 0].numpy(),
    hidden=torch.stack(hidden)[:, 0].numpy(),
    out=torch.stack(out)[:, 0].numpy(),
)
nir.write(folder / "net.nir", export_to_nir(network, torch.rand(1, 10), ignore_dims=[0]))
