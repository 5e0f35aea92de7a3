"""The workloads of the benchmarks, as chip networks with their stimulus: W1 (4k, 40k), W2 and W3."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import ParameterValue, Population
from s2studio.snn.projection import Projection


@dataclass(frozen=True)
class Workload:
    """A network, what drives it for `steps` ticks, and the chip file it runs on."""

    network: ChipNetwork
    stimulus: Stimulus
    steps: int
    chip: str


def balanced(neurons: int, synapses_per_neuron: int, chip: str) -> Workload:
    """Return W1: four fifths excitatory, one fifth inhibitory, every neuron with that many targets drawn at random.

    After Vogels and Abbott (2005) as the Brian2 example "CUBA" has it: threshold 10 mV above reset, rest 11 mV above,
    weights 1.62 and -9 mV, tau 20, 5 and 10 ms, refractory 5 ms; scaled so that the weights are 2 and -11.
    """
    random = np.random.default_rng(1)
    scale = 2 / (1.62 * (1 - math.exp(-1 / 20)))
    excitatory = neurons * 4 // 5
    sizes = {"excitatory": excitatory, "inhibitory": neurons - excitatory}
    params: dict[str, ParameterValue] = {
        "threshold": 10 * scale,
        "alpha_decay": math.exp(-1 / 20),
        "exc_decay": math.exp(-1 / 5),
        "inh_decay": math.exp(-1 / 10),
        "i_offset": 11 * scale * (1 - math.exp(-1 / 20)),
        "t_refrac": 5.0,
        "reset": "reset_to_v_reset",
    }
    populations = tuple(
        Population(
            name, size, "lif_curr_exp", {**params, "v_init": random.uniform(0, 10 * scale, size).astype(np.float32)}
        )
        for name, size in sizes.items()
    )
    projections = tuple(
        Projection(pre, post, _drawn(random, sizes[pre], sizes[post], synapses_per_neuron / neurons, weight))
        for pre, weight in (("excitatory", 2), ("inhibitory", -11))
        for post in sizes
    )
    part = SpikingPart(populations, projections)
    return Workload(ChipNetwork(f"W1 {neurons // 1000}k", part, 1e-3), {}, 1000, chip)


def _drawn(random: np.random.Generator, sources: int, targets: int, probability: float, weight: int) -> SynapseList:
    """Return synapses of which each exists with `probability`, drawn source by source through their number."""
    counts = random.binomial(targets, probability, sources)
    pre = np.repeat(np.arange(sources, dtype=np.int32), counts)
    post = random.integers(0, targets, len(pre), dtype=np.int32)
    return SynapseList(pre, post, np.full(len(pre), weight, np.int8), np.zeros(len(pre), np.uint8))


def dense() -> Workload:
    """Return W2: 784-512-512-10, LIF with a decay of 0.9 and soft reset, input 5 %, every layer at about 5 %."""
    random = np.random.default_rng(2)
    sizes, thresholds = (784, 512, 512, 10), (597.0, 535.5, 553.7)
    populations = [Population("input", sizes[0], "spike_list")]
    projections = []
    for layer, (before, size) in enumerate(pairwise(sizes)):
        params = {"threshold": thresholds[layer], "alpha_decay": 0.9}
        populations.append(Population(f"dense{layer + 1}", size, "lif_no_delay", params))
        weight = np.clip(np.rint(random.normal(0, 42, (before, size))), -127, 127).astype(np.int8)
        projections.append(Projection(populations[-2].name, populations[-1].name, DenseWeights(weight)))
    part = SpikingPart(tuple(populations), tuple(projections), (populations[-1].name,))
    return Workload(ChipNetwork("W2", part), {"input": bernoulli(random, sizes[0], 0.05, 1000)}, 1000, "spinnaker2")


def convolutional() -> Workload:
    """Return W3: 2x64x64, three 3 x 3 convolutions of 16, 32 and 64 channels with sum pooling by 2, dense to 11."""
    random = np.random.default_rng(3)
    populations = [Population("input", 2 * 64 * 64, "spike_list", shape=(2, 64, 64))]
    projections = []
    shape, pool, thresholds = (2, 64, 64), (1, 1), (91.0, 512.4, 955.0)
    for layer, channels in enumerate((16, 32, 64)):
        pooled = (shape[0], shape[1] // pool[0], shape[2] // pool[1])
        target = (channels, *pooled[1:])
        params = {"threshold": thresholds[layer], "alpha_decay": 0.9}
        size = math.prod(target)
        populations.append(Population(f"conv{layer + 1}", size, "lif_conv2d", params, shape=target))
        weight = np.clip(np.rint(random.normal(0, 42, (channels, shape[0], 3, 3))), -127, 127).astype(np.int8)
        kernel = ConvWeights(weight, shape, target, padding=(1, 1, 1, 1), pool=pool)
        projections.append(Projection(populations[-2].name, populations[-1].name, kernel))
        shape, pool = target, (2, 2)
    populations.append(Population("dense", 11, "lif_no_delay", {"threshold": 5302.0, "alpha_decay": 0.9}))
    weight = np.clip(np.rint(random.normal(0, 42, (64 * 8 * 8, 11))), -127, 127).astype(np.int8)
    unpooled = weight.reshape(64, 8, 8, 11).repeat(2, axis=1).repeat(2, axis=2).reshape(-1, 11)
    projections.append(Projection(populations[-2].name, "dense", DenseWeights(unpooled)))
    part = SpikingPart(tuple(populations), tuple(projections), ("dense",))
    return Workload(ChipNetwork("W3", part), {"input": bernoulli(random, 2 * 64 * 64, 0.02, 300)}, 300, "benchmark")


def bernoulli(random: np.random.Generator, neurons: int, probability: float, steps: int) -> SpikeTrain:
    """Return spikes of which each neuron has one in a step with `probability`."""
    step, neuron = np.nonzero(random.random((steps, neurons)) < probability)
    return SpikeTrain(step, neuron.astype(np.int32))


def full_chip(events_per_s: float) -> Workload:
    """Return all 152 PEs with 1,024 neurons each, at that many synaptic events per second of chip time.

    Each PE sends to the next, 20 synapses a neuron, which is what the memory of a PE holds beside the neurons. A
    constant current sets the rate; weights are small against the threshold and cancel on average.
    """
    random = np.random.default_rng(4)
    pes, neurons, fan_out, threshold, tick_s = 152, 1024, 20, 1000.0, 1e-3
    rate = events_per_s * tick_s / (pes * neurons * fan_out)
    populations = tuple(
        Population(
            f"pe{index}",
            neurons,
            "lif_no_delay",
            {
                "threshold": threshold,
                "i_offset": rate * threshold,
                "v_init": random.uniform(0, threshold, neurons).astype(np.float32),
            },
        )
        for index in range(pes)
    )
    projections = []
    for index, population in enumerate(populations):
        pre = np.repeat(np.arange(neurons, dtype=np.int32), fan_out)
        post = random.integers(0, neurons, len(pre), dtype=np.int32)
        weight = (random.integers(1, 16, len(pre)) * random.choice([-1, 1], len(pre))).astype(np.int8)
        synapses = SynapseList(pre, post, weight, np.zeros(len(pre), np.uint8))
        projections.append(Projection(population.name, populations[(index + 1) % pes].name, synapses))
    part = SpikingPart(populations, tuple(projections))
    return Workload(ChipNetwork("full chip", part, tick_s), {}, 200, str(Path(__file__).parent / "anchor_sparse.yaml"))


WORKLOADS: Mapping[str, Callable[[], Workload]] = {
    "W1 4k": lambda: balanced(4000, 80, "spinnaker2"),
    "W1 40k": lambda: balanced(40000, 200, "benchmark"),
    "W2": dense,
    "W3": convolutional,
    "chip 0.3 G": lambda: full_chip(0.3e9),
    "chip 1 G": lambda: full_chip(1e9),
    "chip 1.8 G": lambda: full_chip(1.8e9),
}
