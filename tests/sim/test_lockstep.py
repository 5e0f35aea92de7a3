from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.errors import SimulationError
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.sim import shares
from s2studio.sim.counts import SpikeRuns, TickBlock
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import compile_program
from s2studio.snn.connectivity import DenseWeights, SynapseList
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from tests.sim.networks import random_stimulus, running_networks
from tests.sim.reference import Reference

SPEC = load_chip("benchmark")  # room enough for any random network
MACHINE = make_machine(SPEC)
STEPS = 14


def mapped(network: ChipNetwork, neurons_per_pe: int = 11) -> ChipMapping:
    sizes = {population.name: neurons_per_pe for population in network.spiking.populations}
    return map_network(network, MACHINE, MappingOptions(neurons_per_pe=sizes), Demand(STEPS))


def simulator(network: ChipNetwork, seed: int = 0, batch: int = 1, neurons_per_pe: int = 11) -> Simulator:
    computing = [p.name for p in network.spiking.populations if p.model.startswith("lif")]
    return Simulator(compile_program(network, mapped(network, neurons_per_pe), SPEC, computing), seed, batch)


def joined(blocks: Sequence[TickBlock]) -> TickBlock:
    """Return blocks of one sample as one."""
    first = blocks[0]
    names = ("sample", "tick", "population", "neuron")
    spikes = type(first.spikes)(*(np.concatenate([getattr(b.spikes, name) for b in blocks]) for name in names))
    counts = replace(
        first.counts,
        packets=np.concatenate([b.counts.packets for b in blocks], axis=1),
        synaptic_events=np.concatenate([b.counts.synaptic_events for b in blocks], axis=1),
        spikes=np.concatenate([b.counts.spikes for b in blocks], axis=1),
    )
    voltages = {name: np.concatenate([b.voltages[name] for b in blocks], axis=1) for name in first.voltages}
    return TickBlock(first.start, sum(b.ticks for b in blocks), SpikeRuns.of(spikes), counts, voltages)


def assert_same(one: TickBlock, other: TickBlock) -> None:
    assert (one.start, one.ticks) == (other.start, other.ticks)
    for name in ("sample", "tick", "population", "neuron"):
        np.testing.assert_array_equal(getattr(one.spikes, name), getattr(other.spikes, name))
    for name in ("packets", "synaptic_events", "spikes", "updates", "recorded_bytes"):
        np.testing.assert_array_equal(getattr(one.counts, name), getattr(other.counts, name))
    for name, voltages in one.voltages.items():
        np.testing.assert_array_equal(voltages, other.voltages[name])


def spikes_sent(block: TickBlock, network: ChipNetwork, sample: int, tick: int) -> dict[str, Any]:
    rows = (block.spikes.sample == sample) & (block.spikes.tick == tick)
    return {
        population.name: np.bincount(
            block.spikes.neuron[rows & (block.spikes.population == index)], minlength=population.size
        )
        for index, population in enumerate(network.spiking.populations)
    }


@settings(max_examples=60)
@given(running_networks(), st.integers(0, 2**40), st.integers(1, 3))
def test_that_the_engine_equals_the_numpy_reference_exactly(network: ChipNetwork, seed: int, batch: int) -> None:
    engine = simulator(network, seed, batch)
    stimuli = [random_stimulus(seed + k, network.spiking.population("input").size, STEPS) for k in range(batch)]

    block = engine.advance(STEPS, stimuli)

    slices = mapped(network).slices
    for sample in range(batch):
        reference = Reference(network, seed, sample)
        for tick in range(STEPS):
            sent, voltages, events = reference.tick(stimuli[sample])
            ours = spikes_sent(block, network, sample, tick)
            for population in network.spiking.populations:
                np.testing.assert_array_equal(ours[population.name], sent[population.name])
            for name, values in block.voltages.items():
                np.testing.assert_array_equal(values[sample, tick], voltages[name])
            per_slice = [events[piece.population][piece.start : piece.stop].sum() for piece in slices]
            np.testing.assert_array_equal(block.counts.synaptic_events[sample, tick], per_slice)
            per_slice = [sent[piece.population][piece.start : piece.stop].sum() for piece in slices]
            np.testing.assert_array_equal(block.counts.spikes[sample, tick], per_slice)


