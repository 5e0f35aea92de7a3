from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE, Machine
from s2studio.errors import MappingError, UsageError
from s2studio.mapping.map import map_network, pes_needed, remap_demand
from s2studio.mapping.mapping import Demand, MappingOptions, Routing
from s2studio.mapping.route import ROUTERS
from s2studio.mapping.route.paths import Mesh
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import all_to_all, demands, few_slices, networks, placed_synapses

every_routing = pytest.mark.parametrize("routing", ["mc", "c2c"])
recording = Demand(100, {"hidden": frozenset({"spikes", "v"})})


@every_routing
@given(data=st.data(), network=networks())
def test_that_spikes_reach_exactly_the_slices_in_which_they_have_a_synapse(
    machine: Machine, routing: Routing, data: st.DataObject, network: ChipNetwork
) -> None:
    options = MappingOptions(routing=routing, neurons_per_pe=data.draw(few_slices(network)))
    mapping = map_network(network, machine, options, Demand(1))
    expected: dict[int, set[int]] = {index: set() for index in range(len(mapping.slices))}
    for target, synapses in placed_synapses(network, mapping).items():
        for _, _, source in synapses:
            expected[source].add(target)

    assert [route.targets for route in mapping.routes] == [tuple(sorted(expected[i])) for i in sorted(expected)]


@every_routing
@given(data=st.data(), network=networks())
def test_that_every_neuron_is_on_one_pe_that_may_be_used(
    machine: Machine, routing: Routing, data: st.DataObject, network: ChipNetwork
) -> None:
    forbidden = frozenset(data.draw(st.sets(st.sampled_from(machine.pes), max_size=20)))
    options = MappingOptions(routing=routing, forbidden=forbidden, neurons_per_pe=data.draw(few_slices(network)))
    mapping = map_network(network, machine, options, Demand(1))
    pes = [piece.pe for piece in mapping.slices]
    held = Counter((piece.population, n) for piece in mapping.slices for n in range(piece.start, piece.stop))

    assert len(set(pes)) == len(pes) == mapping.pes_used
    assert not set(pes) & (forbidden | machine.reserved_pes)
    assert held == {(p.name, n): 1 for p in network.spiking.populations for n in range(p.size)}


@every_routing
@given(data=st.data(), network=networks())
def test_that_a_spike_takes_the_course_of_its_routing_to_the_qpes_of_its_targets(
    machine: Machine, routing: Routing, data: st.DataObject, network: ChipNetwork
) -> None:
    options = MappingOptions(routing=routing, neurons_per_pe=data.draw(few_slices(network)))
    mapping, mesh = map_network(network, machine, options, Demand(1)), Mesh(machine.spec)
    for piece, route in zip(mapping.slices, mapping.routes, strict=True):
        qpes = {mapping.slices[target].pe.cell for target in route.targets}
        course = (route.packets, route.flits, route.router_lookups)

        assert course == (tuple(ROUTERS[routing](piece.pe, qpes, mesh)) if qpes else (0, {}, 0))
        assert route.packets == (min(len(qpes), 1) if routing == "mc" else len(qpes))


@given(data=st.data(), network=networks())
def test_that_mapping_twice_gives_the_same(machine: Machine, data: st.DataObject, network: ChipNetwork) -> None:
    options = MappingOptions(neurons_per_pe=data.draw(few_slices(network)))
    demand = data.draw(demands(network))

    assert map_network(network, machine, options, demand) == map_network(network, machine, options, demand)


def test_that_hops_and_loads_count_each_neuron_once(machine: Machine) -> None:
    mapping = map_network(
        all_to_all(30, 5), machine, MappingOptions(routing="mc", neurons_per_pe={"input": 6}), Demand(1)
    )
    spikes = {index: piece.size for index, piece in enumerate(mapping.slices)}
    loads: Counter[object] = Counter()
    for index, route in enumerate(mapping.routes):
        for link, flits in route.flits.items():
            loads[link] += flits * spikes[index]

    assert mapping.link_loads == loads
    assert mapping.max_link_load == max(loads.values())
    assert mapping.weighted_hops == sum(loads.values())
    assert mapping.routing_entries == 1


def test_that_core_to_core_packets_need_no_router_entry(machine: Machine) -> None:
    mapping = map_network(all_to_all(30, 5), machine, MappingOptions(routing="c2c"), Demand(1))

    assert mapping.routing_entries == 0


def test_that_a_detour_setting_keeps_every_flit_off_the_holes(machine: Machine) -> None:
    spec = replace(machine.spec, hole_crossing="detour")
    options = MappingOptions(routing="c2c", neurons_per_pe={"input": 10, "hidden": 5})
    mapping = map_network(all_to_all(600, 300), replace(machine, spec=spec), options, Demand(1))
    holes = {*spec.router_cells, *spec.periphery_cells}

    assert len(mapping.slices) == 120
    assert not {(node.x, node.y) for link in mapping.link_loads for node in link} & holes


