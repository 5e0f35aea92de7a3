"""A plain NumPy loop over ticks, as one would write it first: what the engine is compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from workloads import Workload

from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights
from s2studio.snn.models import MODELS
from s2studio.snn.population import Population

F = np.float32
Sums = NDArray[np.int64]


def run_plain(workload: Workload) -> int:
    """Run `workload` and return the number of spikes; delays must be 0, resets the same for a population."""
    part = workload.network.spiking
    projections = [(each.pre, each.post, _adder(each.connectivity)) for each in part.projections]
    neurons = {population.name: _Neurons(population) for population in part.populations}
    given = {
        name: np.split(train.neuron, np.searchsorted(train.step, np.arange(1, workload.steps)))
        for name, train in workload.stimulus.items()
    }
    sent: dict[str, NDArray[Any]] = {name: np.zeros(0, np.int64) for name in neurons}
    spikes = 0
    for tick in range(workload.steps):
        sums = {name: np.zeros((2, each.size), np.int64) for name, each in neurons.items()}
        for pre, post, add in projections:
            if len(sent[pre]):
                add(sums[post], sent[pre])
        sent = {
            name: given[name][tick] if name in given else each.update(*sums[name]) for name, each in neurons.items()
        }
        spikes += sum(map(len, sent.values()))
    return spikes


def _adder(connectivity: Connectivity) -> Callable[[Sums, NDArray[Any]], None]:
    """Return what adds the synapses of the neurons that spiked to (positive, negative) sums."""
    if isinstance(connectivity, DenseWeights):
        weight = connectivity.weight.astype(np.int64)

        def add_rows(sums: Sums, sources: NDArray[Any]) -> None:
            sums[0] += weight[sources].sum(axis=0)

        return add_rows
    if isinstance(connectivity, ConvWeights):
        return _convolution(connectivity)
    order = np.argsort(connectivity.pre, kind="stable")
    post, strength = connectivity.post[order].astype(np.int64), connectivity.weight[order].astype(np.int64)
    first = np.concatenate([[0], np.cumsum(np.bincount(connectivity.pre))])

    def add_lists(sums: Sums, sources: NDArray[Any]) -> None:
        rows = np.concatenate([np.arange(first[source], first[source + 1]) for source in sources])
        for row, sign in ((0, 1), (1, -1)):
            chosen = rows[strength[rows] * sign > 0]
            sums[row] += np.bincount(post[chosen], weights=np.abs(strength[chosen]), minlength=sums.shape[1]).astype(
                np.int64
            )

    return add_lists


def _convolution(kernel: ConvWeights) -> Callable[[Sums, NDArray[Any]], None]:
    channels, height, width = kernel.source_shape
    pool_y, pool_x = kernel.pool
    weight = kernel.weight.astype(np.float32)
    top, bottom, left, right = kernel.padding

    def add_image(sums: Sums, sources: NDArray[Any]) -> None:
        image = np.bincount(sources, minlength=channels * height * width).reshape(channels, height, width)
        pooled = image.reshape(channels, height // pool_y, pool_y, width // pool_x, pool_x).sum(axis=(2, 4))
        padded = np.pad(pooled, ((0, 0), (top, bottom), (left, right))).astype(np.float32)
        _, out_height, out_width = kernel.target_shape
        total = np.zeros(kernel.target_shape, np.float32)
        for ky, kx in np.ndindex(weight.shape[2:]):
            window = padded[:, ky : ky + out_height, kx : kx + out_width]
            total += np.tensordot(weight[:, :, ky, kx], window, axes=1)
        sums[0] += total.reshape(-1).astype(np.int64)

    return add_image


class _Neurons:
    """The neurons of a population of the LIF family."""

    def __init__(self, population: Population) -> None:
        self.size = population.size
        self.has_currents = MODELS[population.model].inputs == 2
        params: dict[str, Any] = {each.name: each.default for each in MODELS[population.model].parameters}
        params |= population.params
        self.to_reset = params.pop("reset", "") == "reset_to_v_reset"
        self.params = {name: np.broadcast_to(np.asarray(value, F), self.size) for name, value in params.items()}
        self.v = self.params["v_init"].copy() if "v_init" in params else np.zeros(self.size, F)
        self.exc, self.inh = np.zeros(self.size, F), np.zeros(self.size, F)
        self.waits = np.zeros(self.size, np.int64)

    def update(self, positive: Sums, negative: Sums) -> NDArray[np.int64]:
        """Advance by a tick and return who spikes."""
        p = self.params
        if self.has_currents:
            self.exc = self.exc * p["exc_decay"] + positive.astype(F)
            self.inh = self.inh * p["inh_decay"] + negative.astype(F)
            current = self.exc - self.inh
        else:
            current = (positive - negative).astype(F)
        active = self.waits == 0
        self.waits = np.maximum(self.waits - 1, 0)
        self.v = np.where(active, p["alpha_decay"] * self.v + current + p["i_offset"], self.v)
        fired = np.flatnonzero(active & (self.v >= p["threshold"]))
        self.v[fired] = p["v_reset"][fired] if self.to_reset else self.v[fired] - p["threshold"][fired]
        if self.has_currents:
            self.waits[fired] = p["t_refrac"][fired].astype(np.int64)
        return fired