@settings(max_examples=20)
@given(running_networks(), st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_that_advancing_in_pieces_is_advancing_at_once(network: ChipNetwork, pieces: list[int]) -> None:
    stimulus = random_stimulus(1, network.spiking.population("input").size, sum(pieces))
    at_once = simulator(network).advance(sum(pieces), stimulus)
    engine, done, blocks = simulator(network), 0, []
    for steps in pieces:
        blocks.append(engine.advance(steps, {"input": stimulus["input"].between(done, done + steps)}))
        done += steps

    assert_same(joined(blocks), at_once)


@settings(max_examples=20)
@given(running_networks())
def test_that_a_restored_snapshot_repeats_what_followed_it(network: ChipNetwork) -> None:
    engine = simulator(network, batch=2)
    stimulus = random_stimulus(1, network.spiking.population("input").size, STEPS)
    engine.advance(5, {"input": stimulus["input"].between(0, 5)})
    snapshot = engine.snapshot()
    first = engine.advance(STEPS, stimulus)
    engine.advance(3)

    engine.restore(snapshot)

    assert engine.tick == 5
    assert_same(engine.advance(STEPS, stimulus), first)


@settings(max_examples=20)
@given(running_networks(), st.integers(1, 30))
def test_that_spikes_do_not_depend_on_how_populations_are_cut(network: ChipNetwork, neurons_per_pe: int) -> None:
    stimulus = random_stimulus(1, network.spiking.population("input").size, STEPS)
    one, other = (simulator(network, neurons_per_pe=size).advance(STEPS, stimulus) for size in (256, neurons_per_pe))

    for name in ("sample", "tick", "population", "neuron"):
        np.testing.assert_array_equal(getattr(one.spikes, name), getattr(other.spikes, name))
    for name, voltages in one.voltages.items():
        np.testing.assert_array_equal(voltages, other.voltages[name])


@settings(max_examples=20)
@given(running_networks())
def test_that_packets_received_are_the_target_pes_of_the_packets_sent_a_tick_before(network: ChipNetwork) -> None:
    engine = simulator(network)
    block = engine.advance(STEPS, random_stimulus(1, network.spiking.population("input").size, STEPS))

    targets = np.array([len(route.targets) for route in mapped(network).routes])
    sent = block.counts.spikes[0] @ targets
    np.testing.assert_array_equal(block.counts.packets[0].sum(axis=1)[1:], sent[:-1])
    assert block.counts.packets[0, 0].sum() == 0


def one_synapse(delay: int, model: str = "lif") -> ChipNetwork:
    zero = np.zeros(1, np.int32)
    synapse = SynapseList(zero, zero, np.array([5], np.int8), np.array([delay], np.uint8))
    populations = (Population("input", 1, "spike_list"), Population("neuron", 1, model, {"threshold": 5.0}))
    return ChipNetwork("one", SpikingPart(populations, (Projection("input", "neuron", synapse),)))


@pytest.mark.parametrize("delay", range(8))
def test_that_a_spike_of_tick_t_acts_in_tick_t_plus_1_plus_the_delay_field(delay: int) -> None:
    given_at_3 = {"input": SpikeTrain(np.array([3]), np.array([0], np.int32))}
    block = simulator(one_synapse(delay)).advance(STEPS, given_at_3)

    assert block.spikes.tick[block.spikes.population == 1].tolist() == [4 + delay]


def test_that_each_operation_rounds_to_fp32_from_left_to_right() -> None:
    """With a fused multiply-add, in float64, or summed the other way round, V would differ in the last bit."""
    params = {"threshold": 1e9, "alpha_decay": 0.9, "i_offset": 0.1, "v_init": 0.3}
    network = ChipNetwork("one", SpikingPart((Population("neuron", 1, "lif", params),), ()))
    block = simulator(network).advance(50)

    f, v, expected = np.float32, np.float32(0.3), []
    for _ in range(50):
        v = f(f(f(0.9) * v) + f(0)) + f(0.1)
        expected.append(v)
    np.testing.assert_array_equal(block.voltages["neuron"][0, :, 0], expected)


def test_that_poisson_neurons_fire_at_their_rate_and_not_together() -> None:
    population = Population("noise", 200, "poisson_process", {"p": 0.1})
    network = ChipNetwork("noise", SpikingPart((population,), ()))
    block = simulator(network).advance(2000)

    per_neuron = np.bincount(block.spikes.neuron, minlength=200)
    per_tick = np.bincount(block.spikes.tick, minlength=2000)
    assert abs(per_neuron.mean() - 200) < 4  # four standard errors are 3.8
    assert 0.7 < per_neuron.var() / (2000 * 0.09) < 1.4
    assert 0.8 < per_tick.var() / (200 * 0.09) < 1.25


@pytest.mark.parametrize(
    ("stimulus", "says"),
    [
        ({"inptu": SpikeTrain(np.array([0]), np.array([0], np.int32))}, "did you mean 'input'"),
        ({"neuron": SpikeTrain(np.array([0]), np.array([0], np.int32))}, "no input population 'neuron'"),
        ({"input": SpikeTrain(np.array([0]), np.array([1], np.int32))}, "its neurons are 0 to 0"),
        ({"input": SpikeTrain(np.array([9]), np.array([0], np.int32))}, "this advance has 5 steps"),
    ],
)
def test_that_a_stimulus_that_does_not_belong_to_the_network_is_refused(stimulus: Stimulus, says: str) -> None:
    with pytest.raises(SimulationError, match=says):
        simulator(one_synapse(0)).advance(5, stimulus)


def test_that_relays_that_feed_each_other_without_end_are_refused_in_time() -> None:
    weights = DenseWeights(np.ones((40, 40), np.int8))
    populations = (Population("noise", 40, "poisson_process", {"p": 1.0}), Population("relay", 40, "relay"))
    projections = (Projection("noise", "relay", weights), Projection("relay", "relay", weights))
    with pytest.raises(SimulationError, match="relays"):
        simulator(ChipNetwork("loop", SpikingPart(populations, projections))).advance(20)


@settings(max_examples=10)
@given(running_networks(), st.integers(2, 4))
def test_that_threads_and_the_batch_change_nothing(network: ChipNetwork, batch: int) -> None:
    stimulus = random_stimulus(1, network.spiking.population("input").size, STEPS)
    program = simulator(network).program
    threaded = Simulator(program, 3, batch, threads=4).advance(STEPS, stimulus)
    assert_same(threaded, Simulator(program, 3, batch).advance(STEPS, stimulus))

    for number in range(batch):
        alone = Simulator(program, 3, samples=[number]).advance(STEPS, stimulus)
        mine = threaded.spikes.sample == number
        np.testing.assert_array_equal(alone.spikes.neuron, threaded.spikes.neuron[mine])
        np.testing.assert_array_equal(alone.counts.packets[0], threaded.counts.packets[number])


@settings(max_examples=25)
@given(running_networks(), st.integers(2, 4), st.integers(0, 2**20))
def test_that_threads_that_share_one_sample_change_nothing(network: ChipNetwork, threads: int, seed: int) -> None:
    stimulus = random_stimulus(seed, network.spiking.population("input").size, STEPS)
    program = simulator(network).program
    alone = Simulator(program, seed).advance(STEPS, stimulus)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shares, "LEAST_TO_SPLIT", 1)
        patch.setattr(shares, "UNIT", 1)
        engine = Simulator(program, seed, threads=threads)
    pieces = [engine.advance(5, {"input": stimulus["input"].between(0, 5)})]
    snapshot = engine.snapshot()
    for _ in range(2):
        engine.restore(snapshot)
        rest = engine.advance(STEPS - 5, {"input": stimulus["input"].between(5, STEPS)})
    assert_same(joined([*pieces, rest]), alone)


