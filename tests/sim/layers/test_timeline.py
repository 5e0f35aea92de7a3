"""The timeline of deep networks: no time is lost or counted twice, bytes are conserved, the DRAM is shared."""

from __future__ import annotations

import numpy as np
import pytest

from s2studio.chip.layer_costs import layer_costs
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import Machine
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.work import convolution, matmul, values
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.stages import CLEAN_UP, MLA, SET_UP, SLEEP, STAGES, WEIGHTS
from s2studio.sim.layers.timeline import LayerTimeline

WORKS = (
    matmul("fc1", 128, 768, 3072),
    matmul("attention", 128, 64, 128, batch=12, has_weights=False),
    matmul("one row", 1, 9216, 4096),
    convolution("first", 3, 224, 64, 7, stride=2),
    convolution("deep", 512, 14, 512, 3),
    convolution("depthwise", 96, 112, 96, 3, stride=2, groups=96),
    values("norm", "norm", 128, 768),
    values("sum", "elementwise", 3136, 256, inputs=2),
)


@pytest.fixture(scope="module")
def machine() -> Machine:
    return make_machine(load_chip(), "dnn-scheduler")


@pytest.fixture(scope="module", params=["low", "high"])
def mapping(machine: Machine, request: pytest.FixtureRequest) -> LayerMapping:
    return map_layers("all", WORKS, machine, LayerOptions(request.param, keeps_weights=False))


@pytest.fixture(scope="module")
def timeline(machine: Machine, mapping: LayerMapping) -> LayerTimeline:
    return simulate_layers(mapping, machine)


def test_that_the_intervals_of_every_pe_follow_one_another_without_gap(timeline: LayerTimeline) -> None:
    for pe in range(len(timeline.pes)):
        own = timeline.pe == pe

        assert timeline.start_ns[own][0] == 0
        assert timeline.stop_ns[own][-1] == timeline.end_ns
        assert (timeline.start_ns[own][1:] == timeline.stop_ns[own][:-1]).all()


def test_that_the_dram_moves_the_bytes_of_the_layers_and_never_faster_than_it_can(
    machine: Machine, timeline: LayerTimeline
) -> None:
    lasts_s = np.diff(timeline.dram_ns) / 1e9
    moved = float((lasts_s * timeline.dram_rates[:-1]).sum())
    totals = timeline.totals
    # Configurations are in the bytes, but their time is part of the overhead of the layer.
    configured = layer_costs(machine.spec).config_bytes * totals.workers.sum()

    assert timeline.dram_rates.max() <= 4e9 * (1 + 1e-9)
    assert moved == pytest.approx(float((totals.read_bytes + totals.written_bytes).sum() - configured), rel=2e-3)


def test_that_every_tensor_and_weight_crosses_the_dram_at_least_once(timeline: LayerTimeline) -> None:
    for number, work in enumerate(WORKS):
        assert timeline.totals.read_bytes[number] >= 0.99 * (work.input_bytes + work.weight_bytes)
        assert timeline.totals.written_bytes[number] >= work.output.bytes


def test_that_energy_is_the_sum_of_its_parts(machine: Machine, timeline: LayerTimeline) -> None:
    outside = timeline.energy_j - timeline.totals.energy_j.sum()
    level = machine.spec.levels[timeline.level]
    least, most = 0.132e-3 * machine.spec.energy.always_on_w, 0.132e-3 * (0.0752 + 152 * level.mla_busy_w)

    assert least < outside < most
    assert timeline.stage_energy_j[STAGES.index("mla")] == pytest.approx(
        (timeline.stop_ns - timeline.start_ns)[timeline.stage == MLA].sum() / 1e9 * level.mla_busy_w
    )


def test_that_the_search_judged_tilings_by_nearly_the_simulated_time(
    mapping: LayerMapping, timeline: LayerTimeline
) -> None:
    estimated = np.array([plan.tiling.estimate_s for plan in mapping.layers])

    assert timeline.totals.time_s == pytest.approx(estimated, rel=0.25)


def test_that_set_up_overhead_and_clean_up_are_the_published_ones(machine: Machine) -> None:
    tiny = map_layers("tiny", [matmul("tiny", 1, 4, 16)], machine, LayerOptions("high", keeps_weights=False))
    timeline = simulate_layers(tiny, machine)
    lasts = timeline.stop_ns - timeline.start_ns

    assert lasts[timeline.stage == SET_UP].tolist() == [39_000]
    assert lasts[timeline.stage == CLEAN_UP].tolist() == [93_000]
    assert timeline.totals.time_s[0] == pytest.approx(13e-6, abs=3e-6)


def test_that_a_layer_takes_longer_with_a_slower_dram_and_never_less_than_its_bytes(machine: Machine) -> None:
    latencies = []
    for rate in (2.4e9, 4e9, 6.4e9):
        options = LayerOptions("high", rate, keeps_weights=False)
        timeline = simulate_layers(map_layers("one", WORKS[:3], machine, options), machine)
        totals = timeline.totals
        latencies.append(timeline.latency_s)

        assert (totals.time_s >= (totals.read_bytes + totals.written_bytes - totals.workers * 96) / rate).all()
    assert latencies[0] > latencies[1] > latencies[2]


def test_that_weights_that_stay_are_fetched_in_the_first_inference_only(machine: Machine) -> None:
    mapping = map_layers("small", (matmul("a", 16, 256, 512), matmul("b", 16, 512, 256)), machine)
    first, later = simulate_layers(mapping, machine, True), simulate_layers(mapping, machine, False)

    assert (first.stage == WEIGHTS).any()
    assert not (later.stage == WEIGHTS).any()
    assert later.latency_s < first.latency_s
    assert first.totals.read_bytes.sum() - later.totals.read_bytes.sum() >= 2 * 256 * 512


def test_that_prefetched_weights_hide_behind_the_array(machine: Machine) -> None:
    mapping = map_layers("fc1", WORKS[:1], machine, LayerOptions("high", keeps_weights=False))
    timeline = simulate_layers(mapping, machine)
    worker = timeline.pe == 1
    waited = (timeline.stop_ns - timeline.start_ns)[worker & (timeline.stage == WEIGHTS)]

    assert mapping.layers[0].tiling.prefetches
    assert len(waited) == 3
    assert waited[1:].max() < 0.8 * waited[0]


def test_that_pes_that_no_layer_uses_are_asleep_in_the_sums(machine: Machine) -> None:
    mapping = map_layers("tiny", [matmul("tiny", 1, 4, 16)], machine, LayerOptions("low", keeps_weights=False))
    timeline = simulate_layers(mapping, machine)
    asleep_w = machine.spec.levels["low"].asleep_w

    assert len(timeline.pes) == 2
    assert timeline.stage_energy_j[SLEEP] >= 150 * asleep_w * timeline.latency_s
