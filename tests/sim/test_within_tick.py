"""Power within a tick: its energy is that of the tick, phases follow each other, and what is late goes on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.sim.counts import Counts
from s2studio.sim.level import LevelPolicy
from s2studio.sim.pricing import Priced, energy_by_tick_j, price
from s2studio.sim.within_tick import PHASES, within_tick
from tests.sim.mappings import small_mapping, small_network
from tests.sim.test_pricing import POLICIES, counts

SPEC = load_chip()
MACHINE = make_machine(SPEC)
LONG_S = 1.0


def priced_of(block: Counts, policy: LevelPolicy, tick_s: float) -> Priced:
    return price(block, small_network(), small_mapping(), SPEC, policy, tick_s)


def one_tick(events: int) -> Counts:
    """Return a tick in which the first output slice walks `events` synapses."""
    shape = (1, 1, 3)
    values = np.array([0, events, 0], np.int32).reshape(shape)
    updates = np.array([0, 4, 4], np.int32)
    return Counts(np.zeros(shape, np.int32), values, np.zeros(shape, np.int32), updates, np.zeros(3, np.int32))


@given(block=counts(), policy=st.sampled_from(POLICIES))
def test_that_the_power_within_a_tick_in_time_is_its_energy_by_kind(block: Counts, policy: LevelPolicy) -> None:
    part = (slice(0, 1), slice(0, 1))
    only = Counts(block.packets[part], block.synaptic_events[part], block.spikes[part], block.updates, block.updates)
    priced = priced_of(only, policy, LONG_S)
    energy = energy_by_tick_j(priced, MACHINE, LONG_S)
    found = within_tick(0, priced, MACHINE, LONG_S)

    for kind, joule in found.energy_j.items():
        assert joule == pytest.approx(float(energy[kind].sum()), rel=1e-9, abs=1e-15), kind
    assert (np.diff(found.ends_s, axis=1) >= 0).all()
    assert found.ends_s[:, -1] == pytest.approx(priced.time_done_s[0, 0], rel=1e-12)
    assert found.edges_s[[0, -1]].tolist() == [0.0, LONG_S]


def test_that_a_pe_is_busy_at_its_level_and_then_asleep() -> None:
    found = within_tick(7, priced_of(one_tick(1000), LevelPolicy("high"), 1e-3), MACHINE, 1e-3)
    level = SPEC.levels["high"]
    synapses_s = 1000 * SPEC.cycles.synaptic_event / level.clock_hz
    walking = np.flatnonzero(found.power_w[list(found.energy_j).index("synapses")])

    assert found.ends_s[1, 0] == SPEC.switch_time_s
    synapses_s += SPEC.switch_time_s
    assert found.ends_s[1, PHASES.index("synapses")] == pytest.approx(synapses_s, rel=1e-12)
    assert found.power_w[list(found.energy_j).index("synapses"), walking] == pytest.approx(level.arm_busy_w)
    assert found.edges_s[walking[-1] + 1] == pytest.approx(synapses_s)
    asleep = found.power_w[list(found.energy_j).index("asleep")]
    assert asleep[-1] == pytest.approx(148 * SPEC.levels[SPEC.sleep_level].asleep_w)


def test_that_a_late_pe_works_to_the_end_of_the_tick_and_beyond() -> None:
    tick_s = 1e-4
    found = within_tick(0, priced_of(one_tick(1000), LevelPolicy("low"), tick_s), MACHINE, tick_s)

    assert found.ends_s[1, -1] > tick_s
    assert found.edges_s[-1] == tick_s
    synapses = found.power_w[list(found.energy_j).index("synapses")]
    assert synapses[-1] == pytest.approx(SPEC.levels["low"].arm_busy_w)


def test_that_what_is_left_from_the_tick_before_comes_first() -> None:
    priced = priced_of(one_tick(100), LevelPolicy("low"), 1e-3)
    begins = np.array([0.0, 2e-4, 0.0])
    found = within_tick(3, priced, MACHINE, 1e-3, begins_s=begins)
    alone = within_tick(3, priced, MACHINE, 1e-3)

    assert found.ends_s[1] == pytest.approx(alone.ends_s[1] + 2e-4)
    more_j = sum(found.energy_j.values()) - sum(alone.energy_j.values())
    level = SPEC.levels["low"]
    assert more_j == pytest.approx(2e-4 * (level.arm_busy_w - level.asleep_w), rel=1e-9)
