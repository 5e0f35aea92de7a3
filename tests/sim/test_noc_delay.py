"""The first-order model of the NoC beside the cycle-accurate one: by hand, and its error on three kinds of traffic."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.app.project import open_project
from s2studio.app.workbench import Workbench
from s2studio.chip.loader import load_chip
from s2studio.mapping.mapping import ChipMapping, Link, Node
from s2studio.mapping.route.paths import Mesh, links
from s2studio.sim.counts import Counts
from s2studio.sim.level import LevelPolicy
from s2studio.sim.lockstep import Simulator
from s2studio.sim.noc_delay import (
    ERROR,
    ERROR_AT_THE_LIMIT,
    FULL_LOAD,
    NocLoad,
    Way,
    mean_wait_s,
    noc_load,
    noc_times,
    route_latencies_s,
    route_ways,
)
from s2studio.sim.pricing import price
from s2studio.sim.program import compile_program
from s2studio.sim.timing import slice_work
from s2studio.sim.traffic import traffic
from tests.conftest import REPOSITORY
from tests.sim.flit_model import FlitModel, Packet
from tests.sim.mappings import small_mapping, small_network

SPEC = load_chip()
TIMES = noc_times(SPEC)
CYCLE_S = TIMES.hop_s / 5


def flit_model() -> FlitModel:
    engines = 3
    return FlitModel(5, TIMES.lookup_s / CYCLE_S, engines, TIMES.between_lookups_s * engines / CYCLE_S)


def test_that_the_times_are_those_of_the_chip_file() -> None:
    assert TIMES.hop_s == pytest.approx(5 / 300e6)
    assert TIMES.flit_s == pytest.approx(1 / 300e6)
    assert TIMES.between_lookups_s == pytest.approx(1 / (3 * 400e6))


def test_that_three_packets_that_meet_agree_with_the_hand_and_each_other_exactly() -> None:
    """Three packets enter QPE(1, 1) in one cycle for QPE(3, 1): on the first link they wait 0, 1 and 2 cycles.

    After it they follow each other a cycle apart and never meet again: 10, 11 and 12 cycles, 11 on average.
    """
    mesh = Mesh(SPEC)
    way = links((0, 0), mesh.path((1, 1), (3, 1)))
    found = flit_model().run([Packet(0, way[0].source, (way,)) for _ in range(3)])
    wait = mean_wait_s(np.array([3]), 0.0, TIMES.flit_s)[0] / CYCLE_S

    assert sorted(found.values()) == [10, 11, 12]
    assert np.mean(list(found.values())) == pytest.approx(2 * 5 + wait, rel=1e-12)


def test_that_a_packet_alone_needs_its_hops_and_its_look_up() -> None:
    mapping = small_mapping()
    latency = route_latencies_s(mapping, SPEC) / CYCLE_S
    ways = route_ways(mapping, 0)
    found = flit_model().run([Packet(0, ways[1][0].source, tuple(ways.values()))])

    # To the router and back, 2 hops; to the other, 3; 8.25 cycles of look-up in whole cycles are 9.
    assert latency[0, 1] == pytest.approx(2 * 5 + 8.25)
    assert latency[0, 2] == pytest.approx(3 * 5 + 8.25)
    assert found == {(0, Node(0, 0, 4, 5)): 19, (0, Node(0, 0, 2, 4)): 24}
    assert np.isnan(latency[1]).all()


@given(st.integers(0, 200), st.floats(0, 1e-4))
def test_that_waiting_lies_between_none_and_that_of_all_at_once(packets: int, window_s: float) -> None:
    wait = float(mean_wait_s(np.array([packets]), window_s, TIMES.flit_s)[0])

    assert 0 <= wait <= max(0, packets - 1) * TIMES.flit_s / 2 * (1 + 1e-12)
    assert wait >= float(mean_wait_s(np.array([packets]), 2 * window_s + 1e-9, TIMES.flit_s)[0]) - 1e-18


class Latency(NamedTuple):
    first_order: float
    flits: float
    load: float = 0.0

    @property
    def error(self) -> float:
        return self.first_order / self.flits - 1


def compared(packets: list[Packet], window: int) -> Latency:
    """Return the mean latencies in cycles of packets over the mesh that enter within `window` cycles."""
    over = Counter(link for packet in packets for way in packet.ways for link in way)
    wait = {link: float(mean_wait_s(np.array([n]), window * CYCLE_S, TIMES.flit_s)[0]) for link, n in over.items()}
    ways = [way for packet in packets for way in packet.ways]
    first_order = np.mean([sum(5 + wait[link] / CYCLE_S for link in way) for way in ways])
    load = max(over.values()) / window
    return Latency(float(first_order), float(np.mean(list(flit_model().run(packets).values()))), load)


def uniform_packets(count: int, window: int, hotspot: float, seed: int) -> list[Packet]:
    """Return packets between random QPEs at random moments, a share of them to QPE(6, 5)."""
    random, mesh = np.random.default_rng(seed), Mesh(SPEC)
    cells = sorted(mesh.cells)
    packets = []
    for cycle in sorted(random.integers(0, window, count).tolist()):
        source, target = random.choice(len(cells), 2, replace=False).tolist()
        aim = (6, 5) if random.random() < hotspot and cells[source] != (6, 5) else cells[target]
        way = links((0, 0), mesh.path(cells[source], aim))
        packets.append(Packet(cycle, way[0].source, (way,)))
    return packets


@pytest.mark.parametrize(("hotspot", "count"), [(0.0, 400), (0.0, 5000), (0.2, 800), (0.2, 3000)])
def test_that_the_first_order_error_on_uniform_and_hotspot_traffic_is_within_what_is_stated(
    hotspot: float, count: int
) -> None:
    latency = compared(uniform_packets(count, 500, hotspot, seed=1), 500)

    assert latency.load <= FULL_LOAD
    assert abs(latency.error) < ERROR, latency


@pytest.mark.parametrize(("hotspot", "count"), [(0.0, 9000), (0.5, 1500)])
def test_that_the_error_is_larger_where_a_link_is_full_as_stated(hotspot: float, count: int) -> None:
    latency = compared(uniform_packets(count, 500, hotspot, seed=1), 500)

    assert latency.load > FULL_LOAD
    assert ERROR < abs(latency.error) < ERROR_AT_THE_LIMIT, latency


class Real(NamedTuple):
    mapping: ChipMapping
    counts: Counts
    load: NocLoad
    spikes: dict[int, list[int]]


@pytest.fixture(scope="module")
def real() -> Real:
    """The busiest tick of event_digits: the load on the NoC, and the spikes that each slice sends."""
    bench = Workbench(open_project(REPOSITORY / "sample_projects/event_digits/project.yaml"))
    network, inputs, mapping, spec = bench.lower().network, bench.inputs(), bench.map(), bench.machine().spec
    program = compile_program(network, mapping, spec)
    block = Simulator(program).advance(inputs.steps, dict(inputs.stimulus))
    priced = price(block.counts, network, mapping, spec, bench.project.run.level, 1e-3)
    load = noc_load(block.counts, slice_work(network, mapping), traffic(mapping), spec, priced.levels)
    busiest = int(load.flits.sum(axis=1).argmax())
    spikes: dict[int, list[int]] = {}
    for row in np.flatnonzero(block.spikes.tick == busiest).tolist():
        neuron = int(program.populations.first_neuron[block.spikes.population[row]]) + int(block.spikes.neuron[row])
        spikes.setdefault(int(program.populations.slice_of[neuron]), []).append(neuron)
    chosen = slice(busiest, busiest + 1)
    only = replace(
        block.counts,
        packets=block.counts.packets[:, chosen],
        synaptic_events=block.counts.synaptic_events[:, chosen],
        spikes=block.counts.spikes[:, chosen],
    )
    return Real(
        mapping,
        only,
        noc_load(only, slice_work(network, mapping), traffic(mapping), spec, priced.levels[:, chosen]),
        spikes,
    )


def test_that_the_first_order_error_on_real_traffic_is_within_what_is_stated(real: Real) -> None:
    random, window = np.random.default_rng(0), int(real.load.window_s[0] / CYCLE_S)
    packets, first_order = [], []
    for number, neurons in real.spikes.items():
        ways: list[Way] = list(dict.fromkeys(route_ways(real.mapping, number).values()))
        for _ in neurons if ways else ():
            packets.append(Packet(int(random.integers(0, max(1, window))), ways[0][0].source, tuple(ways)))
            first_order += [real.load.delay_s(0, way) / CYCLE_S for way in ways]
    latency = Latency(float(np.mean(first_order)), float(np.mean(list(flit_model().run(packets).values()))))

    assert (
        len(packets)
        == real.counts.spikes[0, 0][[number for number in real.spikes if real.mapping.routes[number].targets]].sum()
    )
    assert abs(latency.error) < ERROR, latency


def test_that_the_load_of_links_and_router_is_the_traffic_of_the_spikes() -> None:
    network, mapping = small_network(), small_mapping()
    spikes = np.array([[[0, 0, 0], [3, 1, 0]]], np.int32)
    block = Counts(spikes, spikes, spikes, np.array([0, 4, 4], np.int32), np.zeros(3, np.int32))
    priced = price(block, network, mapping, SPEC, LevelPolicy(), 1e-3)
    load = noc_load(block, slice_work(network, mapping), traffic(mapping), SPEC, priced.levels)

    assert load.lookups.tolist() == [0, 3]
    assert load.flits.tolist() == [[0, 0, 0, 0], [3, 3, 3, 3]]
    assert load.window_s[0] == 0
    assert load.window_s[1] == pytest.approx(3 * SPEC.cycles.send / 150e6)
    assert (load.link_wait_s[1] > 0).all()
    way: Way = (Link(Node(0, 0, 4, 5), Node(0, 0, 4, 4, is_router=True)),)
    assert load.delay_s(0, way) == pytest.approx(TIMES.hop_s + TIMES.lookup_s)
    assert load.delay_s(1, way) > load.delay_s(0, way)
