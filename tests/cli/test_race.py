from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.app.events import CostFound, Event
from s2studio.app.project import open_project
from s2studio.app.race import runners_of
from s2studio.app.workbench import Workbench
from s2studio.errors import Cancelled, UsageError
from tests.analysis.test_advise import overloaded
from tests.conftest import REPOSITORY, Cli, CliJson

DIGITS = REPOSITORY / "sample_projects/event_digits/project.yaml"


def test_that_the_best_placement_is_kept_and_runs_as_measured(cli_json: CliJson, tmp_path: Path) -> None:
    best = tmp_path / "best.yaml"
    given = ("--placers", "sequential,greedy", "--seeds", 5, "--jobs", 2, "-o", best)
    found = cli_json("race", DIGITS, *given)

    rows = {row["placer"]: row for row in found["rows"]}
    assert len(found["rows"]) == 2
    assert (found["winner"]["placer"], found["written"]) == ("greedy", str(best))
    assert rows["greedy"]["worst_link_flits"] < rows["sequential"]["worst_link_flits"]
    assert not rows["sequential"]["is_pareto"]
    assert found["errors"]["energy_j"] > abs(rows["greedy"]["energy_j"] - rows["sequential"]["energy_j"]) > 0
    ran = cli_json("run", DIGITS, "--mapping", best, "-o", tmp_path / "a.s2s")
    assert ran["energy_j"]["total"] == pytest.approx(rows["greedy"]["energy_j"], rel=1e-9)
    assert ran["flit_hops"] == rows["greedy"]["flit_hops"]


def test_that_searches_tell_their_costs_while_they_run(tmp_path: Path) -> None:
    events: list[Event] = []
    found = Workbench(open_project(DIGITS), events.append).race(["anneal"], 2, 2)

    for row in found.rows:
        told = [
            (event.done, event.cost)
            for event in events
            if isinstance(event, CostFound) and event.name == row.runner.name
        ]
        assert told == list(row.curve)
        steps, costs = zip(*row.curve, strict=True)
        assert list(steps) == list(range(1, len(steps) + 1))
        assert list(costs) == sorted(costs, reverse=True)


def test_that_a_race_is_cancelled_while_it_runs(tmp_path: Path) -> None:
    def cancel_at_the_first_cost(event: Event) -> None:
        if isinstance(event, CostFound):
            bench.cancel()

    bench = Workbench(open_project(DIGITS), cancel_at_the_first_cost)
    with pytest.raises(Cancelled):
        bench.race(["anneal"], 50, 1)


def test_that_only_placers_that_draw_run_with_every_seed() -> None:
    found = runners_of((), 3, 7)

    assert [runner.seed for runner in found if runner.placer == "anneal"] == [7, 8, 9]
    assert [runner.seed for runner in found if runner.placer != "anneal"] == [7, 7, 7]
    with pytest.raises(UsageError, match="at most 1,000"):
        runners_of(["anneal"], 1_001, 0)


def test_that_wrong_usage_is_refused(cli: Cli, tmp_path: Path) -> None:
    overloaded(tmp_path)
    for option, value, says in (
        ("--placers", "hilbret", "did you mean 'hilbert'"),
        ("--seeds", 0, "at least 1"),
        ("--jobs", 0, "at least 1"),
    ):
        result = cli("race", tmp_path / "project.yaml", option, value)
        assert (result.exit_code, says in result.stderr) == (2, True), result.output
