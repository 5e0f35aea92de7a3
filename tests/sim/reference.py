"""A plain NumPy model of the chip's tick: one loop per tick, matrices for weights, fp32 state. Slow and obvious."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from s2studio.network.stimulus.spikes import Stimulus
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork
from s2studio.snn.population import Population

F = np.float32


def matrices(connectivity: Connectivity, sources: int, targets: int) -> dict[int, Any]:
    """Return for each delay field the sums of positive weights, of the size of negative ones, and of synapses."""
    found: dict[int, Any] = defaultdict(lambda: np.zeros((3, sources, targets), np.int64))

    def add(pre: int, post: int, weight: int, delay: int) -> None:
        positive, negative, synapses = found[delay]
        positive[pre, post] += max(weight, 0)
        negative[pre, post] += max(-weight, 0)
        synapses[pre, post] += 1

    if isinstance(connectivity, DenseWeights):
        for pre, post in np.argwhere(connectivity.weight):
            add(pre, post, int(connectivity.weight[pre, post]), connectivity.delay)
    elif isinstance(connectivity, ConvWeights):
        for pre, post, weight in _convolved(connectivity):
            add(pre, post, weight, 0)
    else:
        columns = (connectivity.pre, connectivity.post, connectivity.weight, connectivity.delay)
        for pre, post, weight, delay in zip(*(column.tolist() for column in columns), strict=True):
            add(pre, post, weight, delay)
    return dict(found)


def _convolved(kernel: ConvWeights) -> list[tuple[int, int, int]]:
    """Return every (source, target, weight) of a convolution behind sum pooling, from its definition."""
    (_, height, width), (outputs, out_height, out_width) = kernel.source_shape, kernel.target_shape
    pooled = (height // kernel.pool[0], width // kernel.pool[1])
    synapses = []
    for o, i, ky, kx in np.ndindex(kernel.weight.shape):
        for ty, tx in np.ndindex(out_height, out_width):
            y = ty * kernel.stride[0] + ky - kernel.padding[0]
            x = tx * kernel.stride[1] + kx - kernel.padding[2]
            if 0 <= y < pooled[0] and 0 <= x < pooled[1]:
                for dy, dx in np.ndindex(kernel.pool):
                    source = (i * height + y * kernel.pool[0] + dy) * width + x * kernel.pool[1] + dx
                    synapses.append((source, (o * out_height + ty) * out_width + tx, int(kernel.weight[o, i, ky, kx])))
    assert outputs == kernel.weight.shape[0]
    return synapses


def uniform(seed: int, population_seed: int, population: int, sample: int, tick: int, size: int) -> Any:
    """Return the 24-bit draws of a Poisson population: SplitMix64 chained over its arguments, neuron last."""
    word, step, mask = 0, 0x9E3779B97F4A7C15, 2**64 - 1

    def mixed(word: int) -> int:
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & mask
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB & mask
        return word ^ (word >> 31)

    word = mixed(seed + step & mask)
    for part in (population_seed, population, sample):
        word = mixed(word + part * step & mask)
    now = word + tick * step & mask
    return np.array([F((mixed(mixed(now) + i * step & mask)) >> 40) * F(2**-24) for i in range(size)])


class Reference:
    """Runs one sample of a network tick by tick; `tick` returns spike counts, voltages and synaptic events."""

    def __init__(self, network: ChipNetwork, seed: int = 0, sample: int = 0) -> None:
        self.network, self.seed, self.sample, self.now = network, seed, sample, 0
        self.names = [population.name for population in network.spiking.populations]
        self.sizes = {population.name: population.size for population in network.spiking.populations}
        self.weights = [
            (projection, matrices(projection.connectivity, self.sizes[projection.pre], self.sizes[projection.post]))
            for projection in network.spiking.projections
        ]
        largest = max(self.sizes.values())
        self.arriving: dict[tuple[int, str], Any] = defaultdict(lambda: np.zeros((3, largest), np.int64))
        self.sent = {name: np.zeros(size, np.int64) for name, size in self.sizes.items()}
        self.v = {p.name: self.value(p, "v_init").copy() for p in network.spiking.populations}
        self.exc = {name: np.zeros(size, F) for name, size in self.sizes.items()}
        self.inh = {name: np.zeros(size, F) for name, size in self.sizes.items()}
        self.waits = {name: np.zeros(size, np.int64) for name, size in self.sizes.items()}

    @staticmethod
    def value(population: Population, name: str) -> Any:
        """Return a parameter as fp32, one value per neuron."""
        known = {parameter.name: parameter.default for parameter in MODELS[population.model].parameters}
        value = population.params.get(name, known.get(name, 0.0))
        return np.broadcast_to(np.asarray(value, F), (population.size,))

    def tick(self, stimulus: Stimulus) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]:
        """Run the next tick."""
        events = {name: np.zeros(size, np.int64) for name, size in self.sizes.items()}
        for projection, of_delay in self.weights:
            sent = self.sent[projection.pre]
            for delay, (positive, negative, synapses) in of_delay.items():
                sums = self.arriving[self.now + delay, projection.post]
                for row, matrix in enumerate((positive, negative, synapses)):
                    sums[row, : matrix.shape[1]] += sent @ matrix
                events[projection.post] += sent @ synapses
        self.sent = {
            population.name: self.update(population, stimulus) for population in self.network.spiking.populations
        }
        self.now += 1
        return self.sent, {name: v.copy() for name, v in self.v.items()}, events

    def update(self, population: Population, stimulus: Stimulus) -> Any:
        """Return how many spikes each neuron of `population` sends now."""
        name, size = population.name, population.size
        positive, negative, synapses = self.arriving.pop((self.now, name), np.zeros((3, size), np.int64))[:, :size]
        if population.model == "spike_list":
            sent = np.zeros(size, np.int64)
            if name in stimulus:
                sent[stimulus[name].neuron[stimulus[name].step == self.now]] = 1
            return sent
        if population.model == "relay":
            return synapses
        if population.model == "poisson_process":
            place, own = self.names.index(name), int(population.params.get("seed", 0))
            draws = uniform(self.seed, own, place, self.sample, self.now, size)
            return (draws < self.value(population, "p")).astype(np.int64)
        return self.integrate(population, positive, negative)

    def integrate(self, population: Population, positive: Any, negative: Any) -> Any:
        """Advance neurons of the LIF family."""
        name = population.name
        alpha, offset = self.value(population, "alpha_decay"), self.value(population, "i_offset")
        threshold, v_reset = self.value(population, "threshold"), self.value(population, "v_reset")
        refractory = self.value(population, "t_refrac").astype(np.int64)
        if population.model.startswith("lif_curr_exp"):
            self.exc[name] = self.exc[name] * self.value(population, "exc_decay") + positive.astype(F)
            self.inh[name] = self.inh[name] * self.value(population, "inh_decay") + negative.astype(F)
            current = self.exc[name] - self.inh[name]
        else:
            current = (positive - negative).astype(F)
        integrating = self.waits[name] == 0
        self.waits[name] = np.maximum(self.waits[name] - 1, 0)
        v = np.where(integrating, alpha * self.v[name] + current + offset, self.v[name])
        fires = integrating & (v >= threshold)
        to_reset = population.params.get("reset") == "reset_to_v_reset"
        self.v[name] = np.where(fires, v_reset if to_reset else v - threshold, v).astype(F)
        self.waits[name] = np.where(fires, refractory, self.waits[name])
        return fires.astype(np.int64)
