from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.mapping.memory import MemoryModel
from s2studio.mapping.partition import Piece, cut, cuts_of, fits, largest_fit, partition, pieces_of
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import all_to_all, demands, few_slices, image_network, networks


def sizes(network: ChipNetwork, machine: Machine, name: str, **options: int) -> list[int]:
    memory = MemoryModel(network.spiking, machine, Demand(1))
    bounds = partition(memory, MappingOptions(neurons_per_pe=options))[name]
    found: list[int] = np.diff(bounds).tolist()
    return found


def image_bounds(target: tuple[int, int, int], most: int) -> list[int]:
    part = image_network(target).spiking
    bounds: list[int] = cut(part, part.population("image"), most).tolist()
    return bounds


def test_that_a_population_that_fits_stays_whole(machine: Machine) -> None:
    assert sizes(all_to_all(1, 250), machine, "hidden") == [250]


def test_that_a_population_larger_than_one_pe_is_split_evenly(machine: Machine) -> None:
    assert sizes(all_to_all(1, 251), machine, "hidden") == [125, 126]
    assert sizes(all_to_all(1, 1_001), machine, "hidden") == [200, 200, 200, 200, 201]


def test_that_what_the_user_asks_for_is_obeyed(machine: Machine) -> None:
    assert sizes(all_to_all(1, 100), machine, "hidden", hidden=30) == [25, 25, 25, 25]
    assert sizes(all_to_all(1, 300), machine, "hidden", hidden=300) == [300]


def test_that_the_networks_own_wish_is_obeyed_unless_the_user_has_another(machine: Machine) -> None:
    network = all_to_all(1, 100)
    source, hidden = network.spiking.populations
    wishing = replace(network.spiking, populations=(source, replace(hidden, neurons_per_pe=50)))
    network = replace(network, spiking=wishing)

    assert sizes(network, machine, "hidden") == [50, 50]
    assert sizes(network, machine, "hidden", hidden=20) == [20] * 5


@pytest.mark.parametrize("sources", [900, 1_500, 2_100])
def test_that_slices_are_as_large_as_memory_allows(machine: Machine, sources: int) -> None:
    # lif: ring, input buffers, log, fifo, stack, routing of a slice without targets; then 32 B per neuron, 24 B per
    # source and 2 B per synapse.
    fixed = 16_384 + 1_024 + 4_000 + 513 * 4 + 4_096 + 12
    most = (98_304 - fixed - 24 * sources) // (32 + 2 * sources)

    found = sizes(all_to_all(sources, 500), machine, "hidden")

    assert max(found) <= most
    assert len(found) == -(-500 // most)


def test_that_recording_leaves_room_for_exactly_as_many_neurons_as_memory_allows(machine: Machine) -> None:
    part = all_to_all(1, 25_000).spiking
    fixed = 16_384 + 1_024 + 4_000 + 513 * 4 + 4_096 + 12 + 24
    for steps in range(100, 400):
        memory = MemoryModel(part, machine, Demand(steps, {"hidden": frozenset({"v"})}))
        most = (98_304 - fixed - 4 * steps) // (32 + 2 + 4 * steps)

        assert len(partition(memory, MappingOptions())["hidden"]) - 1 == -(-25_000 // min(most, 250))


def test_that_a_population_that_fits_no_pe_stays_at_its_default(machine: Machine) -> None:
    assert sizes(all_to_all(4_000, 300), machine, "hidden") == [150, 150]


def test_that_an_image_is_cut_at_whole_channels_where_one_fits() -> None:
    assert image_bounds((8, 10, 10), 256) == [0, 200, 400, 600, 800]
    assert image_bounds((3, 10, 10), 256) == [0, 100, 300]
    assert image_bounds((2, 16, 16), 256) == [0, 256, 512]


def test_that_an_image_with_large_channels_is_cut_at_whole_rows_within_each_channel() -> None:
    assert image_bounds((2, 20, 20), 256) == [0, 200, 400, 600, 800]
    assert image_bounds((1, 5, 100), 256) == [0, 100, 300, 500]


def test_that_an_image_with_long_rows_is_cut_within_each_row() -> None:
    assert image_bounds((1, 2, 300), 256) == [0, 150, 300, 450, 600]


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 30), st.integers(1, 30)),
    most=st.integers(1, 256),
)
def test_that_no_slice_of_an_image_holds_parts_of_two_channels(shape: tuple[int, int, int], most: int) -> None:
    bounds, (channels, height, width) = image_bounds(shape, most), shape
    pixels = height * width
    assert (bounds[0], bounds[-1]) == (0, channels * pixels)
    for start, stop in pairwise(bounds):
        assert 0 < stop - start <= most
        whole_channels = start % pixels == stop % pixels == 0
        whole_rows = start % width == stop % width == 0
        same_channel, same_row = start // pixels == (stop - 1) // pixels, start // width == (stop - 1) // width
        assert whole_channels or (same_channel and (whole_rows or same_row))


@given(data=st.data(), network=networks())
def test_that_a_partition_covers_every_neuron_once(machine: Machine, data: st.DataObject, network: ChipNetwork) -> None:
    memory = MemoryModel(network.spiking, machine, data.draw(demands(network)))
    wishes = data.draw(few_slices(network))
    cuts = partition(memory, MappingOptions(neurons_per_pe=wishes))

    assert list(cuts) == [population.name for population in network.spiking.populations]
    for population in network.spiking.populations:
        covered = [
            neuron for piece in pieces_of(cuts) if piece.population == population.name for neuron in neurons(piece)
        ]
        assert covered == list(range(population.size))
        assert np.diff(cuts[population.name]).max() <= wishes.get(population.name, 256)


@given(network=networks(), spare=st.integers(0, 6_000))
def test_that_the_largest_fit_fits_and_one_neuron_more_does_not(
    machine: Machine, network: ChipNetwork, spare: int
) -> None:
    small = replace(machine.spec, memory=replace(machine.spec.memory, data_bytes=28_000 + spare))
    memory = MemoryModel(network.spiking, replace(machine, spec=small), Demand(1))
    cuts = {name: np.array([0, population.size]) for name, population in memory.populations.items()}
    for name, population in memory.populations.items():
        largest = largest_fit(memory, name, cuts, population.size)
        if largest is None:
            assert not fits(memory, name, cuts, 1)
        else:
            assert fits(memory, name, cuts, largest)
            assert largest == population.size or not fits(memory, name, cuts, largest + 1)


@given(network=networks(), spare=st.integers(0, 6_000))
def test_that_slices_fit_wherever_they_are_placed(machine: Machine, network: ChipNetwork, spare: int) -> None:
    small = replace(machine.spec, memory=replace(machine.spec.memory, data_bytes=28_000 + spare))
    memory = MemoryModel(network.spiking, replace(machine, spec=small), Demand(1))
    cuts = partition(memory, MappingOptions())
    for name in cuts:
        total = np.sum(list(memory.regions(name, cuts).values()), axis=0)
        assert total.max() <= small.memory.data_bytes or largest_fit(memory, name, cuts, 250) is None


@given(network=networks())
def test_that_cuts_come_back_from_their_pieces(machine: Machine, network: ChipNetwork) -> None:
    cuts = partition(MemoryModel(network.spiking, machine, Demand(1)), MappingOptions())
    again = cuts_of(network.spiking, pieces_of(cuts))

    assert {name: bounds.tolist() for name, bounds in again.items()} == {n: b.tolist() for n, b in cuts.items()}


def neurons(piece: Piece) -> range:
    return range(piece.start, piece.stop)
