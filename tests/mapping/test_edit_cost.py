"""What an edit is said to change, against the mapping that it makes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.machine import Machine
from s2studio.mapping.edit import Edited, Editor, Refused
from s2studio.mapping.edit_cost import Change, EditCost
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions, Routing
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import all_to_all, few_slices, networks


def total_bytes(mapping: ChipMapping) -> list[int]:
    return [sum(piece.bytes.values()) for piece in mapping.slices]


def energy_j(mapping: ChipMapping, machine: Machine) -> float:
    lookups = sum(
        piece.size * route.router_lookups for piece, route in zip(mapping.slices, mapping.routes, strict=True)
    )
    energy = machine.spec.energy
    return mapping.weighted_hops * energy.flit_hop_j + lookups * energy.router_lookup_j


def check(change: Change | Refused, before: ChipMapping, after: Edited, machine: Machine) -> None:
    assert isinstance(after, ChipMapping), str(after)
    assert isinstance(change, Change)
    assert change.fits
    assert change.headroom_bytes == machine.spec.memory.data_bytes - max(total_bytes(after))
    assert change.flit_hops == after.weighted_hops - before.weighted_hops
    assert change.worst_link_flits == after.max_link_load - before.max_link_load
    assert change.memory_bytes == sum(total_bytes(after)) - sum(total_bytes(before))
    assert change.fullest_bytes == max(total_bytes(after)) - max(total_bytes(before))
    assert change.energy_j == pytest.approx(energy_j(after, machine) - energy_j(before, machine), abs=1e-18)


@pytest.mark.parametrize("routing", ["mc", "c2c"])
@settings(max_examples=25)
@given(data=st.data(), network=networks())
def test_that_a_change_is_the_difference_that_the_edit_makes(
    machine: Machine, routing: Routing, data: st.DataObject, network: ChipNetwork
) -> None:
    options = MappingOptions(routing=routing, neurons_per_pe=data.draw(few_slices(network)))
    mapping = map_network(network, machine, options, Demand(3, {"hidden": frozenset({"v"})}))
    editor, cost = Editor(network, machine), EditCost(mapping, network, machine)
    used = {piece.pe for piece in mapping.slices}
    free = data.draw(st.sampled_from([pe for pe in machine.usable_pes if pe not in used]))
    one, other = data.draw(st.lists(st.integers(0, len(mapping.slices) - 1), min_size=2, max_size=2))

    check(cost.move(one, free), mapping, editor.move(mapping, one, free), machine)
    check(cost.swap(one, other), mapping, editor.swap(mapping, one, other), machine)
    piece = mapping.slices[one]
    if piece.size > 1:
        at = data.draw(st.integers(piece.start + 1, piece.stop - 1))
        check(cost.split(one, at, free), mapping, editor.split(mapping, one, at, free), machine)
        check(cost.split(one, at), mapping, editor.split(mapping, one, at), machine)
    if one + 1 < len(mapping.slices) and mapping.slices[one + 1].population == piece.population:
        check(cost.merge(one), mapping, editor.merge(mapping, one), machine)
    name = data.draw(st.sampled_from(["input", "image", "hidden", "noise"]))
    most = data.draw(st.integers(-(-network.spiking.population(name).size // 20), 300))
    check(cost.set_neurons_per_pe(name, most), mapping, editor.set_neurons_per_pe(mapping, name, most), machine)
    used_pe = mapping.slices[one].pe
    check(cost.forbid(used_pe), mapping, editor.forbid(mapping, used_pe), machine)
    hilbert = editor.place_rest(mapping, {one}, "hilbert")
    assert isinstance(hilbert, ChipMapping)
    check(cost.to(hilbert), mapping, hilbert, machine)
    check(cost.move(one, free), mapping, editor.move(mapping, one, free), machine)


@pytest.mark.parametrize("routing", ["mc", "c2c"])
@settings(max_examples=8)
@given(data=st.data(), network=networks())
def test_that_every_place_of_a_slice_tells_what_the_editor_does(
    machine: Machine, routing: Routing, data: st.DataObject, network: ChipNetwork
) -> None:
    options = MappingOptions(routing=routing, neurons_per_pe=data.draw(few_slices(network)))
    editor, mapping = Editor(network, machine), map_network(network, machine, options, Demand(3))
    index, pinned = (data.draw(st.integers(0, len(mapping.slices) - 1)) for _ in range(2))
    forbidden = data.draw(st.sampled_from([pe for pe in machine.usable_pes if pe != mapping.slices[pinned].pe]))
    for edit in (editor.pin(mapping, pinned), editor.forbid(mapping, forbidden)):
        mapping = edit if isinstance(edit, ChipMapping) else mapping
    cost = EditCost(mapping, network, machine, ticks=4)
    places, at = cost.places(index), {piece.pe: number for number, piece in enumerate(mapping.slices)}

    assert places.pes == machine.pes
    for number in data.draw(st.sets(st.integers(0, len(machine.pes) - 1), max_size=12)) | {
        machine.pes.index(forbidden)
    }:
        pe = machine.pes[number]
        after = editor.swap(mapping, index, at[pe]) if pe in at else editor.move(mapping, index, pe)
        refused = places.refused[number]
        assert places.holder[number] == at.get(pe, -1)
        if isinstance(after, Refused):
            assert refused == after
        else:
            change = cost.move(index, pe) if pe not in at else cost.swap(index, at[pe])
            assert places.legal[number]
            assert places.flit_hops[number] == after.weighted_hops - mapping.weighted_hops == change.flit_hops
            assert places.worst_link_flits[number] == after.max_link_load - mapping.max_link_load
            assert places.headroom_bytes[number] == change.headroom_bytes
            assert places.energy_per_tick_j[number] == pytest.approx(change.energy_per_tick_j, abs=1e-18)
    assert cost.places(index).flit_hops.tolist() == places.flit_hops.tolist()


@pytest.fixture
def mapping(machine: Machine) -> ChipMapping:
    options = MappingOptions(neurons_per_pe={"input": 20, "hidden": 10})
    return map_network(all_to_all(60, 30), machine, options, Demand(5))


def test_that_the_worst_time_follows_the_neurons_of_the_busiest_slice(machine: Machine, mapping: ChipMapping) -> None:
    busy_s = np.array([1.0, 2.0, 3.0, 10.0, 5.0, 6.0])
    cost = EditCost(mapping, all_to_all(60, 30), machine, busy_s=busy_s)
    free = machine.usable_pes[-1]

    assert cost.move(3, free).worst_time_done_s == 0
    # 4 and 6 of 10 neurons: 4 s and 6 s, and another slice takes 6 s.
    assert cost.split(3, 4, free).worst_time_done_s == pytest.approx(-4.0)
    assert cost.merge(3).worst_time_done_s == pytest.approx(5.0)
    assert cost.merge(0).worst_time_done_s == 0
    assert EditCost(mapping, all_to_all(60, 30), machine).merge(3).worst_time_done_s is None


def test_that_hops_are_weighted_by_the_rates(machine: Machine, mapping: ChipMapping) -> None:
    network, free = all_to_all(60, 30), machine.usable_pes[-1]
    once = EditCost(mapping, network, machine).move(0, free)
    often = EditCost(mapping, network, machine, {"input": 7.0}).move(0, free)
    never = EditCost(mapping, network, machine, {"input": 0.0}).move(0, free)

    assert once.flit_hops != 0
    assert often.flit_hops == 7 * once.flit_hops
    assert (never.flit_hops, never.energy_j) == (0, 0)


def test_that_energy_per_tick_is_the_share_of_a_tick_in_which_the_rates_were_counted(
    machine: Machine, mapping: ChipMapping
) -> None:
    change = EditCost(mapping, all_to_all(60, 30), machine, {"input": 70.0}, ticks=100).move(0, machine.usable_pes[-1])

    assert change.energy_j != 0
    assert change.energy_per_tick_j == pytest.approx(change.energy_j / 100)


def test_that_more_slices_than_pes_are_refused_with_the_numbers(machine: Machine) -> None:
    network = all_to_all(147, 30)
    full = map_network(network, machine, MappingOptions(neurons_per_pe={"input": 1, "hidden": 30}), Demand(5))
    cost = EditCost(full, network, machine)

    assert "1 more PEs are needed, 0 are free" in str(cost.forbid(full.slices[5].pe))
    assert "29 more PEs are needed, 0 are free" in str(cost.set_neurons_per_pe("hidden", 1))
    assert str(cost.forbid(full.slices[5].pe)) == str(Editor(network, machine).forbid(full, full.slices[5].pe))


def test_that_an_edit_that_fits_no_pe_says_so(machine: Machine) -> None:
    network = all_to_all(1_000, 200)
    mapping = map_network(network, machine, MappingOptions(), Demand(1))
    first = next(index for index, piece in enumerate(mapping.slices) if piece.population == "hidden")

    assert not EditCost(mapping, network, machine).merge(first).fits
