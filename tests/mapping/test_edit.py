"""Every edit: what it changes, what it leaves alone, and each reason why it is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.machine import PE, Machine
from s2studio.errors import Cancelled
from s2studio.mapping.edit import Edited, Editor, Refused, name_of
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import all_to_all, few_slices, networks

NETWORK = all_to_all(60, 30)
FREE = PE(0, 0, 1, 1, 0)


@pytest.fixture(scope="module")
def editor(machine: Machine) -> Editor:
    return Editor(NETWORK, machine)


@pytest.fixture(scope="module")
def mapping(machine: Machine) -> ChipMapping:
    """Return input[0..2] of 20 neurons and hidden[0..2] of 10 on the first six PEs."""
    return map_network(NETWORK, machine, MappingOptions(neurons_per_pe={"input": 20, "hidden": 10}), Demand(5))


def done(edited: Edited) -> ChipMapping:
    assert isinstance(edited, ChipMapping), str(edited)
    return edited


def why(edited: Edited) -> str:
    assert isinstance(edited, Refused)
    return str(edited)


def sizes(mapping: ChipMapping, population: str) -> list[int]:
    return [piece.size for piece in mapping.slices if piece.population == population]


def pes(mapping: ChipMapping) -> list[PE]:
    return [piece.pe for piece in mapping.slices]


def test_that_move_takes_one_slice_to_a_free_pe_and_routes_follow(editor: Editor, mapping: ChipMapping) -> None:
    before = pes(mapping)
    moved = done(editor.move(mapping, 3, FREE))

    assert pes(moved) == [*before[:3], FREE, *before[4:]]
    assert pes(mapping) == before
    assert moved.routes != mapping.routes
    assert done(editor.move(moved, 3, before[3])) == mapping


def test_that_swap_exchanges_two_pes(editor: Editor, mapping: ChipMapping) -> None:
    before = pes(mapping)
    swapped = done(editor.swap(mapping, 0, 5))

    assert pes(swapped) == [before[5], *before[1:5], before[0]]
    assert done(editor.swap(swapped, 5, 0)) == mapping


def test_that_split_keeps_the_first_part_and_finds_or_takes_a_pe_for_the_second(
    editor: Editor, mapping: ChipMapping
) -> None:
    half, at = done(editor.split(mapping, 0)), done(editor.split(mapping, 0, 3, FREE))

    assert sizes(half, "input") == [10, 10, 20, 20]
    assert sizes(at, "input") == [3, 17, 20, 20]
    assert pes(at) == [mapping.slices[0].pe, FREE, *pes(mapping)[1:]]
    assert half.slices[0].pe == mapping.slices[0].pe
    assert half.pes_used == 7


def test_that_merge_undoes_split(editor: Editor, mapping: ChipMapping) -> None:
    assert done(editor.merge(done(editor.split(mapping, 4)), 4)) == mapping


def test_that_pins_keep_to_their_slice_when_those_before_split_or_merge(editor: Editor, mapping: ChipMapping) -> None:
    pinned = done(editor.pin(mapping, 2))
    split = done(editor.split(pinned, 0))

    assert pinned.options.pinned == {"input[2]": mapping.slices[2].pe}
    assert split.options.pinned == {"input[3]": mapping.slices[2].pe}
    assert done(editor.merge(split, 0)) == pinned
    assert done(editor.unpin(pinned, 2)) == mapping


def test_that_pin_moves_to_the_pe_it_names_and_holds_there(editor: Editor, mapping: ChipMapping) -> None:
    pinned = done(editor.pin(mapping, 3, FREE))

    assert pinned.slices[3].pe == FREE
    assert "it is pinned to PE(1, 1, 0)" in why(editor.move(pinned, 3, PE(0, 0, 2, 2, 2)))
    assert "it is pinned to" in why(editor.swap(pinned, 0, 3))
    assert done(editor.pin(pinned, 3, PE(0, 0, 2, 2, 2))).slices[3].pe == PE(0, 0, 2, 2, 2)


def test_that_forbid_empties_the_pe_and_allow_gives_it_back(editor: Editor, mapping: ChipMapping) -> None:
    pe = mapping.slices[1].pe
    forbidden = done(editor.forbid(mapping, pe))
    others = [index for index in range(6) if index != 1]

    assert pe not in pes(forbidden)
    assert [pes(forbidden)[index] for index in others] == [pes(mapping)[index] for index in others]
    assert "it is forbidden" in why(editor.move(forbidden, 1, pe))
    assert done(editor.move(done(editor.allow(forbidden, pe)), 1, pe)) == mapping
    assert pes(done(editor.forbid(mapping, FREE))) == pes(mapping)


def test_that_neurons_per_pe_cut_one_population_anew_and_leave_the_others(editor: Editor, mapping: ChipMapping) -> None:
    finer, coarser = (
        done(editor.set_neurons_per_pe(mapping, "input", 15)),
        done(editor.set_neurons_per_pe(mapping, "input", 30)),
    )

    assert (sizes(finer, "input"), sizes(coarser, "input")) == ([15, 15, 15, 15], [30, 30])
    assert pes(finer)[:3] == pes(mapping)[:3]
    assert pes(finer)[4:] == pes(mapping)[3:]
    assert pes(coarser) == [*pes(mapping)[:2], *pes(mapping)[3:]]
    assert finer.options.neurons_per_pe == {"input": 15, "hidden": 10}


def test_that_the_rest_is_placed_around_what_is_kept_or_pinned(editor: Editor, mapping: ChipMapping) -> None:
    pinned = done(editor.pin(mapping, 5))
    placed = done(editor.place_rest(pinned, keep=[0], placer="anneal"))

    assert (placed.slices[0].pe, placed.slices[5].pe) == (mapping.slices[0].pe, mapping.slices[5].pe)
    assert placed.weighted_hops < mapping.weighted_hops
    assert placed.options.placer == "anneal"


def test_that_placing_the_rest_can_be_cancelled(editor: Editor, mapping: ChipMapping) -> None:
    def cancel(*_: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        editor.place_rest(mapping, placer="anneal", progress=cancel)


def test_that_each_refusal_says_why(editor: Editor, mapping: ChipMapping, machine: Machine) -> None:
    taken, reserved = mapping.slices[1].pe, min(machine.reserved_pes)

    assert why(editor.move(mapping, 0, taken)) == f"input[0]: {taken} holds 'input[1]'; swap the two"
    assert f"reserves {reserved}" in why(editor.move(mapping, 0, reserved))
    assert "the machine has no such PE" in why(editor.move(mapping, 0, PE(0, 0, 4, 4, 0)))
    assert "cannot be cut before neuron 0" in why(editor.split(mapping, 0, 0))
    assert "cannot be cut before neuron 20" in why(editor.split(mapping, 0, 20))
    assert "last of its population" in why(editor.merge(mapping, 2))
    assert "last of its population" in why(editor.merge(mapping, 5))
    assert "it is not pinned" in why(editor.unpin(mapping, 0))
    assert "it is not forbidden" in why(editor.allow(mapping, taken))
    assert "no such PE" in why(editor.forbid(mapping, PE(0, 0, 4, 4, 0)))
    assert "'input[1]' is pinned to it" in why(editor.forbid(done(editor.pin(mapping, 1)), taken))
    assert "take the pin off" in why(editor.merge(done(editor.pin(mapping, 1)), 0))
    assert "there is none" in why(editor.set_neurons_per_pe(mapping, "nobody", 4))
    assert "at least 1" in why(editor.set_neurons_per_pe(mapping, "input", 0))
    assert "would have 2 slices" in why(editor.set_neurons_per_pe(done(editor.pin(mapping, 2)), "input", 30))


def test_that_an_edit_beyond_a_limit_of_the_chip_is_refused_with_its_violation(machine: Machine) -> None:
    network = all_to_all(1_000, 200)
    editor = Editor(network, machine)
    mapping = map_network(network, machine, MappingOptions(), Demand(1))
    first = next(index for index, piece in enumerate(mapping.slices) if piece.population == "hidden")

    assert "synapses needs" in why(editor.merge(mapping, first))
    assert "PEs are needed" in why(editor.set_neurons_per_pe(mapping, "input", 5))


def test_that_a_single_neuron_cannot_be_split(machine: Machine) -> None:
    network = all_to_all(1, 1)
    mapping = map_network(network, machine, MappingOptions(), Demand(1))

    assert "it has one neuron only" in why(Editor(network, machine).split(mapping, 0))


@settings(max_examples=25)
@given(data=st.data(), network=networks())
def test_that_any_chain_of_edits_leaves_a_whole_mapping(
    machine: Machine, data: st.DataObject, network: ChipNetwork
) -> None:
    """Whatever is done, neurons are covered once, PEs are held once, and pins hold."""
    options = MappingOptions(neurons_per_pe=data.draw(few_slices(network)))
    mapping = map_network(network, machine, options, Demand(2))
    editor = Editor(network, machine)
    for _ in range(4):
        index = data.draw(st.integers(0, len(mapping.slices) - 1))
        pe = data.draw(st.sampled_from(machine.pes))
        edit = data.draw(st.sampled_from(["move", "swap", "split", "merge", "pin", "forbid", "place_rest"]))
        edited: Edited = {
            "move": lambda: editor.move(mapping, index, pe),  # noqa: B023 - called at once
            "swap": lambda: editor.swap(mapping, 0, index),  # noqa: B023
            "split": lambda: editor.split(mapping, index),  # noqa: B023
            "merge": lambda: editor.merge(mapping, index),  # noqa: B023
            "pin": lambda: editor.pin(mapping, index),  # noqa: B023
            "forbid": lambda: editor.forbid(mapping, pe),  # noqa: B023
            "place_rest": lambda: editor.place_rest(mapping, keep=[index], placer="hilbert"),  # noqa: B023
        }[edit]()
        if isinstance(edited, Refused):
            assert edited.reason
            continue
        mapping = edited
        held = pes(mapping)
        assert len(set(held)) == len(held)
        assert not set(held) & mapping.options.forbidden
        names = {name_of(mapping, at): piece.pe for at, piece in enumerate(mapping.slices)}
        assert {name: names[name] for name in mapping.options.pinned} == mapping.options.pinned
        for population in network.spiking.populations:
            assert sum(sizes(mapping, population.name)) == population.size


def test_that_a_new_slice_goes_where_the_rates_say_traffic_is_least(machine: Machine, mapping: ChipMapping) -> None:
    """A part that never spikes but hears much is placed by what it hears, one that shouts by its way to the router."""
    loud = Editor(NETWORK, machine, {"input": np.full(60, 1e6), "hidden": 0.0})
    split = done(loud.split(mapping, 0))
    best = min(
        done(loud.split(mapping, 0, pe=pe)).routes[1].hops for pe in machine.usable_pes if pe not in pes(mapping)
    )

    assert split.routes[1].hops == best


def test_that_an_edited_mapping_is_made_for_the_same_network_and_run(editor: Editor, mapping: ChipMapping) -> None:
    moved = done(editor.move(mapping, 0, FREE))

    assert replace(moved, slices=mapping.slices, routes=mapping.routes) == mapping
