"""Cycles and times by hand, and what follows from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip
from s2studio.sim.counts import Counts
from s2studio.sim.timing import (
    cycles_by_kind,
    fifo_overflow,
    late,
    slice_work,
    smallest_safe_tick_s,
    time_done_s,
)
from tests.sim.mappings import small_mapping, small_network

SPEC = load_chip()


def _counts() -> Counts:
    return Counts(
        packets=np.array([[[0, 3, 3]]], dtype=np.int32),
        synaptic_events=np.array([[[0, 12, 12]]], dtype=np.int32),
        spikes=np.array([[[2, 1, 0]]], dtype=np.int32),
        updates=np.array([0, 4, 4], dtype=np.int32),
        recorded_bytes=np.array([0, 0, 0], dtype=np.int32),
    )


def test_that_cycles_are_counts_times_costs() -> None:
    work = slice_work(small_network(), small_mapping(frozenset({"spikes", "v"})))
    cycles = cycles_by_kind(_counts(), work, SPEC)
    costs, per_neuron = SPEC.cycles, SPEC.models["lif_no_delay"].cycles_per_neuron

    assert cycles["neurons"].tolist() == [[[costs.tick, costs.tick + 4 * per_neuron, costs.tick + 4 * per_neuron]]]
    assert cycles["synapses"].tolist() == [[[0, 12 * costs.synaptic_event, 12 * costs.synaptic_event]]]
    # The output has no targets: it spikes, but sends nothing.
    assert cycles["packets"].tolist() == [[[2 * costs.send, 3 * costs.packet, 3 * costs.packet]]]
    assert cycles["recording"].tolist() == [[[0, 4 * costs.voltage_record, 4 * costs.voltage_record]]]


@pytest.mark.parametrize("record", [frozenset[str](), frozenset({"spikes"}), frozenset({"v_last"})])
def test_that_only_voltages_of_every_tick_cost_recording_cycles(record: frozenset[str]) -> None:
    cycles = cycles_by_kind(_counts(), slice_work(small_network(), small_mapping(record)), SPEC)

    assert not cycles["recording"].any()


def test_that_time_done_is_all_cycles_at_the_clock_of_the_level_after_the_change_to_it() -> None:
    cycles = {"neurons": np.array([[[150.0, 300.0]]]), "synapses": np.array([[[150.0, 300.0]]])}

    assert time_done_s(cycles, np.array([[[0, 1]]], dtype=np.int8), SPEC).tolist() == [[[2e-6, 2.1e-6]]]


def test_that_a_pe_is_late_only_after_the_end_of_the_tick() -> None:
    assert late(np.array([0.9e-3, 1e-3, 1.001e-3]), 1e-3).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("time_done", "tick"), [(0.0, 1e-6), (1e-6, 1e-6), (1.2e-6, 2e-6), (299.99e-6, 300e-6), (1.0000001e-3, 1.001e-3)]
)
def test_that_the_smallest_safe_tick_is_the_next_period_of_the_timer(time_done: float, tick: float) -> None:
    assert smallest_safe_tick_s(time_done, SPEC) == pytest.approx(tick, rel=1e-12)


@given(cycles=st.integers(1, 10**8), level=st.sampled_from([0, 1]))
def test_that_no_pe_is_late_in_the_smallest_safe_tick(cycles: int, level: int) -> None:
    done = time_done_s({"neurons": np.array([float(cycles)])}, np.array([level], dtype=np.int8), SPEC)
    tick_s = smallest_safe_tick_s(float(done[0]), SPEC)

    assert not late(done, tick_s).any()
    assert late(done, tick_s - 1 / SPEC.timer_hz).all()


def test_that_more_packets_than_the_fifo_holds_are_flagged() -> None:
    assert fifo_overflow(np.array([511, 512, 513], dtype=np.int32), SPEC).tolist() == [False, False, True]
