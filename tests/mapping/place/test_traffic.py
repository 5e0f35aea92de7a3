"""The tables that the kernels keep while slices come and go, against routes worked out one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.machine import Machine
from s2studio.mapping.map import map_network, slice_targets
from s2studio.mapping.mapping import Demand, MappingOptions, Routing
from s2studio.mapping.partition import Piece, cuts_of, pieces_of
from s2studio.mapping.place.kernels import exchange, place_next
from s2studio.mapping.place.noc import noc
from s2studio.mapping.place.task import Task
from s2studio.mapping.place.traffic import graph_of, load_of, load_on
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import few_slices, networks

SLICES = 8
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
    assert load.flits.max(initial=0.0) == mapping.max_link_load


@st.composite
def tasks(draw: st.DrawFn, machine: Machine, routing: Routing) -> Task:
    """Draw slices that send to any others and themselves, some of them nothing."""
    reached = st.sets(st.integers(0, SLICES - 1), max_size=SLICES)
    targets = [tuple(sorted(draw(reached))) for _ in range(SLICES)]
    spikes = np.array(draw(st.lists(st.integers(0, 9), min_size=SLICES, max_size=SLICES)), np.float64)
    pieces = [Piece("hidden", index, index + 1) for index in range(SLICES)]
    return Task(pieces, targets, machine, MappingOptions(routing=routing), spikes)


@every_routing
@settings(max_examples=30)
@given(data=st.data())
def test_that_exchanges_leave_no_trace_of_the_way_there(
    machine: Machine, routing: Routing, data: st.DataObject
) -> None:
    mesh, graph = noc(machine.spec, routing), graph_of(data.draw(tasks(machine, routing)))
    cells, index = st.integers(0, len(mesh.cells) - 1), st.integers(0, SLICES - 1)
    now = {each: data.draw(cells) for each in range(SLICES)}
    load = load_on(mesh, graph, now)
    for _ in range(data.draw(st.integers(1, 10))):
        one, two, to = data.draw(index), data.draw(st.none() | index), data.draw(cells)
        if two is None or two == one:
            exchange(one, -1, now[one], to, load, graph, mesh.ways)
            now[one] = to
        else:
            exchange(one, two, now[one], now[two], load, graph, mesh.ways)
            now[one], now[two] = now[two], now[one]

    for table, expected in zip(load, load_on(mesh, graph, now), strict=True):
        np.testing.assert_array_equal(table, expected)


@every_routing
@settings(max_examples=15)
@given(data=st.data())
def test_that_the_next_slice_goes_where_hops_then_are_fewest(
    machine: Machine, routing: Routing, data: st.DataObject
) -> None:
    mesh, graph = noc(machine.spec, routing), graph_of(data.draw(tasks(machine, routing)))
    placed = {each: data.draw(st.integers(0, len(mesh.cells) - 1)) for each in range(SLICES - 1)}
    room = np.array(data.draw(st.permutations([0, 0, *[1] * (len(mesh.cells) - 2)])), np.int64)
    load, last = load_on(mesh, graph, placed), SLICES - 1
    place_next(np.array([last]), room.copy(), load, graph, mesh.ways)
    hops = [load_on(mesh, graph, {**placed, last: cell}).hops[0] for cell in range(len(mesh.cells))]

    assert load.cell_of[last] == min(np.flatnonzero(room).tolist(), key=lambda cell: float(hops[cell]))
    assert load.hops[0] == hops[load.cell_of[last]]
