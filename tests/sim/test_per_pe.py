"""The engine `per_pe` beside `lockstep` where all PEs are in time, and by hand where one is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.spec import ChipSpec
from s2studio.errors import SimulationError, UsageError
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions
from s2studio.network.stimulus.spikes import SpikeTrain
from s2studio.sim.counts import TickBlock
from s2studio.sim.engine import ENGINES, Engine, EngineOptions, make_engine
from s2studio.sim.kernels.per_pe import DROP, OVERWRITE, admitted
from s2studio.sim.level import LevelPolicy
from s2studio.sim.per_pe import FIFO_POLICIES, FifoPolicy, PerPeSimulator
from s2studio.sim.pricing import price
from s2studio.sim.program import compile_program
from s2studio.snn.connectivity import DenseWeights
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from tests.sim.networks import random_stimulus, running_networks
from tests.sim.test_lockstep import MACHINE, SPEC, STEPS, joined, mapped

SAMPLE_COLUMNS = ("sample", "tick", "population", "neuron")


def engine_for(name: str, network: ChipNetwork, options: EngineOptions) -> Engine:
    mapping = mapped(network)
    computing = [p.name for p in network.spiking.populations if p.model.startswith("lif")]
    return make_engine(name, compile_program(network, mapping, SPEC, computing), network, mapping, SPEC, options)


def run(name: str, network: ChipNetwork, options: EngineOptions, pieces: tuple[int, ...] = (STEPS,)) -> TickBlock:
    engine = engine_for(name, network, options)
    stimulus = random_stimulus(1, network.spiking.population("input").size, sum(pieces))["input"]
    blocks, done = [], 0
    for steps in pieces:
        blocks.append(engine.advance(steps, {"input": stimulus.between(done, done + steps)}))
        done += steps
    return blocks[0] if len(blocks) == 1 else joined(blocks)


def assert_same(one: TickBlock, other: TickBlock) -> None:
    for name in SAMPLE_COLUMNS:
        np.testing.assert_array_equal(getattr(one.spikes, name), getattr(other.spikes, name))
    for name in ("packets", "synaptic_events", "spikes", "updates", "recorded_bytes"):
        np.testing.assert_array_equal(getattr(one.counts, name), getattr(other.counts, name))
    for name, voltages in one.voltages.items():
        np.testing.assert_array_equal(voltages, other.voltages[name])


@pytest.mark.parametrize("fifo", FIFO_POLICIES)
@settings(max_examples=12, deadline=None)
@given(network=running_networks(), seed=st.integers(0, 2**62), level=st.sampled_from(["low", "high", "auto"]))
def test_that_both_engines_agree_spike_for_spike_where_no_pe_is_late(
    network: ChipNetwork, seed: int, level: str, fifo: FifoPolicy
) -> None:
    options = EngineOptions(seed, 0, STEPS, tick_s=1.0, level=LevelPolicy(level), fifo=fifo)
    block = run("per_pe", network, replace(options, fifo=fifo))

    assert_same(block, run("lockstep", network, options))
    assert block.lateness is not None
    for name in ("start_delay_s", "packets_late"):
        assert not getattr(block.lateness, name)[:, 1:].any()
    # A tick of a second is long enough for any work; a FIFO of 512 packets is not.
    if not block.lateness.packets_lost.any():
        assert not block.lateness.stalled_s.any()


@settings(max_examples=12, deadline=None)
@given(running_networks(), st.lists(st.integers(0, 6), min_size=1, max_size=4), st.sampled_from([1.0, 2e-5]))
def test_that_advancing_in_pieces_is_advancing_at_once_late_or_not(
    network: ChipNetwork, pieces: list[int], tick_s: float
) -> None:
    options = EngineOptions(3, 0, sum(pieces), tick_s)
    whole = run("per_pe", network, options, (sum(pieces),))
    parts = run("per_pe", network, options, tuple(pieces))

    assert whole.ticks == parts.ticks == sum(pieces)
    assert_same(whole, parts)


@settings(max_examples=12, deadline=None)
@given(running_networks(), st.sampled_from(FIFO_POLICIES), st.sampled_from([1e-5, 3e-5]))
def test_that_every_packet_is_read_lost_or_still_waiting(network: ChipNetwork, fifo: FifoPolicy, tick_s: float) -> None:
    engine = engine_for("per_pe", network, EngineOptions(0, 0, STEPS, tick_s, fifo=fifo))
    stimulus = random_stimulus(1, network.spiking.population("input").size, STEPS)
    try:
        block = engine.advance(STEPS, stimulus)
    except SimulationError:
        # Relays that feed themselves fill FIFOs for ever, and a NoC that stalls then stands still.
        event(f"refused with {fifo}")
        return
    targets = np.array([len(route.targets) for route in mapped(network).routes])
    sent = int((block.counts.spikes[0] @ targets).sum())
    assert isinstance(engine, PerPeSimulator)
    waiting = sum(len(pe.waiting) + sum(map(len, pe.arriving)) for pe in engine._pes)
    assert block.lateness is not None
    read, lost = int(block.counts.packets.sum()), int(block.lateness.packets_lost.sum())

    assert read + lost + waiting == sent
    assert len(block.lateness.lost.tick) == lost


def overloaded(weight: int = 10) -> ChipNetwork:
    """Return 200 sources that all reach 100 neurons: a tick of many packets is a tick of much work."""
    populations = (
        Population("input", 200, "spike_list"),
        Population("output", 100, "lif_no_delay", {"threshold": 1000.0, "alpha_decay": 0.0}),
    )
    weights = DenseWeights(np.full((200, 100), weight, np.int8))
    return ChipNetwork("overloaded", SpikingPart(populations, (Projection("input", "output", weights),), ("output",)))


def engine_of(
    network: ChipNetwork, options: EngineOptions, spec: ChipSpec, per_pe: int = 250
) -> tuple[Engine, ChipMapping]:
    sizes = {population.name: per_pe for population in network.spiking.populations}
    mapping = map_network(network, make_machine(spec), MappingOptions(neurons_per_pe=sizes), Demand(options.steps or 1))
    return make_engine("per_pe", compile_program(network, mapping, spec), network, mapping, spec, options), mapping


def burst(ticks: dict[int, int]) -> dict[str, SpikeTrain]:
    step = np.repeat(list(ticks), list(ticks.values()))
    neuron = np.concatenate([np.arange(count) for count in ticks.values()])
    return {"input": SpikeTrain(step, neuron.astype(np.int32))}


def test_that_a_late_pe_drifts_and_catches_up_by_the_cycles_of_its_work() -> None:
    """A burst of 200 packets x 100 events takes 2.25 ms at 150 MHz; after it, ticks take 0.05 ms."""
    spec, network = load_chip(), overloaded()
    engine, mapping = engine_of(network, EngineOptions(0, 0, 6, 1e-3), spec)
    block = engine.advance(6, burst({1: 200}))
    output = 1
    lateness = block.lateness
    assert lateness is not None

    assert block.counts.packets[0, :, output].tolist() == [0, 0, 200, 0, 0, 0]
    work = spec.cycles.tick + 100 * spec.models["lif_no_delay"].cycles_per_neuron
    busy_s = (work + 200 * spec.cycles.packet + 20_000 * spec.cycles.synaptic_event) / 150e6
    drift_s = busy_s - 1e-3
    after_s = work / 150e6
    expected = [0, 0, 0, drift_s, max(0, drift_s + after_s - 1e-3), 0]
    np.testing.assert_allclose(lateness.start_delay_s[0, :, output], expected, atol=1e-12)
    priced = price(block.counts, network, mapping, spec, LevelPolicy(), 1e-3)
    assert priced.time_done_s[0, 2, output] == pytest.approx(busy_s)


def test_that_a_packet_after_the_fifo_was_read_counts_for_the_next_tick() -> None:
    """The source is late in the tick after its burst, so that its next spikes miss the tick they were meant for."""
    spec = load_chip()
    tick_s = 4 * 200 * spec.cycles.send / 150e6 / 5
    engine, _ = engine_of(overloaded(1), EngineOptions(0, 0, 8, tick_s), spec)
    block = engine.advance(8, burst({1: 200, 2: 1}))

    assert block.counts.spikes[0, :, 0].tolist() == [0, 200, 1, 0, 0, 0, 0, 0]
    assert block.lateness is not None
    assert int(block.lateness.packets_late.sum()) > 0
    assert int(block.counts.packets[0, :, 1].sum()) == 201


@pytest.mark.parametrize(("fifo", "reads"), [("drop", 20), ("overwrite", 20), ("stall", 200)])
def test_that_a_full_fifo_drops_overwrites_or_stalls(fifo: FifoPolicy, reads: int) -> None:
    spec = replace(load_chip(), fifo_depth_packets=20)
    engine, _ = engine_of(overloaded(), EngineOptions(0, 0, 30, 1e-3, fifo=fifo), spec)
    block = engine.advance(30, burst({1: 200}))
    lateness = block.lateness
    assert lateness is not None

    assert int(block.counts.packets.sum()) == reads
    assert int(lateness.packets_lost.sum()) == 200 - reads
    assert (lateness.stalled_s.max() > 0) == (fifo == "stall")
    lost = lateness.lost.neuron.tolist()
    assert lost == {"drop": list(range(20, 200)), "overwrite": list(range(180)), "stall": []}[fifo]
    assert set(lateness.lost.sent_tick.tolist()) <= {1}


def test_that_a_noc_that_stalls_for_ever_is_refused() -> None:
    spec = replace(load_chip(), fifo_depth_packets=2)
    populations = (Population("noise", 9, "poisson_process", {"p": 1.0}), Population("relay", 9, "relay"))
    weights = DenseWeights(np.ones((9, 9), np.int8))
    network = ChipNetwork(
        "loop", SpikingPart(populations, (Projection("noise", "relay", weights), Projection("relay", "relay", weights)))
    )
    engine, _ = engine_of(network, EngineOptions(0, 0, 5, 1e-3, fifo="stall"), spec)
    with pytest.raises(SimulationError, match="stands still"):
        engine.advance(5)


@given(
    gaps=st.lists(st.integers(0, 3), max_size=30),
    taken=st.lists(st.integers(0, 40), max_size=6),
    depth=st.integers(1, 6),
)
def test_that_a_fifo_never_holds_more_than_its_depth(gaps: list[int], taken: list[int], depth: int) -> None:
    arrival = np.cumsum(gaps).astype(np.float64)
    leaving = np.sort(np.array(taken[:depth], np.float64))
    for policy in (DROP, OVERWRITE):
        kept = admitted(arrival, leaving, depth, policy)
        held = int((leaving > arrival[-1]).sum()) if len(arrival) else 0
        assert kept.sum() + held <= max(depth, held)
        if policy == DROP:
            for number, moment in enumerate(arrival):
                there = int((leaving > moment).sum()) + int(kept[:number].sum())
                assert kept[number] == (there < depth)


def test_that_an_unknown_engine_and_a_wrong_stimulus_are_refused() -> None:
    network = overloaded()
    mapping = map_network(network, MACHINE, MappingOptions(), Demand(1))
    program = compile_program(network, mapping, SPEC)
    with pytest.raises(UsageError, match="did you mean 'per_pe'"):
        make_engine("per-pe", program, network, mapping, SPEC, EngineOptions())
    for name in ENGINES:
        engine = make_engine(name, program, network, mapping, SPEC, EngineOptions(steps=5))
        with pytest.raises(SimulationError, match="no input population 'output'"):
            engine.advance(5, {"output": SpikeTrain(np.array([0]), np.array([0], np.int32))})
