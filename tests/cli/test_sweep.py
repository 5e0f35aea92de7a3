from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from s2studio.app.project import open_project
from s2studio.cli.commands.sweep import points_of
from tests.conftest import REPOSITORY, Cli, CliJson

GIVEN = {"bin": None}


@pytest.fixture
def neuron() -> Path:
    return REPOSITORY / "sample_projects/lif_neuron/project.yaml"


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_that_every_combination_is_run_once_and_compared(
    cli_json: CliJson, cli: Cli, neuron: Path, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    grid = ("--over", "scale=max,fixed:3", "--over", "steps=600,100000", "-o", table, "--jobs", 2)
    first = cli_json("sweep", neuron, *grid)

    assert (first["points"], first["run"], first["refused"]) == (4, 4, 2)
    assert list(first["objectives"]) == ["output_overlap", "energy_j", "pes_used", "smallest_safe_tick_s"]
    done = {row["settings"]["scale"]: row for row in first["rows"] if not row["reason"]}
    refused = [row for row in first["rows"] if row["reason"]]
    ran = cli_json("run", neuron, "--steps", 600, "-o", tmp_path / "a.s2s")
    assert done["max"]["energy_j"] == pytest.approx(ran["energy_j"]["total"], rel=1e-9)
    assert done["max"]["smallest_safe_tick_s"] == ran["smallest_safe_tick_s"]
    assert done["max"]["output_overlap"] == 1.0
    assert done["max"]["pareto"] is True
    assert all("record needs" in row["reason"] and row["energy_j"] is None for row in refused)

    # A row that is there is believed, not run again: this one could not come out of the network.
    lines = table_of(table)
    assert [(line["scale"], line["steps"]) for line in lines] == [
        *(("max", "600"), ("max", "100000")),
        *(("fixed:3", "600"), ("fixed:3", "100000")),
    ]
    table.write_text(table.read_text().replace(lines[0]["energy_j"], "123.0"))
    again = cli_json("sweep", neuron, *grid)
    assert (again["run"], again["rows"][0]["energy_j"]) == (0, 123.0)

    other = cli("sweep", neuron, "--over", "scale=max", "--over", "reset=zero", "-o", table)
    changed = cli("sweep", neuron, *grid, "--tick", "2e-3")
    for refusal in (other, changed):
        assert (refusal.exit_code, "choose another name" in refusal.stderr) == (1, True), refusal.output


def test_that_labelled_samples_give_accuracy_beside_that_of_float(cli: Cli, tmp_path: Path) -> None:
    sample, data = REPOSITORY / "sample_projects/event_digits", tmp_path / "data"
    data.mkdir()
    lines = (sample / "recordings/labels.csv").read_text().splitlines(keepends=True)
    (data / "labels.csv").write_text("".join(lines[:5]))
    for number in range(4):
        (data / f"{number:02}.bin").write_bytes((sample / f"recordings/{number:02}.bin").read_bytes())
    given = ("--data", data, "--bin", "1e-3", "--over", "neurons-per-pe=lif1=64,lif1=256", "-o", tmp_path / "t.csv")
    result = cli("sweep", sample / "project.yaml", *given)

    assert result.exit_code == 0, result.output
    assert "Pareto front: most accuracy" in result.stdout
    few, many = table_of(tmp_path / "t.csv")
    assert (few["accuracy"], few["float_accuracy"], few["same_answer"]) == ("1.0", "1.0", "1.0")
    assert int(few["pes_used"]) > int(many["pes_used"])
    assert few["output_overlap"] == many["output_overlap"]


def test_that_ctrl_c_keeps_the_rows_that_are_finished(neuron: Path, tmp_path: Path) -> None:
    scales = ",".join(f"fixed:{factor}" for factor in range(10, 400))
    command = [sys.executable, "-m", "s2studio", "sweep", str(neuron), "--over", f"scale={scales}", "-o", "t.csv"]
    path = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        [*command, "--jobs", "1"], cwd=tmp_path, env=path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "t.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors.strip()) == (130, "cancelled")
    rows = table_of(tmp_path / "t.csv")
    assert 0 < len(rows) < 390
    assert all(row["energy_j"] for row in rows)


def test_that_wrong_usage_ends_a_sweep(cli: Cli, neuron: Path, tmp_path: Path) -> None:
    result = cli("sweep", neuron, "--over", "placer=sequential,hilbret", "-o", tmp_path / "t.csv", "--jobs", 1)

    assert (result.exit_code, "hilbert" in result.stderr) == (2, True), result.output


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ((), "--over: it is missing"),
        (("scael=max",), "did you mean 'scale'?"),
        (("scale",), "no values"),
        (("scale=max,fixed:-1",), "F is a positive number"),
        (("scale=max", "scale=none"), "stands twice"),
        (("tick=fast",), "a positive number is expected"),
    ],
)
def test_that_what_cannot_be_varied_is_refused_before_anything_runs(
    over: tuple[str, ...], says: str, cli: Cli, neuron: Path, tmp_path: Path
) -> None:
    options = [word for text in over for word in ("--over", text)]
    result = cli("sweep", neuron, *options, "-o", tmp_path / "t.csv")

    assert (result.exit_code, says in result.stderr) == (2, True), result.output
    assert not (tmp_path / "t.csv").exists()


def test_that_a_table_in_a_folder_that_is_not_there_is_refused_before_anything_runs(
    cli: Cli, neuron: Path, tmp_path: Path
) -> None:
    result = cli("sweep", neuron, "--over", "scale=max", "-o", tmp_path / "none" / "t.csv")

    assert (result.exit_code, "no such folder" in result.stderr) == (1, True), result.output


def test_that_options_of_lowering_mapping_and_run_can_be_varied_together(neuron: Path) -> None:
    over = ["dt=1e-3,2e-3", "placer=sequential,hilbert", "level=low,auto:lif_no_delay=3", "bin=1e-3", "tick=1e-3,1e-3"]
    points = points_of(open_project(neuron), GIVEN, over)

    assert len(points) == 8
    assert {point.project.lowering.dt_s for point in points} == {1e-3, 2e-3}
    assert {point.project.run.level.mode for point in points} == {"low", "auto"}
    assert all(point.bin_s == 1e-3 for point in points)