@pytest.mark.parametrize(("processors", "load", "threads"), [(2, 0.0, 1), (4, 0.0, 3), (4, 2.1, 1), (16, 0.0, 4)])
def test_that_a_sample_leaves_a_processor_to_what_records_it(
    monkeypatch: pytest.MonkeyPatch, processors: int, load: float, threads: int
) -> None:
    network = ChipNetwork("idle", SpikingPart((Population("idle", 4 * 8192, "lif"),), ()))
    program = compile_program(network, mapped(network, 250), SPEC)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(processors), raising=False)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0), raising=False)

    assert shares.sensible_threads(program) == threads


def test_that_large_populations_are_shared_out_among_threads_and_small_ones_stay_whole() -> None:
    populations = (
        Population("input", 10, "spike_list"),
        Population("large", 10_000, "lif"),
        Population("small", 100, "lif"),
        Population("other", 90, "lif"),
    )
    program = simulator(ChipNetwork("sizes", SpikingPart(populations, ())), neurons_per_pe=128).program

    found = shares.shares(program, 3)

    assert found[:, 1].tolist() == [[0, 3328], [3328, 6656], [6656, 10_000]]
    for population, size in ((0, 10), (2, 100), (3, 90)):
        assert sorted((found[:, population, 1] - found[:, population, 0]).tolist()) == [0, 0, size]


def test_that_a_log_of_spikes_grows_on_every_thread() -> None:
    busy = Population("busy", 3 * shares.UNIT, "lif", {"threshold": 1.0, "i_offset": 1.0})
    program = simulator(ChipNetwork("busy", SpikingPart((busy,), ())), neurons_per_pe=128).program
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shares, "LEAST_TO_SPLIT", 1)
        engine = Simulator(program, threads=2)

    block = engine.advance(100)

    assert np.array_equal(block.spikes.neuron, np.tile(np.arange(busy.size), 100))
    assert np.array_equal(block.spikes.tick, np.repeat(np.arange(100), busy.size))
