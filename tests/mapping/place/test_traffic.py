"""The tables that the kernels keep while slices come and go, against routes worked out one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.map import map_network, slice_targets
from s2studio.mapping.mapping import Demand, MappingOptions, Routing
from s2studio.mapping.partition import Piece, cuts_of, pieces_of
from s2studio.mapping.place.kernels import cost, put, take
from s2studio.mapping.place.noc import noc
from s2studio.mapping.place.task import Task
from s2studio.mapping.place.traffic import empty_load, graph_of, load_of
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import few_slices, networks

every_routing = pytest.mark.parametrize("routing", ["mc", "c2c"])
every_crossing = pytest.mark.parametrize("crossing", ["pass", "detour"])


@every_routing
@every_crossing
@settings(max_examples=20)
@given(data=st.data(), network=networks())
def test_that_hops_and_link_loads_are_those_of_the_routes(
    machine: Machine, routing: Routing, crossing: Literal["pass", "detour"], data: st.DataObject, network: ChipNetwork
) -> None:
    machine = replace(machine, spec=replace(machine.spec, hole_crossing=crossing))
    options = MappingOptions(placer="hilbert", routing=routing, neurons_per_pe=data.draw(few_slices(network)))
    mapping = map_network(network, machine, options, Demand(1))
    mesh = noc(machine.spec, options.routing)
    cuts = cuts_of(network.spiking, mapping.slices)
    targets = slice_targets(network.spiking, cuts)
    graph = graph_of(Task(pieces_of(cuts), targets, machine, options))
    load = load_of(mesh, graph, {index: piece.pe for index, piece in enumerate(mapping.slices)})
    flits = {link: count for link, count in zip(mesh.links, load.flits.tolist(), strict=True) if count}

    assert load.hops[0] == mapping.weighted_hops
    assert flits == mapping.link_loads
    assert cost(load, 2.0) == mapping.weighted_hops + 2 * mapping.max_link_load


@every_routing
@settings(max_examples=30)
@given(data=st.data())
def test_that_a_slice_taken_off_leaves_no_trace_whatever_the_order(
    machine: Machine, routing: Routing, data: st.DataObject
) -> None:
    slices = 8
    reached = st.sets(st.integers(0, slices - 1), max_size=slices)
    targets = [tuple(sorted(data.draw(reached))) for _ in range(slices)]
    spikes = np.array(data.draw(st.lists(st.integers(0, 9), min_size=slices, max_size=slices)), np.float64)
    options = MappingOptions(routing=routing)
    mesh = noc(machine.spec, options.routing)
    pieces = [Piece("hidden", index, index + 1) for index in range(slices)]
    graph = graph_of(Task(pieces, targets, machine, options, spikes))
    cells = st.integers(0, len(mesh.cells) - 1)
    goal = {index: data.draw(cells) for index in range(slices)}
    load = empty_load(mesh, graph)
    for index in data.draw(st.permutations(range(slices))):
        put(index, data.draw(cells), load, graph, mesh.ways)
    for index in data.draw(st.permutations(range(slices))):
        take(index, load, graph, mesh.ways)
        put(index, goal[index], load, graph, mesh.ways)
    direct = load_of(mesh, graph, {index: PE(0, 0, *mesh.cells[cell], 0) for index, cell in goal.items()})

    for table, expected in zip(load, direct, strict=True):
        np.testing.assert_array_equal(table, expected)
    for index in range(slices):
        take(index, load, graph, mesh.ways)
    assert not any(table.any() for table in load[1:])
