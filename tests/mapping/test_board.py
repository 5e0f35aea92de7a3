from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE, Machine
from s2studio.mapping.board import board_class
from s2studio.mapping.edit import Editor
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from tests.mapping.networks import all_to_all

NETWORK = all_to_all(60, 90)


def mapped(machine: Machine, options: MappingOptions, network: ChipNetwork = NETWORK) -> ChipMapping:
    return map_network(network, machine, options, Demand(1))


@settings(max_examples=20)
@given(sizes=st.tuples(st.integers(2, 60), st.integers(1, 90)))
def test_that_what_sequential_places_is_board_expressible(sizes: tuple[int, int], machine: Machine) -> None:
    per_pe = dict(zip(("input", "hidden"), sizes, strict=True))
    mapping = mapped(machine, MappingOptions(neurons_per_pe=per_pe))
    found = board_class(mapping, machine, NETWORK.spiking)

    assert (found.expressible, found.moved, found.reasons) == (True, (), ())
    assert found.order == ("input", "hidden")
    again = mapped(machine, MappingOptions(neurons_per_pe=found.neurons_per_pe))
    assert again.slices == mapping.slices


def test_that_images_cut_at_channels_are_board_expressible(machine: Machine) -> None:
    weight = np.ones((8, 1, 3, 3), np.int8)
    kernel = ConvWeights(weight, (1, 10, 10), (8, 8, 8))
    image = Population("image", 100, "spike_list", shape=(1, 10, 10))
    conv = Population("conv", 512, "lif_conv2d", shape=(8, 8, 8))
    part = SpikingPart((image, conv), (Projection("image", "conv", kernel),))
    network = ChipNetwork("conv", part)
    mapping = mapped(machine, MappingOptions(neurons_per_pe={"conv": 200}), network)

    assert [piece.size for piece in mapping.slices] == [100, 128, 192, 192]
    assert board_class(mapping, machine, part).expressible


def test_that_another_order_of_net_add_is_found(machine: Machine) -> None:
    options = MappingOptions(neurons_per_pe={"input": 30, "hidden": 45})
    mapping = mapped(machine, options)
    pes = [piece.pe for piece in mapping.slices]
    slices = tuple(replace(piece, pe=pe) for piece, pe in zip(mapping.slices, pes[2:] + pes[:2], strict=True))
    found = board_class(replace(mapping, slices=slices), machine, NETWORK.spiking)

    assert (found.expressible, found.order) == (True, ("hidden", "input"))


def test_that_a_slice_moved_by_hand_is_named_with_its_pe_on_the_board(machine: Machine) -> None:
    mapping = mapped(machine, MappingOptions(neurons_per_pe={"input": 30, "hidden": 45}))
    moved = Editor(NETWORK, machine).move(mapping, 2, PE(0, 0, 1, 1, 0))
    assert isinstance(moved, ChipMapping)
    found = board_class(moved, machine, NETWORK.spiking)

    assert not found.expressible
    (row,) = found.moved
    assert (row.slice, row.start, row.stop) == ("hidden[0]", 0, 45)
    assert (row.pe, row.board_pe) == ("PE(1, 1, 0)", str(mapping.slices[2].pe))
    assert "1 of 4 slices" in found.reasons[0]


def test_that_slices_that_no_number_of_neurons_per_pe_cuts_are_named(machine: Machine) -> None:
    mapping = mapped(machine, MappingOptions())
    split = Editor(NETWORK, machine).split(mapping, 1, at=10)
    assert isinstance(split, ChipMapping)
    found = board_class(split, machine, NETWORK.spiking)

    assert not found.expressible
    assert "'hidden'" in found.reasons[0]
    assert {row.slice for row in found.moved} == {"hidden[0]", "hidden[1]"}


@pytest.mark.parametrize("runtime", ["dnn-scheduler", "custom"])
def test_that_another_runtime_is_simulation_only(runtime: str) -> None:
    machine = make_machine(load_chip(), runtime)
    found = board_class(mapped(machine, MappingOptions()), machine, NETWORK.spiking)

    assert not found.expressible
    assert runtime in found.reasons[0]
    assert found.moved == ()


def test_that_a_chip_made_up_is_simulation_only() -> None:
    machine = make_machine(load_chip("benchmark"))
    found = board_class(mapped(machine, MappingOptions()), machine, NETWORK.spiking)

    assert not found.expressible
    assert "benchmark" in found.reasons[0]
