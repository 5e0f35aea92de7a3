"""What every placer must do, over all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.app.project import Project
from s2studio.app.workbench import Workbench
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE, Machine
from s2studio.errors import Cancelled
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions, Routing
from s2studio.mapping.partition import Piece
from s2studio.mapping.place import PLACERS
from s2studio.mapping.place.available import available_pes
from s2studio.mapping.place.task import Task
from tests.mapping.networks import all_to_all

every_placer = pytest.mark.parametrize("placer", sorted(PLACERS))
every_routing = pytest.mark.parametrize("routing", ["mc", "c2c"])


def task(slices: int, machine: Machine, options: MappingOptions, pinned: dict[int, PE] | None = None) -> Task:
    pieces = [Piece("hidden", 10 * index, 10 * index + 10) for index in range(slices)]
    ring = [((index + 1) % slices,) for index in range(slices)]
    return Task(pieces, ring, machine, options, pinned=pinned or {})


def place(placer: str, slices: int, machine: Machine, options: MappingOptions) -> tuple[PE, ...]:
    return PLACERS[placer](task(slices, machine, options))


@every_placer
@settings(max_examples=8)
@given(data=st.data())
def test_that_every_slice_gets_an_available_pe_of_its_own(placer: str, machine: Machine, data: st.DataObject) -> None:
    forbidden = frozenset(data.draw(st.sets(st.sampled_from(machine.pes), max_size=40)))
    options = MappingOptions(placer=placer, forbidden=forbidden)
    slices = data.draw(st.integers(1, min(40, len(available_pes(machine, options)))))
    pes = place(placer, slices, machine, options)

    assert len(pes) == len(set(pes)) == slices
    assert set(pes) <= set(machine.pes) - forbidden - machine.reserved_pes


@every_placer
@settings(max_examples=8)
@given(data=st.data())
def test_that_a_pinned_slice_has_its_pe_and_no_other_slice_has(
    placer: str, machine: Machine, data: st.DataObject
) -> None:
    forbidden = frozenset(data.draw(st.sets(st.sampled_from(machine.usable_pes), max_size=10)))
    options = MappingOptions(placer=placer, forbidden=forbidden)
    pinned_to = data.draw(
        st.lists(st.sampled_from(available_pes(machine, options)), min_size=1, max_size=10, unique=True)
    )
    indices = data.draw(st.permutations(range(15)))
    pinned = dict(zip(indices, pinned_to, strict=False))
    pes = PLACERS[placer](task(15, machine, options, pinned))

    assert {index: pes[index] for index in pinned} == pinned
    assert len(set(pes)) == 15
    assert not set(pes) & forbidden


@every_placer
def test_that_pinning_every_slice_leaves_nothing_to_place(placer: str, machine: Machine) -> None:
    pinned = dict(enumerate(machine.usable_pes[7:12]))

    assert PLACERS[placer](task(5, machine, MappingOptions(), pinned)) == tuple(pinned.values())


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


@every_placer
@every_routing
def test_that_the_cuts_and_memory_of_a_mapping_do_not_depend_on_the_placer(
    placer: str, routing: Routing, machine: Machine
) -> None:
    options = MappingOptions(placer=placer, routing=routing, neurons_per_pe={"input": 20, "hidden": 7})
    plain = map_network(all_to_all(60, 35), machine, replace(options, placer="sequential"), Demand(1))
    mapping = map_network(all_to_all(60, 35), machine, options, Demand(1))

    def what(mapping: ChipMapping) -> list[object]:
        return [(piece.population, piece.start, piece.stop, {**piece.bytes, "routing": 0}) for piece in mapping.slices]

    assert what(mapping) == what(plain)


@pytest.mark.parametrize("placer", ["greedy", "anneal"])
def test_that_a_placer_that_is_cancelled_stops(placer: str, machine: Machine) -> None:
    def cancel(done: int, total: int) -> None:
        assert 1 <= done <= total
        raise Cancelled

    with pytest.raises(Cancelled):
        PLACERS[placer](replace(task(20, machine, MappingOptions()), progress=cancel))


def test_that_annealing_reports_every_round_up_to_the_last(machine: Machine) -> None:
    seen: list[tuple[int, int]] = []
    PLACERS["anneal"](replace(task(20, machine, MappingOptions()), progress=lambda *done: seen.append(done)))
    total = seen[-1][1]

    # The greedy placement it starts from comes first.
    assert seen == [(1, 1), *((done, total) for done in range(1, total + 1))]


@every_routing
def test_that_annealing_is_no_worse_than_greedy_and_greedy_no_worse_than_sequential(
    routing: Routing, machine: Machine
) -> None:
    def cost(placer: str) -> tuple[int, int]:
        options = MappingOptions(placer=placer, routing=routing, neurons_per_pe={"input": 20, "hidden": 10})
        mapping = map_network(all_to_all(400, 300), machine, options, Demand(1))
        return mapping.weighted_hops, mapping.weighted_hops + mapping.max_link_load

    assert cost("greedy")[0] <= cost("sequential")[0]
    assert cost("anneal")[1] <= cost("greedy")[1]


def test_that_a_slice_that_spikes_more_sits_nearer_to_the_router(machine: Machine) -> None:
    """Two equal senders, of which one is silent but for a single spike: the loud one has the shorter way in."""
    options = MappingOptions(placer="greedy", neurons_per_pe={"input": 1})
    for loud in (0, 39):
        rates = np.ones(40)
        rates[loud] = 1_000.0
        mapping = map_network(all_to_all(40, 10), machine, options, Demand(1), {"input": rates})
        hops = [route.hops for route in mapping.routes[:40]]

        assert hops[loud] == min(hops)
        assert max(hops) > min(hops)


def test_that_another_seed_anneals_another_way(machine: Machine) -> None:
    options = MappingOptions(routing="c2c", neurons_per_pe={"input": 10, "hidden": 10})
    pes = {}
    for draw in (0, 1):
        mapping = map_network(all_to_all(200, 200), machine, replace(options, placer="anneal", seed=draw), Demand(1))
        pes[draw] = [piece.pe for piece in mapping.slices]

    assert pes[0] != pes[1]


def test_that_sequential_follows_the_logical_core_order(machine: Machine) -> None:
    order = [pe for pe in machine.pes if pe not in machine.reserved_pes]

    assert list(place("sequential", 148, machine, MappingOptions())) == order
    assert list(place("sequential", 4, machine, MappingOptions(forbidden=frozenset(order[1:3])))) == [
        order[0],
        *order[3:6],
    ]


@every_routing
def test_that_annealing_saves_30_percent_of_the_hops_on_a_real_network(conformance: Path, routing: Routing) -> None:
    hops: dict[str, int] = {}
    for placer in ("sequential", "anneal"):
        options = MappingOptions(placer=placer, routing=routing)
        project = Project(conformance / "nmnist/cnn_sinabs.nir", lowering=LoweringOptions(dt_s=1e-3), mapping=options)
        hops[placer] = Workbench(project).map(assume=True).weighted_hops

    assert hops["anneal"] <= 0.70 * hops["sequential"]
