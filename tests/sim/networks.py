"""Random networks of every model and kind of connectivity, with random weights, delays, parameters and stimulus."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from s2studio.network.stimulus.spikes import SpikeTrain
from s2studio.snn.connectivity import Connectivity, DenseWeights, SynapseList
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from tests.mapping.networks import convolutions

LIF_FAMILY = ("lif", "lif_no_delay", "lif_curr_exp", "lif_curr_exp_no_delay")
RESETS = ("reset_by_subtraction", "reset_to_v_reset")


def neuron_params(random: np.random.Generator, model: str, size: int) -> dict[str, Any]:
    """Return parameters that make neurons fire now and then, one value per neuron or the same for all."""

    def some(low: float, high: float) -> Any:
        values = random.uniform(low, high, size).astype(np.float32)
        return values if random.random() < 0.5 else float(values[0])

    params = {
        "threshold": some(2, 30),
        "alpha_decay": some(0, 1),
        "i_offset": some(-1, 3),
        "v_init": some(-5, 5),
        "v_reset": some(-3, 1),
        "reset": RESETS[random.integers(2)],
    }
    if model.startswith("lif_curr_exp"):
        refractory = random.integers(0, 4, size).astype(np.float32)
        params |= {"exc_decay": some(0, 1), "inh_decay": some(0, 1), "t_refrac": refractory}
    return params


def random_synapses(random: np.random.Generator, pre: int, post: int, weight: int, delay: int) -> Connectivity:
    """Return a list with repeats or a matrix, weights up to `weight` and delay fields up to `delay`."""
    if random.random() < 0.4:
        matrix = random.integers(-weight, weight + 1, (pre, post)) * (random.random((pre, post)) < 0.6)
        return DenseWeights(matrix.astype(np.int8), int(random.integers(delay + 1)))
    count = int(random.integers(0, 3 * max(pre, post)))
    delays = random.integers(0, delay + 1, count) if random.random() < 0.7 else np.full(count, delay)
    return SynapseList(
        random.integers(0, pre, count).astype(np.int32),
        random.integers(0, post, count).astype(np.int32),
        random.integers(-weight, weight + 1, count).astype(np.int8),
        delays.astype(np.uint8),
    )


@st.composite
def running_networks(draw: st.DrawFn) -> ChipNetwork:
    """Draw input -> convolution -> two recurrent populations -> relay, with a Poisson source beside them."""
    kernel = draw(convolutions())
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    kernel = replace(kernel, weight=random.integers(-20, 21, kernel.weight.shape).astype(np.int8))
    sizes = {"a": int(random.integers(1, 90)), "b": int(random.integers(1, 40))}
    models = {name: draw(st.sampled_from(LIF_FAMILY)) for name in sizes}
    image = int(np.prod(kernel.target_shape))
    populations = [
        Population("input", int(np.prod(kernel.source_shape)), "spike_list"),
        Population("image", image, "lif_conv2d", neuron_params(random, "lif_conv2d", image), shape=kernel.target_shape),
        *(
            Population(name, size, models[name], neuron_params(random, models[name], size))
            for name, size in sizes.items()
        ),
        Population("noise", 6, "poisson_process", {"p": 0.3, "seed": 5.0}),
        Population("copy", 4, "relay"),
    ]
    known = {population.name: population for population in populations}
    joined = (("image", "a"), ("a", "a"), ("a", "b"), ("b", "a"), ("noise", "b"), ("a", "copy"), ("copy", "b"))
    projections: list[Projection] = [Projection("input", "image", kernel)]
    for pre, post in joined:
        with_delays = known[post].model in ("lif", "lif_curr_exp")
        weight, delay = (15, 7) if with_delays else (127, 0)
        projections.append(
            Projection(pre, post, random_synapses(random, known[pre].size, known[post].size, weight, delay))
        )
    random.shuffle(projections)
    return ChipNetwork("random", SpikingPart(tuple(populations), tuple(projections), ("copy",)))


def random_stimulus(seed: int, size: int, steps: int) -> dict[str, SpikeTrain]:
    """Return spikes for `input`, each neuron in a fifth of the steps."""
    step, neuron = np.nonzero(np.random.default_rng(seed).random((steps, size)) < 0.2)
    return {"input": SpikeTrain(step, neuron.astype(np.int32))}
