from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.analysis.counted import CountedRun
from s2studio.analysis.levels import HINDSIGHT, LevelStudy, Switching, study_levels
from s2studio.analysis.pareto import pareto
from s2studio.app.counted import subject_of
from s2studio.app.project import Project
from s2studio.app.workbench import Workbench
from s2studio.chip.settings import ChipSettings
from s2studio.session.reader import open_session
from tests.analysis.test_advise import overloaded

NO_COST = Switching()


@pytest.fixture
def run(tmp_path: Path) -> CountedRun:
    return subject_of(Workbench(overloaded(tmp_path))).run


def at_tick(study: LevelStudy, tick_s: float) -> dict[str, float]:
    return {row.policy: row.energy_j for row in study.rows if row.tick_s == tick_s}


def test_that_every_policy_is_priced_as_a_run_is_with_its_changes_of_level(tmp_path: Path) -> None:
    tick_s = 2e-3
    project = overloaded(tmp_path)
    settings = ChipSettings(switch_time_s=1e-5, switch_energy_j=1e-7)
    project = replace(project, settings=settings, run=replace(project.run, tick_s=tick_s))
    session = tmp_path / "a.s2s"
    Workbench(project).run(session)
    run = subject_of(Workbench(Project(session))).run
    rows = [row for row in study_levels(run, tick_s).rows if row.tick_s == tick_s and row.level is not None]

    assert {row.policy for row in rows} == {"low", "high", "auto", "found"}
    for row in rows:
        found = open_session(session).run().summary(policy=run.policy.parse(row.level or ()))
        energy_j, changes = found["energy_j"], row.fast_share * run.counts.packets.size
        assert row.energy_j == pytest.approx(energy_j["total"], rel=1e-12)
        assert row.energy_dynamic_j == pytest.approx(found["energy_dynamic_j"], rel=1e-9)
        for end in ("low", "high"):
            assert getattr(row, f"energy_{end}_j") == pytest.approx(found[f"energy_{end}_j"], rel=1e-12)
        assert (row.late_ticks, row.time_done_max_s) == (
            found["late_ticks_pessimistic"],
            found["time_done_pessimistic_s"],
        )
        both_w = sum(level.arm_busy_w for level in run.spec.levels.values())
        assert energy_j["switching"] == pytest.approx(changes * (2e-7 + 1e-5 * both_w), rel=1e-9)
    assert {row.policy for row in rows if row.fast_share} == {"high", "found"}


def test_that_a_change_of_level_takes_up_to_100_ns_and_no_longer_where_its_time_is_said(run: CountedRun) -> None:
    pe_ticks, both_w = run.counts.packets.size, sum(level.arm_busy_w for level in run.spec.levels.values())
    asleep_w = run.spec.levels[run.spec.sleep_level].asleep_w

    def width_j(switching: Switching | None) -> float:
        row = next(row for row in study_levels(run, 4e-3, switching).rows if (row.policy, row.tick_s) == ("high", 4e-3))
        return row.energy_high_j - row.energy_low_j

    assert width_j(None) - width_j(NO_COST) == pytest.approx(pe_ticks * 1e-7 * (both_w - 2 * asleep_w), rel=1e-3)
    assert width_j(Switching(1e-6)) == pytest.approx(width_j(NO_COST), rel=1e-9)


def test_that_the_curve_of_a_policy_holds_its_energy_and_its_late_ticks(run: CountedRun) -> None:
    for row in study_levels(run, 4e-3, NO_COST).rows:
        curve, ticks = row.curve, np.diff(row.curve.edges)
        energy_j = float((curve.power_w * ticks).sum()) * row.tick_s * run.samples

        assert energy_j == pytest.approx(row.energy_j, rel=1e-12)
        assert int(curve.late.sum()) == row.late_ticks
        assert (curve.edges[0], curve.edges[-1]) == (0, run.ticks)


def test_that_no_policy_in_time_beats_hindsight_and_found_beats_the_standard_ones(run: CountedRun) -> None:
    study = study_levels(run, None, NO_COST)

    for tick in {row.tick_s for row in study.rows}:
        here = {row.policy: row for row in study.rows if row.tick_s == tick}
        assert here[HINDSIGHT].late_ticks == min(row.late_ticks for row in here.values())
        in_time = [row for row in here.values() if not row.late_ticks and row.level is not None]
        for row in in_time:
            assert here[HINDSIGHT].energy_j <= row.energy_j * (1 + 1e-12)
        if in_time:
            assert here["found"].energy_j == pytest.approx(min(row.energy_j for row in in_time), rel=1e-12)


def test_that_the_choice_is_in_time_and_says_why(run: CountedRun) -> None:
    study = study_levels(run, 2e-3, NO_COST)

    assert (study.choice.policy, study.choice.late_ticks, study.choice.tick_s) == ("found", 0, 2e-3)
    assert study.policy.thresholds["lif_no_delay"] == 190
    assert "'low' is late in 1 PE ticks" in study.why[0]
    assert study.winners[2e-3] == "found"
    slow = study_levels(run, 1.0, NO_COST)
    assert (slow.choice.policy, slow.winners[1.0]) == ("low", "low")
    assert "no PE is late even at 'low'" in slow.why[0]


def test_that_a_change_of_level_costs_time_and_energy_where_there_is_one(run: CountedRun) -> None:
    free, dear = study_levels(run, 4e-3, NO_COST), study_levels(run, 4e-3, Switching(1e-5, 1e-6))
    before, after = at_tick(free, 4e-3), at_tick(dear, 4e-3)
    pe_ticks = run.counts.packets.size

    assert after["low"] == before["low"]
    low, high = run.spec.levels["low"], run.spec.levels["high"]
    each_j = 2e-6 + 1e-5 * (high.arm_busy_w + low.arm_busy_w - 2 * low.asleep_w)
    assert after["high"] - before["high"] == pytest.approx(pe_ticks * each_j, rel=1e-9)
    quick, slow = (next(row for row in study.rows if row.policy == "high") for study in (free, dear))
    assert slow.time_done_max_s == pytest.approx(quick.time_done_max_s + 1e-5, rel=1e-12)


points = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12)


@given(points)
def test_that_what_is_on_the_front_is_beaten_by_none_and_the_rest_by_some(found: list[tuple[int, int]]) -> None:
    best = pareto(found)

    def is_beaten(point: tuple[int, int]) -> bool:
        return any(other != point and all(np.array(other) <= np.array(point)) for other in found)

    assert [not is_beaten(point) for point in found] == best


def test_that_differences_within_the_error_are_none() -> None:
    assert pareto([(1.0, 5.0), (1.05, 4.9), None], (0.1, 0.2)) == [True, True, False]
    assert pareto([(1.0, 5.0), (1.05, 4.0)], (0.1, 0.2)) == [False, True]
