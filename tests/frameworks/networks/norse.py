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


network = norse.SequentialState(
    torch.nn.Linear(10, 20, bias=False), lif(20, 1.29), torch.nn.Linear(20, 5, bias=False), lif(5, 0.79)
)
with torch.no_grad():
    for layer in (network[0], network[2]):
        layer.weight.copy_(torch.randint(-9, 10, layer.weight.shape, generator=generator).float())
given = (torch.rand(200, 1, 10, generator=generator) < 0.3).float()
hidden, out, states = [], [], [None, None]
with torch.no_grad():
    for frame in given:
        spikes, states[0] = network[1](network[0](frame), states[0])
        hidden.append(spikes)
        spikes, states[1] = network[3](network[2](spikes), states[1])
        out.append(spikes)

np.savez(
    folder / "run.npz",
    given=given[:, 0].numpy(),
    hidden=torch.stack(hidden)[:, 0].numpy(),
    out=torch.stack(out)[:, 0].numpy(),
)
nir.write(folder / "net.nir", norse.to_nir(network, torch.rand(1, 10)))
