"""A small sinabs network for images and its own spikes: run by the Python of an environment that has sinabs."""

# mypy: ignore-errors

import sys
from pathlib import Path

import nir
import numpy as np
import sinabs.layers
import torch
from sinabs.activation import MembraneSubtract, SingleSpike
from sinabs.nir import to_nir

folder = Path(sys.argv[1])
generator = torch.Generator().manual_seed(0)


def iaf(threshold: float) -> torch.nn.Module:
    return sinabs.layers.IAFSqueeze(
        batch_size=1, spike_threshold=threshold, spike_fn=SingleSpike, reset_fn=MembraneSubtract(), min_v_mem=None
    )


def later(frames: torch.Tensor) -> torch.Tensor:
    """Return the frames one tick later, as a layer of the chip sees what the layer in front of it sent."""
    return torch.cat([torch.zeros_like(frames[:1]), frames[:-1]])


network = torch.nn.Sequential(
    torch.nn.Conv2d(2, 3, 3, padding=1, bias=True),
    iaf(12.5),
    sinabs.layers.SumPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Linear(48, 5, bias=True),
    iaf(20.5),
)
with torch.no_grad():
    for layer in (network[0], network[4]):
        layer.weight.copy_(torch.randint(-9, 10, layer.weight.shape, generator=generator).float())
        layer.bias.copy_(torch.randint(-3, 4, layer.bias.shape, generator=generator) / 4)
given = (torch.rand(200, 2, 8, 8, generator=generator) < 0.1).float()
with torch.no_grad():
    hidden = network[1](network[0](later(given)))
    out = network[5](network[4](network[3](network[2](later(hidden)))))

np.savez(
    folder / "run.npz",
    given=given.flatten(1).numpy(),
    hidden=hidden.flatten(1).numpy(),
    out=out.numpy(),
)
graph = to_nir(network, torch.rand(1, 2, 8, 8))
for node in graph.nodes.values():  # sinabs leaves these open, and nir cannot write what is open
    if isinstance(node, nir.Conv2d):
        node.input_shape = (8, 8)
    elif isinstance(node, nir.Flatten):
        node.input_type = {"input": np.array([3, 4, 4])}
nir.write(folder / "net.nir", graph)
