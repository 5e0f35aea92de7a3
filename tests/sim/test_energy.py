"""The energy model beside the measurements, by hand, and as a sum that loses nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from s2studio.chip.loader import load_chip, make_machine
from s2studio.sim.energy import (
    PE_KINDS,
    always_on_energy_j,
    baseline,
    idle_energy_j,
    idle_pe_energy_j,
    noc_energy_j,
    pe_energy_j,
    power_check,
    router_energy_j,
)
from s2studio.sim.timing import KINDS, time_done_s

SPEC = load_chip()
LOW, HIGH = (tuple(SPEC.levels).index(name) for name in ("low", "high"))


def test_that_the_power_model_agrees_with_every_measurement() -> None:
    measured = {(check.state, check.level): check.measured_w for check in power_check(SPEC)}

    assert measured == {
        ("pes_off", None): 0.0752,
        ("asleep", "low"): 0.2354,
        ("asleep", "high"): 0.5647,
        ("arm_busy", "low"): 0.4246,
        ("arm_busy", "high"): 1.2479,
        ("mla_busy", "low"): 0.825,
        ("mla_busy", "high"): 2.219,
    }
    for check in power_check(SPEC):
        assert check.model_w == pytest.approx(check.measured_w, rel=0.005)
        assert check.source.startswith("CHIP26")


def test_that_the_power_check_can_fail() -> None:
    low = replace(SPEC.levels["low"], arm_busy_w=SPEC.levels["low"].arm_busy_w * 1.1)
    wrong = replace(SPEC, levels={**SPEC.levels, "low": low})
    apart = {
        (check.state, check.level)
        for check in power_check(wrong)
        if check.model_w != pytest.approx(check.measured_w, rel=0.005)
    }

    assert apart == {("arm_busy", "low")}


def test_that_a_busy_pe_is_busy_at_its_level_and_then_asleep_at_the_sleep_level() -> None:
    cycles = {"neurons": np.array([15_000.0]), "synapses": np.array([45_000.0])}
    energy = pe_energy_j(cycles, np.array([HIGH], dtype=np.int8), 1e-3, SPEC)

    assert energy["neurons"][0] == pytest.approx(50e-6 * 7.715e-3)
    assert energy["synapses"][0] == pytest.approx(150e-6 * 7.715e-3)
    assert energy["switching"][0] == pytest.approx(100e-9 * (7.715e-3 + 2.299e-3), rel=1e-3)
    assert energy["asleep"][0] == pytest.approx((800e-6 - 200e-9) * 1.054e-3)


def test_that_a_late_pe_does_not_sleep() -> None:
    energy = pe_energy_j({"neurons": np.array([600_000.0])}, np.array([LOW], dtype=np.int8), 1e-3, SPEC)

    assert energy["asleep"][0] == 0
    assert energy["neurons"][0] == pytest.approx(4e-3 * 2.299e-3)


def test_that_the_sleep_level_is_a_setting() -> None:
    deep = idle_pe_energy_j(10, 1e-3, SPEC)
    light = idle_pe_energy_j(10, 1e-3, replace(SPEC, sleep_level="high"))

    assert deep == pytest.approx(10e-3 * 1.054e-3)
    assert light == pytest.approx(10e-3 * 3.220e-3)


def test_that_unused_pes_are_asleep_or_off_as_the_chip_file_says() -> None:
    off = replace(SPEC, unused_pes="off")
    asleep_j, off_j = (idle_energy_j(1_000, 1e-3, make_machine(spec), 48) for spec in (SPEC, off))

    assert asleep_j - off_j == pytest.approx(100 * 1.054e-3)
    assert "unused ones off" in baseline(off)
    assert "unused ones asleep" in baseline(SPEC)


def test_that_an_idle_chip_draws_the_measured_power() -> None:
    assert idle_energy_j(1_000, 1e-3, make_machine(SPEC), 148) == pytest.approx(0.2354, rel=0.005)


def test_that_reserved_pes_sleep_in_always_on() -> None:
    reserved = always_on_energy_j(1_000, 1e-3, make_machine(SPEC)) - always_on_energy_j(
        1_000, 1e-3, make_machine(SPEC, "custom")
    )

    assert reserved == pytest.approx(4 * 1.054e-3)


def test_that_traffic_costs_its_estimates() -> None:
    assert noc_energy_j(np.array([3]), SPEC).tolist() == pytest.approx([60e-12])
    assert router_energy_j(np.array([2]), SPEC).tolist() == pytest.approx([120e-12])


@given(data=st.data())
def test_that_the_kinds_of_a_pe_add_up_to_its_busy_and_sleeping_time(data: st.DataObject) -> None:
    shape = (2, 3, 4)
    whole = arrays.arrays(np.int64, shape, elements=st.integers(0, 300_000))
    cycles = {kind: data.draw(whole).astype(np.float64) for kind in KINDS}
    levels = data.draw(arrays.arrays(np.int8, shape, elements=st.sampled_from([LOW, HIGH])))
    tick_s = data.draw(st.floats(1e-5, 1e-2))
    energy = pe_energy_j(cycles, levels, tick_s, SPEC)
    change_s = np.where(levels == HIGH, SPEC.switch_time_s, 0.0)
    busy_s = time_done_s(cycles, levels, SPEC) - change_s
    powers = np.array([level.arm_busy_w for level in SPEC.levels.values()])[levels]
    sleep = SPEC.levels[SPEC.sleep_level]
    expected = busy_s * powers + np.maximum(tick_s - busy_s - 2 * change_s, 0) * sleep.asleep_w
    expected += change_s * (powers + sleep.arm_busy_w)

    assert tuple(energy) == PE_KINDS
    assert all((part >= 0).all() for part in energy.values())
    np.testing.assert_allclose(sum(energy.values()), expected, rtol=1e-12)
