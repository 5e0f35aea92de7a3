from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.analysis.float_synapses import DenseSynapses, FloatSynapses, KernelSynapses, ListedSynapses
from s2studio.snn.connectivity import ConvWeights

SOURCES, TARGETS = 2 * 5 * 6, 3 * 4 * 2


def dense(random: np.random.Generator) -> DenseSynapses:
    return DenseSynapses(random.normal(size=(SOURCES, TARGETS)), 2)


def listed(random: np.random.Generator) -> ListedSynapses:
    pre, post = random.integers(0, SOURCES, 300), random.integers(0, TARGETS, 300)
    return ListedSynapses.of(SOURCES, pre, post, random.normal(size=300), random.integers(0, 4, 300))


def kernel(random: np.random.Generator) -> KernelSynapses:
    weight = random.normal(size=(3, 2, 2, 3))
    shape = ConvWeights(np.zeros(0, np.int8), (2, 5, 6), (3, 4, 2), (1, 2), (2, 1, 1, 1), (2, 2))
    return KernelSynapses(weight, shape)


@pytest.mark.parametrize("make", [dense, listed, kernel])
@given(seed=st.integers(0, 1000), tick=st.integers(1, 20))
def test_that_what_is_delivered_is_the_sum_over_the_synapses_into_each_neuron(
    make: type[FloatSynapses], seed: int, tick: int
) -> None:
    random = np.random.default_rng(seed)
    synapses = make(random)  # type: ignore[call-arg, arg-type]
    spikes = random.random((2, SOURCES)) < 0.2
    ring = np.zeros((synapses.longest_delay + 1, 2, TARGETS))
    synapses.deliver(spikes, tick, ring)

    expected = np.zeros_like(ring)
    for neuron in range(TARGETS):
        into = synapses.into(neuron)
        for sample in range(2):
            slot = (tick + into.delay) % len(ring)
            np.add.at(expected[:, sample, neuron], slot, into.weight * spikes[sample, into.pre])
    np.testing.assert_allclose(ring, expected, atol=1e-12)
