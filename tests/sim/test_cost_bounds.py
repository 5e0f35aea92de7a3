"""The feasible set against its definition: linear programs solved by brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip
from s2studio.chip.spec import ChipSpec
from s2studio.sim.cost_bounds import COST_NAMES, corners_of, feasible_costs
from s2studio.sim.counts import Counts
from s2studio.sim.timing import slice_work, time_done_bounds_s
from tests.sim.mappings import small_mapping, small_network

SPEC = load_chip()
PACKET, EVENT, NEURON = (COST_NAMES.index(name) for name in ("packet", "synaptic_event", "neuron"))


def with_range(spec: ChipSpec, key: str, low: float, high: float) -> ChipSpec:
    quantity = replace(spec.quantities[key], range=(low, high))
    return replace(spec, quantities={**spec.quantities, key: quantity})


def test_that_the_upper_ends_together_break_the_published_throughput() -> None:
    costs = feasible_costs(SPEC)
    high = {name: costs.ranges[f"cycles.{name}"][1] for name in COST_NAMES[:-1]}

    assert 1_000 * high["tick"] + 12e6 * high["synaptic_event"] + 1.024e6 * 90 > 300e6
    assert costs.contradicted == ()
    for corner in costs.corners("lif_curr_exp").most:
        assert 1_000 * corner[0] + 12e6 / 102.4 * corner[PACKET] + 12e6 * corner[EVENT] + 1.024e6 * corner[
            NEURON
        ] <= 300e6 * (1 + 1e-9)


def test_that_each_cost_alone_can_reach_both_ends_of_its_range() -> None:
    costs = feasible_costs(SPEC)

    assert all(costs.interval(key) == limits for key, limits in costs.ranges.items())


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), costs=st.integers(1, 4), cuts=st.integers(0, 2))
def test_that_no_point_of_the_set_costs_more_than_its_corners(seed: int, costs: int, cuts: int) -> None:
    random = np.random.default_rng(seed)
    low = random.random(costs)
    high = low + random.random(costs) * (random.random(costs) < 0.8)
    halves = []
    for _ in range(cuts):
        uses = random.random(costs) * (random.random(costs) < 0.8)
        halves.append((uses, float(uses @ low + random.random() * (uses @ (high - low)))))
    corners = corners_of(low, high, halves)
    points = low + random.random((2_000, costs)) * (high - low)
    inside = np.all([points @ uses <= limit for uses, limit in halves] or [np.ones(len(points), bool)], axis=0)
    work = random.random(costs)

    for corner in corners:
        assert all(uses @ corner <= limit * (1 + 1e-6) + 1e-9 for uses, limit in halves)
        assert (corner >= low - 1e-8).all()
        assert (corner <= high + 1e-8).all()
    assert (points[inside] @ work).max(initial=0.0) <= (corners @ work).max() + 1e-8


LOW = np.zeros((1, 1, 3), np.int8)


def _counts(packets: int, events: int) -> Counts:
    return Counts(
        packets=np.array([[[0, packets, packets]]], dtype=np.int32),
        synaptic_events=np.array([[[0, events, events]]], dtype=np.int32),
        spikes=np.array([[[2, 1, 0]]], dtype=np.int32),
        updates=np.array([0, 4, 4], dtype=np.int32),
        recorded_bytes=np.array([0, 0, 0], dtype=np.int32),
    )


@given(packets=st.integers(0, 500), events=st.integers(0, 20_000))
def test_that_every_time_lies_in_its_interval(packets: int, events: int) -> None:
    work = slice_work(small_network(), small_mapping(frozenset({"v"})))
    bounds = time_done_bounds_s(_counts(packets, events), work, SPEC, LOW)

    assert (bounds.low_s <= bounds.nominal_s).all()
    assert (bounds.nominal_s <= bounds.pessimistic_s).all()
    upper = (500 + packets * 100 + events * 18 + 4 * 90 + 4 * 20) / 150e6
    assert bounds.pessimistic_s[0, 0, 1] <= upper * (1 + 1e-12)


def test_that_the_throughput_keeps_a_pe_full_of_events_from_costing_the_upper_end() -> None:
    work = slice_work(small_network(), small_mapping())
    counts = replace(_counts(117, 12_000), updates=np.array([0, 1_024, 1_024], dtype=np.int32))
    bounds = time_done_bounds_s(counts, work, SPEC, LOW)

    # The published core does this in 1 ms at 300 MHz, so in 2 ms at 150 MHz.
    assert bounds.pessimistic_s[0, 0, 2] <= 2e-3 * (1 + 1e-6)
    assert (500 + 117 * 100 + 12_000 * 18 + 1_024 * 90) / 150e6 > 2.1e-3


def test_that_a_narrower_range_narrows_the_interval_and_an_anchor_out_of_reach_is_named() -> None:
    work = slice_work(small_network(), small_mapping())
    wide = time_done_bounds_s(_counts(300, 10_000), work, SPEC, LOW)
    narrow = time_done_bounds_s(_counts(300, 10_000), work, with_range(SPEC, "cycles.synaptic_event", 15.9, 16.1), LOW)

    assert narrow.pessimistic_s[0, 0, 1] < wide.pessimistic_s[0, 0, 1]
    assert narrow.low_s[0, 0, 1] > wide.low_s[0, 0, 1]
    slow = feasible_costs(with_range(SPEC, "cycles.synaptic_event", 24, 25))
    assert slow.contradicted == ("throughput.synaptic_events_per_core", "throughput.synaptic_events_per_chip")
    assert slow.anchors == ()
