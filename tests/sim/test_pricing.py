"""A session's counts priced: nothing lost between PEs, kinds and the whole chip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.spec import CycleCosts
from s2studio.sim.cost_bounds import COST_NAMES, feasible_costs
from s2studio.sim.counts import Counts
from s2studio.sim.energy import ENERGY_KINDS, always_on_energy_j, idle_energy_j, idle_pe_energy_j
from s2studio.sim.energy_ends import energy_ends
from s2studio.sim.level import LevelPolicy
from s2studio.sim.pricing import bounds, energy_by_tick_j, price
from s2studio.sim.timing import slice_work
from tests.sim.mappings import small_mapping, small_network

SPEC = load_chip()
POLICIES = (LevelPolicy("low"), LevelPolicy("high"), LevelPolicy("auto", {"lif_no_delay": 3}))


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 4)), 3)
    block = arrays.arrays(np.int32, shape, elements=st.integers(0, 5_000))
    return Counts(
        packets=draw(block),
        synaptic_events=draw(block),
        spikes=draw(block),
        updates=np.array([0, 4, 4], dtype=np.int32),
        recorded_bytes=np.zeros(3, dtype=np.int32),
    )


def _still(ticks: int) -> Counts:
    nothing = np.zeros((1, ticks, 3), dtype=np.int32)
    return Counts(nothing, nothing, nothing, np.zeros(3, dtype=np.int32), np.zeros(3, dtype=np.int32))


@given(block=counts(), policy=st.sampled_from(POLICIES), tick_s=st.floats(1e-5, 1e-2))
def test_that_pes_always_on_noc_and_router_add_up_to_the_total(
    block: Counts, policy: LevelPolicy, tick_s: float
) -> None:
    machine = make_machine(SPEC)
    priced = price(block, small_network(), small_mapping(), SPEC, policy, tick_s)
    kinds = energy_by_tick_j(priced, machine, tick_s)
    samples, ticks, slices = block.packets.shape
    used = sum(float(energy.sum()) for energy in priced.energy_j.values())
    unused = samples * (len(machine.usable_pes) - slices) * idle_pe_energy_j(ticks, tick_s, SPEC)
    outside = sum(float(kinds[kind].sum()) for kind in ("always_on", "noc", "router"))

    assert tuple(kinds) == ENERGY_KINDS
    assert all(energy.shape == (samples, ticks) for energy in kinds.values())
    assert sum(float(energy.sum()) for energy in kinds.values()) == pytest.approx(used + unused + outside, rel=1e-12)


@given(block=counts(), policy=st.sampled_from(POLICIES), sleep_level=st.sampled_from(tuple(SPEC.levels)))
def test_that_the_ends_of_times_and_energies_hold_their_values_at_any_level_of_sleep(
    block: Counts, policy: LevelPolicy, sleep_level: str
) -> None:
    spec, network, mapping = replace(SPEC, sleep_level=sleep_level), small_network(), small_mapping()
    priced = price(block, network, mapping, spec, policy, 1e-2)
    ends = bounds(block, slice_work(network, mapping), spec, priced.levels, 1e-2)
    energy_j = sum(priced.energy_j.values(), np.zeros(priced.levels.shape))

    for low, value, high in (
        (ends.time_low_s, priced.time_done_s, ends.time_pessimistic_s),
        (ends.energy_low_j, energy_j, ends.energy_high_j),
    ):
        assert (low <= value * (1 + 1e-12)).all()
        assert (value <= high * (1 + 1e-12)).all()


@given(block=counts(), policy=st.sampled_from(POLICIES), corner=st.integers(0, 7), share=st.floats(0, 1))
def test_that_the_energy_of_each_kind_lies_between_its_ends_at_any_feasible_costs(
    block: Counts, policy: LevelPolicy, corner: int, share: float
) -> None:
    machine, network, mapping, tick_s = make_machine(SPEC), small_network(), small_mapping(), 10e-3
    work, priced = slice_work(network, mapping), price(block, network, mapping, SPEC, policy, tick_s)
    ends = bounds(block, work, SPEC, priced.levels, tick_s)
    found = energy_ends(block, work, priced, ends, machine, tick_s)
    corners = feasible_costs(SPEC).corners("lif_no_delay")
    costs = corners.least + share * (corners.most[corner % len(corners.most)] - corners.least)
    model = replace(SPEC.models["lif_no_delay"], cycles_per_neuron=float(costs[-1]))
    cycles = CycleCosts(**dict(zip(COST_NAMES[:-1], costs[:-1].tolist(), strict=True)))
    spec = replace(SPEC, cycles=cycles, models={**SPEC.models, "lif_no_delay": model})
    other = dict(energy_by_tick_j(price(block, network, mapping, spec, policy, tick_s), machine, tick_s))
    other["total"] = sum(other.values(), np.zeros(1))

    assert tuple(found.value_j) == (*ENERGY_KINDS, "total")
    for kind, energy_j in other.items():
        assert (found.low_j[kind] <= energy_j * (1 + 1e-9)).all()
        assert (energy_j <= found.high_j[kind] * (1 + 1e-9)).all()
    for kind in ("noc", "router"):
        assert found.low_j[kind] == pytest.approx(found.value_j[kind] / 2)
        assert found.high_j[kind] == pytest.approx(found.value_j[kind] * 2)


@given(block=counts(), policy=st.sampled_from(POLICIES))
def test_that_a_run_in_time_takes_no_less_energy_than_the_idle_chip(block: Counts, policy: LevelPolicy) -> None:
    machine, tick_s = make_machine(SPEC), 10e-3
    priced = price(block, small_network(), small_mapping(), SPEC, policy, tick_s)
    samples, ticks, _ = block.packets.shape
    total = sum(float(energy.sum()) for energy in energy_by_tick_j(priced, machine, tick_s).values())

    assert float(priced.time_done_s.max()) <= tick_s
    assert total > samples * idle_energy_j(ticks, tick_s, machine, 3)


def test_that_pricing_in_pieces_is_pricing_at_once() -> None:
    random = np.random.default_rng(1)
    block = random.integers(0, 300, (1, 6, 3)).astype(np.int32)
    whole = replace(_still(6), packets=block, synaptic_events=block * 3, spikes=block)
    arguments = (small_network(), small_mapping(), SPEC, POLICIES[2], 1e-3)
    at_once = price(whole, *arguments)
    pieces = [
        price(
            replace(
                whole,
                packets=block[:, part],
                synaptic_events=whole.synaptic_events[:, part],
                spikes=block[:, part],
            ),
            *arguments,
        )
        for part in (slice(0, 2), slice(2, 6))
    ]

    for kind, energy in at_once.energy_j.items():
        np.testing.assert_array_equal(np.concatenate([piece.energy_j[kind] for piece in pieces], axis=1), energy)
    np.testing.assert_array_equal(np.concatenate([piece.flits for piece in pieces], axis=1), at_once.flits)


def test_that_auto_runs_fast_only_where_many_packets_wait() -> None:
    packets = np.array([[[0, 2, 3]]], dtype=np.int32)
    priced = price(replace(_still(1), packets=packets), small_network(), small_mapping(), SPEC, POLICIES[2], 1e-3)

    assert [tuple(SPEC.levels)[level] for level in priced.levels[0, 0]] == ["low", "low", "high"]


def test_that_a_whole_chip_is_in_the_total() -> None:
    """A network at rest: only the tick itself is above the idle chip."""
    machine = make_machine(SPEC)
    priced = price(_still(5), small_network(), small_mapping(), SPEC, LevelPolicy("low"), 1e-3)
    total = sum(float(energy.sum()) for energy in energy_by_tick_j(priced, machine, 1e-3).values())
    low = SPEC.levels["low"]
    above = 5 * 3 * SPEC.cycles.tick / low.clock_hz * (low.arm_busy_w - low.asleep_w)

    assert total - idle_energy_j(5, 1e-3, machine, 3) == pytest.approx(above)
    assert idle_energy_j(5, 1e-3, machine, 3) == pytest.approx(
        always_on_energy_j(5, 1e-3, machine) + 148 * idle_pe_energy_j(5, 1e-3, SPEC)
    )
