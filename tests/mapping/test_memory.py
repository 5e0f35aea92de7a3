"""Every region of every slice against the table of chip.md, counted neuron by neuron."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.machine import Machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import REGIONS, ChipMapping, Demand, MappingOptions
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import all_to_all, demands, few_slices, networks, placed_synapses

TABLE = {
    # model: ring, input buffers, state and params per neuron, per synapse
    "lif_curr_exp": (16_384, 2_048, 8, 36, 2),
    "lif": (16_384, 1_024, 8, 24, 2),
    "lif_curr_exp_no_delay": (2_048, 2_048, 8, 36, 2),
    "lif_no_delay": (2_048, 1_024, 8, 24, 2),
    "lif_conv2d": (0, 0, 8, 24, 0),
    "spike_list": (0, 0, 4, 0, 0),
    "poisson_process": (0, 0, 8, 8, 0),
    "relay": (0, 0, 8, 8, 0),
}


def recorded_words(variables: frozenset[str], size: int, steps: int) -> int:
    each_step = {"spikes": math.ceil(size / 32) + 2, "v": 1 + size, "time_done": 1, "n_packets": 1}
    once = 1 + size if "v_last" in variables else 0
    return once + steps * sum(words for variable, words in each_step.items() if variable in variables)


def counted_bytes(network: ChipNetwork, mapping: ChipMapping, demand: Demand) -> list[dict[str, int]]:
    placed = placed_synapses(network, mapping)
    connectivities = [projection.connectivity for projection in network.spiking.projections]
    models = {population.name: population.model for population in network.spiking.populations}
    qpes: dict[int, set[tuple[int, int]]] = {index: set() for index in range(len(mapping.slices))}
    for target, synapses in placed.items():
        for _, _, source in synapses:
            qpes[source].add(mapping.slices[target].pe.cell)

    expected = []
    for index, piece in enumerate(mapping.slices):
        ring, buffers, state, params, synapse = TABLE[models[piece.population]]
        size, is_conv = piece.stop - piece.start, models[piece.population] == "lif_conv2d"
        rows, conv_sources, stored = set(), set(), 0
        for projection, (pre, _), source in placed[index]:
            if isinstance(connectivities[projection], ConvWeights):
                conv_sources.add((projection, source))
            else:
                rows.add((projection, pre))
                stored += synapse
        for projection, kernel in enumerate(connectivities):
            if isinstance(kernel, ConvWeights) and network.spiking.projections[projection].post == piece.population:
                _, height, width = kernel.target_shape
                channels = {neuron // (height * width) for neuron in range(piece.start, piece.stop)}
                stored += len(channels) * int(np.prod(kernel.weight.shape[1:]))
        if models[piece.population] == "spike_list":
            stored += 4 * int(demand.stored_spikes[piece.population][piece.start : piece.stop].sum())
        expected.append(
            {
                "ring": 4 * size if is_conv else ring,
                "input_buffers": buffers,
                "state": state * size,
                "params": params * size,
                "pop_table": 12 * (len(rows) + len(conv_sources)),
                "synapses": 12 * len(rows) + stored,
                "record": 4 * recorded_words(demand.record[piece.population], size, demand.steps),
                "routing": 12 + 4 * len(qpes[index]),
                "log": 4_000,
                "fifo": 513 * 4,
                "stack": 4_096,
            }
        )
    return expected


@given(data=st.data(), network=networks())
def test_that_each_region_holds_what_is_counted_neuron_by_neuron(
    machine: Machine, data: st.DataObject, network: ChipNetwork
) -> None:
    demand, wishes = data.draw(demands(network)), data.draw(few_slices(network))
    mapping = map_network(network, machine, MappingOptions(neurons_per_pe=wishes), demand)

    assert [dict(piece.bytes) for piece in mapping.slices] == counted_bytes(network, mapping, demand)


def test_that_a_slice_lists_every_region_and_fits_the_data_memory(machine: Machine) -> None:
    network = all_to_all(1_000, 1_000)
    mapping = map_network(network, machine, MappingOptions(), Demand(10))

    assert all(tuple(piece.bytes) == REGIONS for piece in mapping.slices)
    assert all(sum(piece.bytes.values()) <= 98_304 for piece in mapping.slices)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"spikes"}, 100 * (4 + 2)),
        ({"v"}, 100 * (1 + 100)),
        ({"v_last"}, 1 + 100),
        ({"time_done"}, 100),
        ({"n_packets"}, 100),
        ({"spikes", "v_last", "time_done"}, 100 * 7 + 101),
        (set(), 0),
    ],
)
def test_that_recording_100_neurons_for_100_steps_takes_the_words_of_the_table(
    machine: Machine, variables: set[str], words: int
) -> None:
    network = all_to_all(1, 100)
    demand = Demand(100, {"hidden": frozenset(variables)})
    mapping = map_network(network, machine, MappingOptions(), demand)

    assert mapping.slices[1].bytes["record"] == 4 * words


def test_that_spikes_of_a_stimulus_are_stored_with_their_neurons(machine: Machine) -> None:
    network = all_to_all(4, 1)
    demand = Demand(10, stored_spikes={"input": np.array([5, 0, 7, 1])})
    mapping = map_network(network, machine, MappingOptions(neurons_per_pe={"input": 2}), demand)

    assert [piece.bytes["synapses"] for piece in mapping.slices[:2]] == [4 * 5, 4 * 8]
