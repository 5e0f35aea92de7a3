from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.machine import PE, Machine
from s2studio.errors import MappingError, UsageError
from s2studio.mapping.file import read_mapping, write_mapping
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.mapping.pins import parse_pin, parse_slice_name, slice_name
from s2studio.mapping.place import PLACERS
from tests.mapping.networks import all_to_all

NETWORK = all_to_all(60, 30)
PIN = PE(0, 0, 2, 3, 1)
OPTIONS = MappingOptions(neurons_per_pe={"input": 20, "hidden": 10}, pinned={"hidden[1]": PIN})


@given(name=st.text(min_size=1), ordinal=st.integers(0, 999_999))
def test_that_a_slice_name_reads_back_whatever_the_population_is_called(name: str, ordinal: int) -> None:
    if name == name.lstrip():
        assert parse_slice_name(slice_name(name, ordinal)) == (name, ordinal)


def test_that_a_pin_is_slice_and_pe() -> None:
    assert parse_pin("hidden[1]=PE(2, 3, 1)") == ("hidden[1]", PIN)
    assert parse_pin("a=b[0] = PE(2,3,1)") == ("a=b[0]", PIN)


@pytest.mark.parametrize(
    "text", ["hidden", "hidden=PE(1, 1, 0)", "hidden[]=PE(1, 1, 0)", "hidden[0]=3", "[1]=PE(1, 1, 0)"]
)
def test_that_a_pin_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="not understood"):
        parse_pin(text)


@pytest.mark.parametrize("placer", sorted(PLACERS))
def test_that_the_mapper_puts_a_pinned_slice_on_its_pe(machine: Machine, placer: str) -> None:
    mapping = map_network(NETWORK, machine, replace(OPTIONS, placer=placer), Demand(1))

    assert [(piece.population, piece.start) for piece in mapping.slices if piece.pe == PIN] == [("hidden", 10)]


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ({"hiden[0]": PIN}, "no population 'hiden'; did you mean 'hidden'"),
        ({"hidden[3]": PIN}, "'hidden' has 3 slices, slices are counted from 0"),
        ({"hidden[0]": PE(0, 0, 4, 4, 0)}, "is not a PE of chip"),
        ({"hidden[0]": PE(0, 0, 5, 3, 0)}, "reserves"),
        ({"hidden[0]": PE(0, 0, 1, 1, 0)}, "is forbidden"),
        ({"hidden[0]": PIN, "hidden[1]": PIN}, "is pinned to 'hidden.0.' too"),
    ],
)
def test_that_a_pin_that_cannot_be_is_refused(machine: Machine, pins: dict[str, PE], message: str) -> None:
    options = replace(OPTIONS, pinned=pins, forbidden=frozenset({PE(0, 0, 1, 1, 0)}))
    with pytest.raises(UsageError, match=message):
        map_network(NETWORK, machine, options, Demand(1))


def test_that_pins_are_in_the_file_and_read_back(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    mapping = map_network(NETWORK, machine, OPTIONS, Demand(1))
    write_mapping(mapping, path)

    assert "pin: {'hidden[1]': 'PE(2, 3, 1)'}" in path.read_text()
    assert read_mapping(path, NETWORK, machine, Demand(1)) == mapping


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("'hidden[1]'", "'hidden[9]'", "hidden.9.: 'hidden' has 3 slices"),
        ("'hidden[1]'", "hidden", "slice 'hidden', not understood"),
        ("{'hidden[1]': 'PE(2, 3, 1)'}", "{'hidden[1]': here}", "PE name 'here'"),
        ("{'hidden[1]': 'PE(2, 3, 1)'}", "all", "a mapping is expected"),
        ("{'hidden[1]': 'PE(2, 3, 1)'}", "{'hidden[1]': 'PE(2, 3, 2)'}", "neurons 10 to 19 of 'hidden' are on"),
    ],
)
def test_that_a_file_whose_pins_do_not_hold_is_refused_with_the_line(
    machine: Machine, tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "m.yaml"
    write_mapping(map_network(NETWORK, machine, OPTIONS, Demand(1)), path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    with pytest.raises(MappingError, match=message) as refused:
        read_mapping(path, NETWORK, machine, Demand(1))
    assert "line 13" in str(refused.value)
