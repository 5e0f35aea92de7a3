"""`run --engine per_pe`: the same spikes in time, and what a session says of lateness and loss."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from s2studio.app.command_line import command_line
from s2studio.app.project import open_project
from s2studio.session.reader import open_session
from tests.conftest import REPOSITORY, Cli, CliJson

PROJECT = REPOSITORY / "sample_projects/event_digits/project.yaml"


def test_that_a_session_does_not_depend_on_threads(cli_json: CliJson, tmp_path: Path) -> None:
    for threads in (1, 3):
        cli_json("run", PROJECT, "--threads", threads, "-o", tmp_path / f"{threads}.s2s")

    one, three = (open_session(tmp_path / f"{threads}.s2s").run() for threads in (1, 3))
    assert one.content == three.content


def test_that_in_time_both_engines_write_the_same_content_and_summary(cli_json: CliJson, tmp_path: Path) -> None:
    runs = {
        engine: cli_json("run", PROJECT, "--engine", engine, "-o", tmp_path / f"{engine}.s2s")
        for engine in ("lockstep", "per_pe")
    }
    timed = runs["per_pe"]
    assert (timed["engine"], timed["fifo"], timed["packets_lost"], timed["late_starts"]) == ("per_pe", "drop", 0, 0)
    # The marks of what only per_pe knows.
    marks = {key: mark for key, mark in timed["marks"].items() if key in runs["lockstep"]["marks"]}
    common = {key: value for key, value in timed.items() if key in runs["lockstep"]} | {"marks": marks}
    assert common | {"session": ""} == runs["lockstep"] | {"session": ""}
    contents = [open_session(tmp_path / f"{engine}.s2s").run().content for engine in runs]
    assert {name: contents[1][name] for name in contents[0]} == contents[0]


@pytest.fixture
def late(cli_json: CliJson, tmp_path: Path) -> Path:
    cli_json("run", PROJECT, "--engine", "per_pe", "--tick", "1e-4", "-o", tmp_path / "late.s2s")
    return tmp_path / "late.s2s"


def test_that_a_session_tells_who_was_late_and_which_packets_were_lost(late: Path) -> None:
    run = open_session(late).run()
    summary, timed, lost = run.summary(), run.lateness(), run.lost_packets()

    assert summary["late_ticks"] > 0
    assert summary["packets_lost"] == timed["packets_lost"].sum() == len(lost.tick) > 0
    assert summary["smallest_safe_tick_s"] < summary["time_done_max_s"]
    assert any("full FIFOs lost" in warning for warning in summary["warnings"])
    delayed = timed["start_delay_ns"][0, 1:] > 0
    priced = np.concatenate([block.priced.time_done_s[0] for block in run.priced_blocks()])
    # A PE begins late exactly where it was late in the tick before.
    np.testing.assert_array_equal(delayed, priced[:-1] > run.tick_s * (1 + 1e-6))
    # The receiver is behind, and its senders are not: what it loses was sent in ticks it has not reached.
    assert (lost.sent_tick > lost.tick).any()
    assert (lost.arrival_ns >= lost.sent_tick * 100_000).all()


def test_that_a_project_keeps_its_engine(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text(
        "s2studio: project/1\nmodel: model.nir\nrun: {engine: per_pe, fifo: stall}\n"
    )
    project = open_project(tmp_path / "project.yaml")

    assert (project.run.engine, project.run.fifo) == ("per_pe", "stall")
    assert "--engine per_pe --fifo stall" in command_line(project, "run")


def test_that_evaluate_shows_the_answers_that_late_pes_cost(cli_json: CliJson, tmp_path: Path) -> None:
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for name in ("00.bin", "01.bin", "02.bin"):
        shutil.copy(PROJECT.parent / "recordings" / name, recordings / name)

    def spikes(engine: str, tick: str) -> list[str]:
        table = tmp_path / f"{engine}-{tick}.csv"
        options = ("--data", recordings, "--bin", "1e-3", "--engine", engine, "--tick", tick, "-o", table)
        assert cli_json("evaluate", PROJECT, *options)["engine"] == engine
        with table.open(newline="") as file:
            return [row["spikes"] for row in csv.DictReader(file)]

    in_time = spikes("lockstep", "1e-3")
    assert spikes("per_pe", "1e-3") == in_time
    assert spikes("lockstep", "1e-4") == in_time
    assert spikes("per_pe", "1e-4") != in_time


@pytest.mark.parametrize(("option", "value"), [("--engine", "per-pe"), ("--fifo", "burn")])
def test_that_an_unknown_engine_or_policy_is_wrong_usage(cli: Cli, tmp_path: Path, option: str, value: str) -> None:
    result = cli("run", PROJECT, option, value, "-o", tmp_path / "x.s2s")

    assert result.exit_code == 2
    assert "did you mean" in result.output or "known are" in result.output
    assert not (tmp_path / "x.s2s").exists()
