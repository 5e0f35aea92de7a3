"""Every limit, broken one at a time and together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from s2studio.chip.machine import PE, Machine
from s2studio.errors import MappingError, Violation
from s2studio.mapping.check import check_cover, check_placement, check_router
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.mapping.partition import Piece
from s2studio.snn.connectivity import DenseWeights
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import all_to_all, chain

ONE_STEP = Demand(1)


def violations(
    network: ChipNetwork, machine: Machine, demand: Demand = ONE_STEP, **neurons_per_pe: int
) -> tuple[Violation, ...]:
    with pytest.raises(MappingError) as refused:
        map_network(network, machine, MappingOptions(neurons_per_pe=neurons_per_pe), demand)
    return refused.value.violations


def pe_of_slice(machine: Machine, index: int) -> str:
    return str(machine.usable_pes[index])


def test_that_a_memory_violation_names_pe_slice_region_bytes_and_remedy(machine: Machine) -> None:
    # 1,000 sources: 12 B in the table and 12 B header + 2 x 100 B each.
    (first, second) = violations(all_to_all(1_000, 200), machine, input=250, hidden=100)
    others = 16_384 + 1_024 + 32 * 100 + 12 * 1_000 + 12 + 4_000 + 513 * 4 + 4_096

    assert (first.pe, first.population, first.slice) == (pe_of_slice(machine, 4), "hidden", "1 of 2")
    assert (second.pe, second.slice) == (pe_of_slice(machine, 5), "2 of 2")
    assert (first.region, first.bytes, first.free) == ("synapses", 212_000, 98_304 - others)
    assert first.remedy.startswith("lower neurons_per_pe to ")


def test_that_recording_too_much_is_the_region_that_is_over(machine: Machine) -> None:
    demand = Demand(1_000, {"hidden": frozenset({"v"})})
    (violation,) = violations(all_to_all(10, 100), machine, demand, hidden=100)

    assert (violation.region, violation.bytes) == ("record", 4 * 101 * 1_000)
    assert violation.remedy.endswith("or record fewer variables")


def test_that_more_than_256_neurons_cannot_be_addressed(machine: Machine) -> None:
    (violation,) = violations(all_to_all(1, 257), machine, hidden=257)

    assert (violation.region, violation.bytes, violation.free) == ("targets", 257, 256)
    assert violation.remedy == "lower neurons_per_pe to 256"
    mapping = map_network(all_to_all(1, 256), machine, MappingOptions(neurons_per_pe={"hidden": 256}), Demand(1))
    assert mapping.slices[1].size == 256


def test_that_every_violation_is_listed(machine: Machine) -> None:
    demand = Demand(10_000, {"hidden": frozenset({"spikes"})}, {"input": np.array([30_000, 1])})
    found = violations(all_to_all(2, 300), machine, demand, input=2, hidden=300)

    assert [(violation.population, violation.region) for violation in found] == [
        ("hidden", "targets"),
        ("input", "synapses"),
        ("hidden", "record"),
    ]


def test_that_too_many_pes_and_too_large_slices_are_told_together(machine: Machine) -> None:
    found = violations(all_to_all(1_000, 1_500), machine, input=10, hidden=20)
    both = violations(all_to_all(2_500, 400), machine, input=10, hidden=100)

    assert [violation.region for violation in found] == ["pes"]
    assert [violation.region for violation in both] == ["pes", "synapses", "synapses", "synapses", "synapses"]


def test_that_the_error_tells_the_first_and_how_many_more(machine: Machine) -> None:
    with pytest.raises(MappingError) as refused:
        map_network(all_to_all(1_000, 300), machine, MappingOptions(neurons_per_pe={"hidden": 100}), Demand(1))

    assert str(refused.value).startswith(
        f"population 'hidden', slice 1 of 3 on {pe_of_slice(machine, 4)}: synapses needs 212,000 B, "
    )
    assert str(refused.value).endswith("(and 2 more violations)")


def test_that_a_router_table_too_short_names_the_heaviest_populations(machine: Machine) -> None:
    # Each input slice sends to a slice of its own, so no two entries are equal.
    network = chain(10, 10, DenseWeights(np.eye(10, dtype=np.int8)))
    options = MappingOptions(neurons_per_pe={"input": 1, "hidden": 1})
    enough = replace(machine, spec=replace(machine.spec, router_entries=10))
    short = replace(machine, spec=replace(machine.spec, router_entries=9))

    mapping = map_network(network, enough, options, Demand(1))
    (violation,) = check_router(mapping.slices, mapping.routes, short)

    assert mapping.routing_entries == 10
    assert (violation.region, violation.bytes, violation.free) == ("routing_entries", 10, 9)
    with pytest.raises(MappingError, match=r"10 routing entries needed, 9 are free; route by c2c.*'input' 10"):
        map_network(network, short, options, Demand(1))


@pytest.mark.parametrize(
    ("pe", "reason"),
    [
        (PE(0, 0, 4, 3, 0), "the machine has no such PE"),
        (PE(1, 0, 1, 1, 0), "the machine has no such PE"),
        (PE(0, 0, 1, 1, 0), "it is forbidden"),
        (PE(0, 0, 2, 2, 0), "it already holds neurons 0 to 4 of 'hidden'"),
    ],
)
def test_that_a_slice_on_a_pe_it_may_not_have_is_named(machine: Machine, pe: PE, reason: str) -> None:
    pieces = [Piece("hidden", 0, 5), Piece("hidden", 5, 10)]
    options = MappingOptions(forbidden=frozenset({PE(0, 0, 1, 1, 0)}))
    (violation,) = check_placement(pieces, [PE(0, 0, 2, 2, 0), pe], machine, options)

    assert (violation.pe, violation.population, violation.region) == (str(pe), "hidden", "pe")
    assert violation.remedy == f"{reason}: put neurons 5 to 9 on another PE"


def test_that_a_reserved_pe_is_refused(machine: Machine) -> None:
    for pe in machine.reserved_pes:
        (violation,) = check_placement([Piece("hidden", 0, 5)], [pe], machine, MappingOptions())
        assert violation.remedy.startswith("runtime 'py-spinnaker2' reserves it")


@pytest.mark.parametrize(
    ("bounds", "remedies"),
    [
        ([(0, 4), (4, 10)], []),
        ([(1, 10)], ["neuron 0 on no PE"]),
        ([(0, 3), (5, 10)], ["neurons 3 to 4 on no PE"]),
        ([(0, 6), (4, 10)], ["neurons 4 to 5 in two slices"]),
        ([(0, 10), (2, 3)], ["neuron 2 in two slices"]),
        ([(0, 9)], ["neuron 9 on no PE"]),
        ([(0, 12)], ["neurons 10 to 11 not in the population, which ends at 9"]),
        ([], ["neurons 0 to 9 on no PE"]),
        ([(2, 5), (4, 8)], ["neurons 0 to 1 on no PE", "neuron 4 in two", "neurons 8 to 9 on no PE"]),
    ],
)
def test_that_neurons_in_no_slice_or_in_two_are_named(bounds: list[tuple[int, int]], remedies: list[str]) -> None:
    part = all_to_all(1, 10).spiking
    pieces = [Piece("input", 0, 1), *(Piece("hidden", start, stop) for start, stop in bounds)]
    found = [violation.remedy for violation in check_cover(pieces, part)]

    assert len(found) == len(remedies)
    assert all(text.startswith(start) for text, start in zip(found, remedies, strict=True))
