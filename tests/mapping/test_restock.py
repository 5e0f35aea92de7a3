"""A mapping for another stimulus is the one that mapping anew would give, or there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.mapping.memory import MemoryModel
from s2studio.mapping.restock import restock
from s2studio.snn.connectivity import SynapseList
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

MACHINE = make_machine(load_chip("spinnaker2"), None)
SIZE = 150
PART = SpikingPart(
    (Population("in", SIZE, "spike_list"), Population("out", 40, "lif", record=frozenset({"spikes"}))),
    (
        Projection(
            "in",
            "out",
            SynapseList(
                np.arange(SIZE, dtype=np.int32),
                np.arange(SIZE, dtype=np.int32) % 40,
                np.ones(SIZE, np.int8),
                np.zeros(SIZE, np.uint8),
            ),
        ),
    ),
)
NETWORK = ChipNetwork("net", PART)


def _demand(spikes: int, steps: int = 500) -> Demand:
    return Demand(steps, {"out": frozenset({"spikes"})}, {"in": np.full(SIZE, spikes, np.int64)})


@given(st.integers(0, 400), st.integers(0, 400), st.integers(1, 5000), st.integers(1, 5000))
def test_that_a_restocked_mapping_is_the_one_that_mapping_anew_gives(
    before: int, after: int, steps_before: int, steps_after: int
) -> None:
    mapping = map_network(NETWORK, MACHINE, MappingOptions(), _demand(before, steps_before))
    anew = map_network(NETWORK, MACHINE, MappingOptions(), _demand(after, steps_after))

    restocked = restock(mapping, MemoryModel(PART, MACHINE, _demand(after, steps_after)))

    if restocked is None:
        assert [piece.stop for piece in anew.slices] != [piece.stop for piece in mapping.slices]
    else:
        assert restocked == anew


def test_that_neurons_per_pe_which_were_asked_for_stay_until_they_do_not_fit() -> None:
    options = MappingOptions(neurons_per_pe={"in": SIZE})
    mapping = map_network(NETWORK, MACHINE, options, _demand(10))

    memory = MemoryModel(PART, MACHINE, mapping.demand)
    few = restock(mapping, memory.with_demand(_demand(20)))

    assert few is not None
    assert few.slices[0].bytes["synapses"] == 2 * mapping.slices[0].bytes["synapses"]
    assert replace(few, demand=mapping.demand, slices=mapping.slices) == mapping
    assert restock(mapping, memory.with_demand(_demand(400))) is None
    assert restock(mapping, memory) is mapping