def test_that_pes_are_counted_beyond_the_end_of_the_chip(machine: Machine) -> None:
    network, options = all_to_all(10, 1_000), MappingOptions(neurons_per_pe={"hidden": 5})

    assert pes_needed(network, machine, options, Demand(1)) == 201
    with pytest.raises(
        MappingError, match="201 PEs needed, 148 are free; leave neurons_per_pe to the mapper: 5 PEs then"
    ):
        map_network(network, machine, options, Demand(1))


def test_that_needing_pes_is_refused_where_one_neuron_is_too_large_for_any(machine: Machine) -> None:
    with pytest.raises(MappingError, match="connect less: a PE has room for"):
        pes_needed(all_to_all(4_000, 1), machine, MappingOptions(), Demand(1))


def test_that_remapping_works_out_the_memory_of_another_run_and_keeps_the_rest(machine: Machine) -> None:
    network = all_to_all(10, 100)
    mapping = map_network(network, machine, MappingOptions(), Demand(1))
    again = remap_demand(mapping, network, machine, recording)

    assert again == map_network(network, machine, MappingOptions(), recording)
    assert [piece.pe for piece in again.slices] == [piece.pe for piece in mapping.slices]
    assert again.slices[1].bytes["record"] > mapping.slices[1].bytes["record"] == 0
    assert again.demand == recording


def test_that_remapping_refuses_a_run_whose_recording_does_not_fit(machine: Machine) -> None:
    network = all_to_all(10, 100)
    mapping = map_network(network, machine, MappingOptions(), Demand(1))

    with pytest.raises(MappingError, match=r"slice 1 of 1 on PE\(.*record needs 428,000 B") as refused:
        remap_demand(mapping, network, machine, replace(recording, steps=1_000))
    assert [violation.region for violation in refused.value.violations] == ["record"]


def test_that_remapping_refuses_another_network_chip_or_runtime(machine: Machine) -> None:
    network = all_to_all(10, 100)
    mapping = map_network(network, machine, MappingOptions(), Demand(1))

    with pytest.raises(MappingError, match="made for network"):
        remap_demand(mapping, all_to_all(10, 101), machine, Demand(1))
    with pytest.raises(MappingError, match="made for chip"):
        remap_demand(mapping, network, make_machine(load_chip("benchmark")), Demand(1))
    with pytest.raises(MappingError, match="made for runtime py-spinnaker2, this is custom"):
        remap_demand(mapping, network, make_machine(load_chip(), "custom"), Demand(1))


def test_that_148_slices_fill_the_chip_and_149_do_not(machine: Machine) -> None:
    network = all_to_all(147, 10)

    assert map_network(network, machine, MappingOptions(neurons_per_pe={"input": 1}), Demand(1)).pes_used == 148
    with pytest.raises(MappingError, match="149 PEs needed, 148 are free"):
        map_network(all_to_all(148, 10), machine, MappingOptions(neurons_per_pe={"input": 1}), Demand(1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (MappingOptions(placer="sequentiel"), "no placer 'sequentiel'; did you mean 'sequential'?"),
        (MappingOptions(routing="mcc"), "no routing 'mcc'; did you mean 'mc'?"),  # type: ignore[arg-type]
        (MappingOptions(neurons_per_pe={"hiden": 3}), "no population 'hiden'; did you mean 'hidden'?"),
        (MappingOptions(neurons_per_pe={"hidden": 0}), "0 neurons of 'hidden' on a PE, at least 1 is needed"),
        (MappingOptions(forbidden=frozenset({PE(0, 0, 4, 3, 0)})), r"PE(4, 3, 0) is not a PE of chip 'spinnaker2'"),
    ],
)
def test_that_an_option_that_names_what_is_not_there_is_wrong_usage(
    machine: Machine, options: MappingOptions, message: str
) -> None:
    for function in (map_network, pes_needed):
        with pytest.raises(UsageError) as refused:
            function(all_to_all(1, 1), machine, options, Demand(1))
        assert message in str(refused.value)


def test_that_multicast_is_refused_on_a_chip_without_an_event_router(machine: Machine) -> None:
    bare = replace(machine, spec=replace(machine.spec, router_cells=()))

    with pytest.raises(MappingError, match="no QPE is beside an event router"):
        map_network(all_to_all(1, 1), bare, MappingOptions(), Demand(1))
    assert map_network(all_to_all(1, 1), bare, MappingOptions(routing="c2c"), Demand(1)).pes_used == 2


def test_that_a_machine_of_two_chips_is_refused(machine: Machine) -> None:
    with pytest.raises(MappingError, match="machine of 2 chips"):
        map_network(all_to_all(1, 1), replace(machine, chips=((0, 0), (1, 0))), MappingOptions(), Demand(1))


def test_that_a_mapping_is_worth_what_its_values_are_and_options_are_kept(machine: Machine) -> None:
    options = MappingOptions(routing="c2c", seed=7, neurons_per_pe={"hidden": 20})
    mapping = map_network(all_to_all(3, 40), machine, options, Demand(5, stored_spikes={"input": np.array([1, 2, 3])}))

    assert mapping.options == options
    assert (mapping.chip, mapping.runtime, mapping.network) == ("spinnaker2", "py-spinnaker2", "chain")
    assert mapping != replace(mapping, demand=Demand(5))
