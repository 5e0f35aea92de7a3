"""Counts that follow from spikes are those that the engine counted while it made them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s2studio.sim.counts import SpikeTable
from s2studio.sim.recount import Recount
from s2studio.snn.network import ChipNetwork
from tests.sim.networks import random_stimulus, running_networks
from tests.sim.test_lockstep import SPEC, STEPS, mapped, simulator


@given(network=running_networks(), seed=st.integers(0, 99), per_pe=st.integers(3, 12), start=st.integers(0, STEPS))
def test_that_counts_are_those_of_the_engine(network: ChipNetwork, seed: int, per_pe: int, start: int) -> None:
    size = network.spiking.populations[0].size
    stimuli = [random_stimulus(seed + sample, size, STEPS) for sample in range(2)]
    block = simulator(network, seed, 2, per_pe).advance(STEPS, stimuli)
    spikes, stop = block.spikes, max(start, STEPS - 2)
    here = (spikes.tick >= start - 1) & (spikes.tick < stop)
    part = SpikeTable(spikes.sample[here], spikes.tick[here], spikes.population[here], spikes.neuron[here])

    found = Recount.of(network, mapped(network, per_pe), SPEC).counts(part, 2, start, stop)

    for name in ("packets", "synaptic_events", "spikes"):
        np.testing.assert_array_equal(getattr(found, name), getattr(block.counts, name)[:, start:stop], err_msg=name)
    np.testing.assert_array_equal(found.updates, block.counts.updates)
    np.testing.assert_array_equal(found.recorded_bytes, block.counts.recorded_bytes)
