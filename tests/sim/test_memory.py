from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.sim.program import Program, compile_program
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

SPEC = load_chip("benchmark")
RANDOM = np.random.default_rng(1)


def compiled(connectivity: Connectivity, pre: Population, post: Population) -> tuple[Program, int]:
    """Return the program of two populations and the most memory that compiling it took, in bytes."""
    part = SpikingPart((pre, post), (Projection("input", "neurons", connectivity),))
    network = ChipNetwork("two", part)
    mapping = map_network(network, make_machine(SPEC), MappingOptions(), Demand(10))
    compile_program(network, mapping, SPEC)  # so that loading compiled code is not counted
    tracemalloc.start()
    try:
        program = compile_program(network, mapping, SPEC)
        return program, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("longest", [0, 7])
def test_that_a_list_takes_at_most_8_bytes_for_a_synapse_while_it_is_compiled(longest: int) -> None:
    synapses, neurons = 800_000, 2000
    lists = SynapseList(
        RANDOM.integers(0, neurons, synapses, dtype=np.int32),
        RANDOM.integers(0, neurons, synapses, dtype=np.int32),
        RANDOM.integers(-15, 16, synapses, dtype=np.int8),
        RANDOM.integers(0, longest + 1, synapses, dtype=np.uint8),
    )
    neuron = Population("neurons", neurons, "lif_curr_exp")
    program, most = compiled(lists, Population("input", neurons, "spike_list"), neuron)

    assert most <= 8 * synapses
    assert sum(array.nbytes for array in program.rows) <= 5 * synapses


def test_that_a_matrix_takes_at_most_1_byte_for_a_weight_but_for_tables_by_neuron() -> None:
    inputs, neurons = 4096, 2048
    matrix = DenseWeights(RANDOM.integers(-127, 128, (inputs, neurons), dtype=np.int8))
    program, most = compiled(
        matrix, Population("input", inputs, "spike_list"), Population("neurons", neurons, "lif_no_delay")
    )

    assert program.rows.dense.nbytes == matrix.weight.nbytes
    assert most <= 1.25 * matrix.weight.nbytes


def test_that_a_convolution_takes_its_kernel_and_a_place_for_each_pixel() -> None:
    kernel = ConvWeights(RANDOM.integers(-9, 10, (32, 16, 3, 3), dtype=np.int8), (16, 32, 32), (32, 30, 30))
    pre = Population("input", 16 * 32 * 32, "spike_list", shape=(16, 32, 32))
    post = Population("neurons", 32 * 30 * 30, "lif_conv2d", shape=(32, 30, 30))
    program, _ = compiled(kernel, pre, post)

    assert program.rows.dense.nbytes == kernel.weight.nbytes
    assert program.rows.places.shape == (32 * 32, 4)
    assert program.rows.events.nbytes <= 32 * 32 * 32
