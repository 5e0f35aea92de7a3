"""What every placer must do, over all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import MappingOptions
from s2studio.mapping.partition import Piece
from s2studio.mapping.place import PLACERS
from s2studio.mapping.place.available import available_pes

every_placer = pytest.mark.parametrize("placer", sorted(PLACERS))


def place(placer: str, slices: int, machine: Machine, options: MappingOptions) -> tuple[PE, ...]:
    pieces = [Piece("hidden", 10 * index, 10 * index + 10) for index in range(slices)]
    ring = [((index + 1) % slices,) for index in range(slices)]
    return PLACERS[placer](pieces, ring, machine, options)


@every_placer
@given(data=st.data())
def test_that_every_slice_gets_an_available_pe_of_its_own(placer: str, machine: Machine, data: st.DataObject) -> None:
    forbidden = frozenset(data.draw(st.sets(st.sampled_from(machine.pes), max_size=40)))
    options = MappingOptions(placer=placer, forbidden=forbidden)
    slices = data.draw(st.integers(1, len(available_pes(machine, options))))
    pes = place(placer, slices, machine, options)

    assert len(pes) == len(set(pes)) == slices
    assert set(pes) <= set(machine.pes) - forbidden - machine.reserved_pes


@every_placer
def test_that_a_full_chip_is_filled(placer: str, machine: Machine) -> None:
    assert set(place(placer, 148, machine, MappingOptions())) == set(machine.usable_pes)


@every_placer
def test_that_the_same_seed_gives_the_same_places(placer: str, machine: Machine) -> None:
    options = MappingOptions(seed=3)

    assert place(placer, 50, machine, options) == place(placer, 50, machine, options)


@every_placer
def test_that_all_152_pes_are_used_under_a_runtime_that_reserves_none(placer: str) -> None:
    machine = make_machine(load_chip(), "custom")

    assert set(place(placer, 152, machine, MappingOptions())) == set(machine.pes)


def test_that_sequential_follows_the_logical_core_order(machine: Machine) -> None:
    order = [pe for pe in machine.pes if pe not in machine.reserved_pes]

    assert list(place("sequential", 148, machine, MappingOptions())) == order
    assert list(place("sequential", 4, machine, MappingOptions(forbidden=frozenset(order[1:3])))) == [
        order[0],
        *order[3:6],
    ]
