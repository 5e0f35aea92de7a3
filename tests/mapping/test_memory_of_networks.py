"""Mapping, compiling and counting again need at most 8 bytes for each synapse of a list, at their peak."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.sim.program import compile_program
from s2studio.sim.recount import Recount
from s2studio.snn.connectivity import SynapseList
from s2studio.snn.digest import network_digest
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from s2studio.snn.validate import validate

NEURONS, SYNAPSES, MOST_BYTES = 20_000, 4_000_000, 8
SPEC = load_chip("benchmark")


@pytest.fixture(scope="module")
def network() -> ChipNetwork:
    random = np.random.default_rng(0)
    pre, post = (random.integers(0, NEURONS, SYNAPSES, dtype=np.int32) for _ in range(2))
    weight = random.integers(1, 16, SYNAPSES, dtype=np.int8)
    synapses = SynapseList(pre, post, weight, np.zeros(SYNAPSES, np.uint8))
    populations = (Population("neurons", NEURONS, "lif_curr_exp"),)
    return ChipNetwork("large", SpikingPart(populations, (Projection("neurons", "neurons", synapses),)))


def test_that_no_step_needs_more_than_8_bytes_for_each_synapse(network: ChipNetwork) -> None:
    machine, options = make_machine(SPEC), MappingOptions()
    mapping = map_network(network, machine, options, Demand(10))
    steps: dict[str, Callable[[], object]] = {
        "validate": lambda: validate(network, SPEC),
        "digest": lambda: network_digest(network),
        "map": lambda: map_network(network, machine, options, Demand(10)),
        "compile": lambda: compile_program(network, mapping, SPEC),
        "recount": lambda: Recount.of(network, mapping, SPEC),
    }
    needed = {name: _peak_bytes(step) / SYNAPSES for name, step in steps.items()}

    assert {name: each for name, each in needed.items() if each > MOST_BYTES} == {}, needed


def _peak_bytes(step: Callable[[], object]) -> int:
    step()  # loads and compiles kernels, which take memory of their own once
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
