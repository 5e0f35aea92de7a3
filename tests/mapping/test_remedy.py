"""Advice with a number is taken: following it makes the network fit, and a little more does not."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from s2studio.chip.machine import Machine
from s2studio.errors import MappingError
from s2studio.mapping.map import map_network, pes_needed
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.snn.connectivity import ConvWeights, SynapseList
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import all_to_all, chain, image_network

ONE_STEP = Demand(1)


def remedy(network: ChipNetwork, machine: Machine, demand: Demand = ONE_STEP, **neurons_per_pe: int) -> str:
    with pytest.raises(MappingError) as refused:
        map_network(network, machine, MappingOptions(neurons_per_pe=neurons_per_pe), demand)
    return refused.value.violations[0].remedy


def number_in(text: str) -> int:
    (number,) = re.findall(r"[\d,]*\d", text)
    return int(number.replace(",", ""))


def fits(network: ChipNetwork, machine: Machine, demand: Demand = ONE_STEP, **neurons_per_pe: int) -> bool:
    try:
        map_network(network, machine, MappingOptions(neurons_per_pe=neurons_per_pe), demand)
    except MappingError:
        return False
    return True


@pytest.mark.parametrize("sources", [800, 1_400, 2_000])
def test_that_the_advised_neurons_per_pe_fit_and_one_slice_less_does_not(machine: Machine, sources: int) -> None:
    network = all_to_all(sources, 210)
    advised = number_in(remedy(network, machine, hidden=210))
    slices = -(-210 // advised)

    assert fits(network, machine, hidden=advised)
    assert not fits(network, machine, hidden=-(-210 // (slices - 1)))


def test_that_an_image_is_advised_a_number_of_neurons_that_it_can_be_cut_into(machine: Machine) -> None:
    small = replace(machine, spec=replace(machine.spec, memory=replace(machine.spec.memory, data_bytes=14_000)))
    network = image_network((4, 8, 8))
    advised = number_in(remedy(network, small, image=256))

    assert advised % 64 == 0 or (64 % advised == 0 and advised % 8 == 0)
    assert fits(network, small, image=advised)


def test_that_a_single_neuron_that_records_too_long_is_told_how_many_steps_fit(machine: Machine) -> None:
    network, demand = all_to_all(1, 1), Demand(50_000, {"hidden": frozenset({"v"})})
    text = remedy(network, machine, demand)
    steps = number_in(text)

    assert text.startswith("record fewer variables or run at most")
    assert fits(network, machine, replace(demand, steps=steps))
    assert not fits(network, machine, replace(demand, steps=steps + 1))


def test_that_a_neuron_with_too_many_stimulus_spikes_is_told_how_many_fit(machine: Machine) -> None:
    network = all_to_all(1, 1)
    text = remedy(network, machine, Demand(1, stored_spikes={"input": np.array([50_000])}))
    most = number_in(text)

    assert text.startswith("present the stimulus in several runs")
    assert fits(network, machine, Demand(1, stored_spikes={"input": np.array([most])}))
    assert not fits(network, machine, Demand(1, stored_spikes={"input": np.array([most + 1])}))


def test_that_a_neuron_with_too_many_sources_is_told_how_many_fit(machine: Machine) -> None:
    def network(sources: int) -> ChipNetwork:
        every = np.arange(sources, dtype=np.int32)
        return chain(5_000, 1, SynapseList(every, 0 * every, np.ones(sources, np.int8), np.zeros(sources, np.uint8)))

    most = number_in(remedy(network(5_000), machine))

    assert fits(network(most), machine)
    assert not fits(network(most + 1), machine)


def test_that_a_kernel_too_large_for_a_pe_is_told_how_much_fits(machine: Machine) -> None:
    def network(channels: int) -> ChipNetwork:
        kernel = ConvWeights(np.ones((1, channels, 17, 17), np.int8), (channels, 17, 17), (1, 1, 1))
        chain_of = chain(channels * 289, 1, kernel, "lif_conv2d")
        source, hidden = chain_of.spiking.populations
        populations = (replace(source, shape=(channels, 17, 17)), replace(hidden, shape=(1, 1, 1)))
        return replace(chain_of, spiking=replace(chain_of.spiking, populations=populations))

    roomy = replace(machine, spec=replace(machine.spec, router_entries=10**6))
    with pytest.raises(MappingError) as refused:
        pes_needed(network(320), roomy, MappingOptions(), Demand(1))
    text = refused.value.violations[0].remedy

    assert text.startswith("use a smaller kernel: a PE has room for ")
    assert 80_000 < number_in(text.replace(" of a channel", "")) < 98_304


def test_that_too_many_pes_because_of_the_users_wish_is_told_what_the_mapper_would_take(machine: Machine) -> None:
    network = all_to_all(10, 1_000)
    text = remedy(network, machine, hidden=2)

    assert (
        text
        == f"leave neurons_per_pe to the mapper: {pes_needed(network, machine, MappingOptions(), Demand(1))} PEs then"
    )


def test_that_too_many_pes_because_of_recording_is_told_what_the_rest_takes(machine: Machine) -> None:
    network, demand = all_to_all(10, 2_000), Demand(1_500, {"hidden": frozenset({"v"})})
    text = remedy(network, machine, demand)

    silent = pes_needed(network, machine, MappingOptions(), Demand(1_500))
    assert text == f"record fewer variables: without any {silent} PEs are needed"


def test_that_a_network_larger_than_the_chip_is_told_its_largest_population(machine: Machine) -> None:
    text = remedy(all_to_all(10, 40_000), machine)

    assert text == "make the network smaller: population 'hidden' alone takes 160 PEs"
