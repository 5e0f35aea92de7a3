from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from s2studio.analysis.counted import CountedRun
from s2studio.analysis.race import Measured, Race, RaceRow, Runner, judge, measure, model_errors
from s2studio.app.counted import subject_of
from s2studio.app.workbench import Workbench
from s2studio.mapping.edit import Editor
from s2studio.mapping.mapping import ChipMapping
from tests.analysis.test_advise import overloaded

BASE = Measured(8e-4, 1e-3, 9.0, 10.0, 11.0, 50, 1000, 4)


@pytest.fixture
def run(tmp_path: Path) -> CountedRun:
    return subject_of(Workbench(overloaded(tmp_path))).run


def race(run: CountedRun, *found: Measured | None) -> Race:
    rows = [RaceRow(Runner("anneal", seed), each, None, "" if each else "no room") for seed, each in enumerate(found)]
    return judge(run, rows)


def winner(found: Race) -> int:
    assert found.winner is not None
    return found.winner.runner.seed


def test_that_differences_within_the_models_error_are_equal(run: CountedRun) -> None:
    close = replace(BASE, energy_j=10.9, time_done_max_s=1.05e-3)
    found = race(run, close, BASE)

    assert found.errors["energy_j"] == 1.0
    assert found.errors["time_done_max_s"] == pytest.approx(1.25e-4)
    assert [row.equal for row in found.rows] == [True, True]
    assert [row.is_pareto for row in found.rows] == [True, True]


def test_that_what_is_counted_decides_where_the_model_cannot(run: CountedRun) -> None:
    fewer = replace(BASE, energy_j=10.9, worst_link_flits=49)
    found = race(run, BASE, fewer)

    assert winner(found) == 1
    assert [row.is_pareto for row in found.rows] == [False, True]
    assert [row.equal for row in found.rows] == [False, True]


def test_that_time_and_energy_come_before_links_and_entries(run: CountedRun) -> None:
    slow = replace(BASE, time_done_max_s=2e-3, time_done_low_s=1.8e-3, worst_link_flits=1)
    dear = replace(BASE, energy_j=15.0, energy_low_j=14.0, energy_high_j=16.0, worst_link_flits=1)

    assert winner(race(run, slow, dear, BASE)) == 2
    assert winner(race(run, replace(BASE, flit_hops=1001), BASE)) == 1


def test_that_a_refused_placement_takes_no_part(run: CountedRun) -> None:
    found = race(run, None, BASE)

    assert winner(found) == 1
    assert [row.is_pareto for row in found.rows] == [False, True]
    assert found.as_dict()["rows"][0]["energy_j"] is None
    assert race(run, None).winner is None


def test_that_counts_of_the_run_are_priced_on_the_new_places(run: CountedRun) -> None:
    before = measure(run)
    moved = Editor(run.network, run.machine).move(run.mapping, 2, min(run.machine.usable_pes))
    assert isinstance(moved, ChipMapping)
    after = measure(replace(run, mapping=moved))

    assert after.flit_hops > before.flit_hops
    assert after.energy_j - before.energy_j == pytest.approx(
        (after.flit_hops - before.flit_hops) * run.spec.energy.flit_hop_j, rel=1e-6
    )
    assert (after.time_done_max_s, after.worst_link_flits) == (before.time_done_max_s, before.worst_link_flits)
    assert before.worst_link_flits == 190
    assert model_errors([before])["energy_j"] > 0
