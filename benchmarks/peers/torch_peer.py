"""Bare torch, sinabs and snnTorch (third argument): layers of LIF neurons behind matrices and convolutions."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import torch
from torch import nn
from worker import batch, network, serve


def layers(description: dict[str, Any], arrays: Any) -> list[tuple[nn.Module, float, float]]:
    """Return (weights, threshold, decay) of each layer."""
    found: list[tuple[nn.Module, float, float]] = []
    for projection, population in zip(description["projections"], description["populations"][1:], strict=True):
        weight = torch.from_numpy(arrays[projection.get("matrix", projection["weight"])].astype("float32"))
        if projection["kind"] == "conv":
            out, channels, height, width = weight.shape
            conv = nn.Conv2d(channels, out, (height, width), padding=projection["padding"], bias=False)
            conv.weight.data = weight
            pool = projection["pool"]
            made: nn.Module = nn.Sequential(nn.LPPool2d(1, pool), conv) if pool > 1 else conv
        else:
            made = nn.Linear(weight.shape[0], weight.shape[1], bias=False)
            made.weight.data = weight.T.contiguous()
            made = nn.Sequential(nn.Flatten(), made)
        params = population["params"]
        found.append((made, params["threshold"], params["alpha_decay"]))
    return found


def bare(stack: list[tuple[nn.Module, float, float]], given: torch.Tensor) -> int:
    """Run tick by tick; a layer gets the spikes that the layer before it sent in the last tick, as on the chip."""
    states: list[Any] = [0.0] * len(stack)
    before: list[Any] = [None] * (len(stack) + 1)
    total = 0
    for step in range(given.shape[0]):
        sent: list[Any] = [given[step]]
        for index, (weights, threshold, decay) in enumerate(stack):
            v = states[index] * decay
            if before[index] is not None:
                v = v + weights(before[index])
            fired = (v >= threshold) if torch.is_tensor(v) else None
            if fired is not None:
                spikes = fired.to(torch.float32)
                v = v - spikes * threshold
                total += int(spikes.sum())
                sent.append(spikes)
            else:
                sent.append(None)
            states[index] = v
        before = sent
    return total


def with_sinabs(stack: list[tuple[nn.Module, float, float]], given: torch.Tensor) -> int:
    """Run layer by layer through all ticks, as sinabs does."""
    import sinabs.layers as sl

    x, total = given.transpose(0, 1), 0
    for weights, threshold, decay in stack:
        samples, steps = x.shape[:2]
        x = weights(x.flatten(0, 1)).unflatten(0, (samples, steps))
        neurons = sl.LIF(tau_mem=-1 / math.log(decay), spike_threshold=threshold, norm_input=False)
        x = neurons(x)
        total += int(x.sum())
    return total


def with_snntorch(stack: list[tuple[nn.Module, float, float]], given: torch.Tensor) -> int:
    """Run tick by tick through snnTorch's Leaky neurons, whose reset follows a tick later."""
    import snntorch as snn

    neurons = [snn.Leaky(beta=decay, threshold=threshold) for _, threshold, decay in stack]
    states = [each.init_leaky() for each in neurons]
    total = 0
    for step in range(given.shape[0]):
        x = given[step]
        for index, (weights, _, _) in enumerate(stack):
            x, states[index] = neurons[index](weights(x), states[index])
            total += int(x.sum())
    return total


def main() -> None:
    """Build the network and run it when asked."""
    torch.set_num_threads(1)
    description, arrays = network()
    stack, samples = layers(description, arrays), batch()
    shape = description["populations"][0]["shape"] or [description["populations"][0]["size"]]
    given = torch.zeros(description["steps"], samples, math.prod(shape))
    given[torch.from_numpy(arrays["given_step"]), :, torch.from_numpy(arrays["given_neuron"]).long()] = 1
    given = given.reshape(description["steps"], samples, *shape)
    runner = {"torch": bare, "sinabs": with_sinabs, "snntorch": with_snntorch}[sys.argv[3]]

    def run() -> tuple[float, int]:
        with torch.no_grad():
            started = time.process_time()
            spikes = runner(stack, given)
            return time.process_time() - started, spikes

    serve(run)


main()
