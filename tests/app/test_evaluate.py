from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.app.project import open_project
from s2studio.app.workbench import Workbench
from s2studio.errors import Cancelled, NetworkError, SessionError, UsageError
from tests.conftest import Cli, CliJson

NETWORK = """\
s2studio: network/1
name: two columns
dt: 0.001
populations:
  input: {size: 4, model: spike_list}
  noise: {size: 30, model: poisson_process, params: {p: 0.1}}
  output: {size: 2, model: lif, params: {threshold: 20, alpha_decay: 0.9}}
projections:
  - pre: input
    post: output
    weights: {rule: list, connections: [[0, 0, 15], [1, 0, 15], [2, 1, 15], [3, 1, 15]]}
  - {pre: noise, post: output, weights: {rule: all_to_all, weight: 1}}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder of 6 samples: even ones drive output 0, odd ones output 1; lengths differ."""
    (tmp_path / "net.yaml").write_text(NETWORK)
    folder = tmp_path / "data"
    folder.mkdir()
    random = np.random.default_rng(1)
    for number in range(6):
        step, column = np.nonzero(random.random((20 + 5 * number, 2)) < 0.7)
        rows = "".join(f"{2 * (number % 2) + c},{s}\n" for s, c in zip(step, column, strict=True))
        (folder / f"{number}.csv").write_text("neuron,step\n" + rows)
    labels = "file,label\n" + "".join(f"{number}.csv,{number % 2}\n" for number in range(6))
    (folder / "labels.csv").write_text(labels)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_that_labels_are_met_and_counted(cli_json: CliJson, data: Path) -> None:
    found = cli_json("evaluate", data.parent / "net.yaml", "--data", data)

    assert (found["samples"], found["labelled"], found["accuracy"]) == (6, 6, 1.0)
    assert found["confusion"] == [[3, 0], [0, 3]]
    assert found["energy_j"]["least"] < found["energy_j"]["mean"] < found["energy_j"]["most"]


def test_that_batches_give_what_samples_give_one_by_one(cli_json: CliJson, data: Path, tmp_path: Path) -> None:
    tables = []
    for batch in (1, 4, 6):
        cli_json(
            "evaluate", data.parent / "net.yaml", "--data", data, "--batch", batch, "-o", tmp_path / f"{batch}.csv"
        )
        tables.append(rows(tmp_path / f"{batch}.csv"))
    assert tables[0] == tables[1] == tables[2]
    assert len({row["spikes"] for row in tables[0]}) > 2


def test_that_a_sample_costs_what_a_run_of_it_costs(cli_json: CliJson, data: Path, tmp_path: Path) -> None:
    cli_json("evaluate", data.parent / "net.yaml", "--data", data, "-o", tmp_path / "t.csv")
    run = cli_json("run", data.parent / "net.yaml", "--input", f"input={data / '0.csv'}", "-o", tmp_path / "a.s2s")
    row = rows(tmp_path / "t.csv")[0]

    assert [int(count) for count in row["spikes"].split()] == run["outputs"]["output"]
    assert float(row["energy_j"]) == pytest.approx(run["energy_j"]["total"], rel=1e-9)
    assert (int(row["steps"]), int(row["synaptic_events"])) == (run["steps"], run["synaptic_events"])
    for name in ("energy_low_j", "energy_high_j", "energy_dynamic_low_j", "time_done_low_s", "time_done_pessimistic_s"):
        assert float(row[name]) == pytest.approx(run[name], rel=1e-9)
    about = {column["column"]: column for column in rows(tmp_path / "t.columns.csv")}
    assert list(about) == list(row)
    assert (about["energy_low_j"]["unit"], about["energy_low_j"]["mark"]) == ("J", "estimate")
    assert about["spikes"]["mark"] == about["duration_s"]["mark"] == "exact"


def test_that_an_evaluation_goes_on_where_it_was_stopped(data: Path, tmp_path: Path) -> None:
    project = open_project(data.parent / "net.yaml")
    events: list[Any] = []

    def stop_after_two(event: Any) -> None:
        events.append(event)
        if getattr(event, "stage", "") == "evaluate" and getattr(event, "done", 0) >= 2:
            bench.cancel()

    bench = Workbench(project, stop_after_two)
    with pytest.raises(Cancelled):
        bench.evaluate(data, None, None, 1, tmp_path / "t.csv")
    kept = rows(tmp_path / "t.csv")
    assert 0 < len(kept) < 6

    # A row that is there is believed, not computed again: this one could not come out of the network.
    text = (tmp_path / "t.csv").read_text().replace(f"{kept[0]['sample']},0,0,", f"{kept[0]['sample']},0,1,", 1)
    (tmp_path / "t.csv").write_text(text)
    found = Workbench(project).evaluate(data, None, None, 4, tmp_path / "t.csv")
    assert (found["samples"], found["right"]) == (6, 5)


def test_that_rows_of_another_network_are_not_taken_over(cli: Cli, data: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    assert cli("evaluate", data.parent / "net.yaml", "--data", data, "-o", table).exit_code == 0
    before = table.read_text()
    (data.parent / "net.yaml").write_text(NETWORK.replace("threshold: 20", "threshold: 30"))
    refused = cli("evaluate", data.parent / "net.yaml", "--data", data, "-o", table)

    assert refused.exit_code == 1
    assert "holds results of another network" in refused.stderr
    assert table.read_text() == before


def test_that_folders_named_by_their_label_are_a_data_set(cli_json: CliJson, data: Path) -> None:
    (data / "labels.csv").unlink()
    for number in range(6):
        (data / str(number % 2)).mkdir(exist_ok=True)
        (data / f"{number}.csv").rename(data / str(number % 2) / f"{number}.csv")
    assert cli_json("evaluate", data.parent / "net.yaml", "--data", data)["confusion"] == [[3, 0], [0, 3]]


@pytest.mark.parametrize(
    ("labels", "error", "says"),
    [
        ("file,label\n9.csv,0\n", NetworkError, "a label for '9.csv', there is no such file"),
        ("file,label\n0.csv,one\n", NetworkError, "line 2"),
        ("name,label\n0.csv,1\n", NetworkError, "'file,label'"),
    ],
)
def test_that_labels_that_do_not_fit_are_refused(data: Path, labels: str, error: type[Exception], says: str) -> None:
    (data / "labels.csv").write_text(labels)
    with pytest.raises(error, match=says):
        Workbench(open_project(data.parent / "net.yaml")).evaluate(data, None, None, 4, None)


def test_that_what_is_no_data_set_or_no_table_is_refused(data: Path, tmp_path: Path) -> None:
    bench = Workbench(open_project(data.parent / "net.yaml"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "t.csv").write_text("what,ever\n1,2\n")
    for error, arguments in (
        (NetworkError, (tmp_path / "none", None, None, 4, None)),
        (NetworkError, (tmp_path / "empty", None, None, 4, None)),
        (UsageError, (data, tmp_path / "none.csv", None, 4, None)),
        (UsageError, (data, None, None, 0, None)),
        (SessionError, (data, None, None, 4, tmp_path / "t.csv")),
    ):
        with pytest.raises(error):
            bench.evaluate(*arguments)
    assert (tmp_path / "t.csv").read_text() == "what,ever\n1,2\n"
