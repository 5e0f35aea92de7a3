from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from s2studio.session.tables import zoom_name
from tests.conftest import Cli, CliJson

NETWORK = """\
s2studio: network/1
name: small
populations:
  input: {size: 4, model: spike_list}
  hidden: {size: 300, model: lif_no_delay, params: {threshold: 20, alpha_decay: 0.9}}
  output: {size: 3, model: lif, params: {threshold: 30, alpha_decay: 0.5}, record: [spikes, v]}
projections:
  - {pre: input, post: hidden, weights: {rule: all_to_all, weight: 15}}
  - {pre: hidden, post: output, weights: {rule: probability, p: 0.1, weight: 2, seed: 1}}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "input.csv").write_text("neuron,step\n0,0\n1,0\n2,1\n3,1\n0,2\n1,2\n2,9\n")
    return tmp_path / "net.yaml"


def given(model: Path) -> tuple[object, ...]:
    return ("--input", model.parent / "input.csv")


def test_that_info_says_what_is_in_a_model_and_whether_it_fits(cli_json: CliJson, model: Path) -> None:
    about = cli_json("info", model)

    assert [row["name"] for row in about["populations"]] == ["input", "hidden", "output"]
    assert about["parameters"] == 4 * 300 + about["projections"][1]["weights"]
    assert about["fits"] is True
    assert about["pes_needed"] == cli_json("map", model)["pes_used"]
    assert any("--input" in note for note in about["assumed"])
    assert not any("--input" in note for note in cli_json("info", model, *given(model))["assumed"])


def test_that_map_lists_every_slice_with_its_memory(cli_json: CliJson, model: Path) -> None:
    about = cli_json("map", model, "--neurons-per-pe", "hidden=100", "--steps", 10)

    hidden = [piece for piece in about["slices"] if piece["population"] == "hidden"]
    assert [(piece["start"], piece["stop"]) for piece in hidden] == [(0, 100), (100, 200), (200, 300)]
    for piece in about["slices"]:
        assert sum(piece["bytes"].values()) <= 98_304
        assert piece["pe"].startswith("PE(")
    assert (about["pes_used"], about["pes_available"]) == (5, 148)


def test_that_a_saved_mapping_is_run_as_it_was_edited(cli_json: CliJson, cli: Cli, model: Path, tmp_path: Path) -> None:
    saved = tmp_path / "m.yaml"
    cli_json("map", model, "--neurons-per-pe", "hidden=150", "-o", saved)
    saved.write_text(saved.read_text().replace("PE(7, 6, 0)", "PE(1, 1, 3)"))
    run = cli_json("run", model, *given(model), "--mapping", saved, "-o", tmp_path / "a.s2s")
    assert cli("export", tmp_path / "a.s2s", "--format", "csv", "-o", tmp_path / "csv").exit_code == 0

    assert run["pes_used"] == 4
    busy = [line for line in (tmp_path / "csv/pe.csv").read_text().splitlines() if line.startswith('0,"PE(1, 1, 3)"')]
    assert int(busy[0].split('",')[1].split(",")[3]) == 2  # the input's two spikes of tick 0 are sent from there


def test_that_run_takes_as_many_steps_as_the_stimulus_needs(cli_json: CliJson, model: Path, tmp_path: Path) -> None:
    run = cli_json("run", model, *given(model), "-o", tmp_path / "a.s2s")

    assert run["steps"] == 9 + 1 + 3
    assert run["session"] == str(tmp_path / "a.s2s")
    assert run["recorded"] == {"output": ["spikes", "v"]}
    assert list(run["outputs"]) == ["output"]


def test_that_the_same_inputs_and_seed_leave_the_same_content(cli_json: CliJson, model: Path, tmp_path: Path) -> None:
    def content(name: str, *options: object) -> Any:
        cli_json("run", model, *given(model), "-o", tmp_path / name, *options)
        manifest = json.loads((tmp_path / name / "manifest.json").read_text())
        return {table: entry["sha256"] for table, entry in manifest["runs"][0]["tables"].items()}

    first, again, other = content("a.s2s"), content("b.s2s"), content("c.s2s", "--forbid", "PE(7, 6, 0)")
    assert first == again
    assert first["spikes"] == other["spikes"]
    assert first["slices"] != other["slices"]


def test_that_energy_is_the_sum_of_its_kinds_and_packets_that_of_their_targets(
    cli_json: CliJson, model: Path, tmp_path: Path
) -> None:
    for routing in ("mc", "c2c"):
        run = cli_json("run", model, *given(model), "--routing", routing, "-o", tmp_path / f"{routing}.s2s")
        kinds = {kind: joule for kind, joule in run["energy_j"].items() if kind != "total"}
        assert sum(kinds.values()) == pytest.approx(run["energy_j"]["total"], rel=1e-12)
        assert set(kinds) == {
            *("always_on", "asleep", "neurons", "synapses", "packets", "recording", "switching", "noc", "router"),
        }


def test_that_export_writes_what_run_printed(cli_json: CliJson, cli: Cli, model: Path, tmp_path: Path) -> None:
    run = cli_json("run", model, *given(model), "--observe", "hidden:spikes,v", "-o", tmp_path / "a.s2s")
    assert cli("export", tmp_path / "a.s2s", "--format", "csv", "-o", tmp_path / "csv").exit_code == 0

    assert json.loads((tmp_path / "csv/summary.json").read_text()) == run
    voltages = (tmp_path / "csv/voltages.csv").read_text().splitlines()
    assert voltages[0] == "population,neuron,step,v,v_chip"
    assert len(voltages) == 1 + run["steps"] * (300 + 3)
    with (tmp_path / "csv/pe.csv").open(newline="") as file:
        energy = np.array([float(row["energy_j"]) for row in csv.DictReader(file)])
    assert len(energy) == 148 * run["steps"]
    rest = sum(run["energy_j"][kind] for kind in ("always_on", "noc", "router"))
    assert energy.sum() + rest == pytest.approx(run["energy_j"]["total"], rel=1e-9)


def test_that_an_estimate_writes_nothing_and_channels_and_span_choose_what_is_written(
    cli_json: CliJson, cli: Cli, model: Path, tmp_path: Path
) -> None:
    run = cli_json("run", model, *given(model), "-o", tmp_path / "a.s2s")
    export = ("export", tmp_path / "a.s2s", "--format", "parquet", "--channels", "power", "--channels", "pe")
    estimate = cli(*export, "--estimate")

    assert estimate.exit_code == 0
    assert [line.split() for line in estimate.stdout.splitlines()[:2]] == [
        ["pe", f"{148 * run['steps']:,}", "rows"],
        ["power", f"{run['steps']:,}", "rows"],
    ]
    assert estimate.stdout.splitlines()[2].startswith("total")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["a.s2s"]

    assert cli(*export, "--from", run["tick_s"], "-o", tmp_path / "out").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["pe.parquet", "power.parquet"]
    assert pq.read_table(tmp_path / "out/power.parquet")["step"].to_pylist() == list(range(1, run["steps"]))
    assert "name a folder or a file" in cli(*export).stderr


def test_that_a_project_holds_everything_and_the_command_line_overrules_it(
    cli_json: CliJson, model: Path, tmp_path: Path
) -> None:
    project = {
        "s2studio": "project/1",
        "model": "net.yaml",
        "mapping": {"neurons_per_pe": {"hidden": 100}, "routing": "c2c", "forbid": ["PE(7, 6, 0)"]},
        "stimulus": {"file": "input.csv"},
        "run": {"steps": 20, "tick": 2e-3, "level": ["auto", "auto:lif=1"], "record": {"output": ["spikes"]}},
    }
    (tmp_path / "project.yaml").write_text(yaml.safe_dump(project, sort_keys=False))
    run = cli_json("run", tmp_path / "project.yaml", "-o", tmp_path / "a.s2s")
    assert (run["steps"], run["tick_s"], run["routing"], run["pes_used"]) == (20, 2e-3, "c2c", 5)
    assert run["recorded"] == {"output": ["spikes"]}
    assert run["pe_ticks_by_level"]["high"] > 0

    over = cli_json("run", tmp_path / "project.yaml", "--steps", 5, "--routing", "mc", "-o", tmp_path / "b.s2s")
    assert (over["steps"], over["routing"], over["tick_s"]) == (5, "mc", 2e-3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("s2studio: project/1\nmodle: a.nir\n", "line 2: unknown key 'modle'; did you mean 'model'"),
        ("s2studio: project/1\nmodel: a.nir\nrun: {setps: 3}\n", "line 3: unknown key 'setps'; did you mean 'steps'"),
        ("s2studio: project/1\nmodel: a.nir\nrun: {steps: 0}\n", "line 3: 'steps' is 0"),
        ("s2studio: project/1\nmodel: a.nir\nlowering: {dt: fast}\n", "line 3: 'dt' is 'fast', a positive number"),
        (
            "s2studio: project/1\nmodel: a.nir\nmapping: {routing: tree}\n",
            "line 3: routing 'tree', known are mc and c2c",
        ),
    ],
)
def test_that_a_malformed_project_is_wrong_usage_with_its_line(cli: Cli, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "project.yaml").write_text(text)
    result = cli("run", tmp_path / "project.yaml")

    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["info", "none.nir"], 1, "none.nir: no such file"),
        (["run", "net.yaml"], 2, "add --input FILE or --steps N"),
        (["run", "net.yaml", "--steps", "0"], 2, "--steps"),
        (["run", "net.yaml", "--steps", "5", "--tick", "-1"], 2, "--tick"),
        (["run", "net.yaml", "--steps", "5", "--record", "outptu:v"], 2, "did you mean 'output'"),
        (["run", "net.yaml", "--steps", "5", "--record", "output:w"], 2, "no variable 'w'"),
        (["run", "net.yaml", "--steps", "5", "--level", "medium"], 2, "medium"),
        (["map", "net.yaml", "--placer", "sequentail"], 2, "did you mean 'sequential'"),
        (["map", "net.yaml", "--neurons-per-pe", "hiden=3"], 2, "did you mean 'hidden'"),
        (["map", "net.yaml", "--forbid", "PE(4, 3, 0)"], 2, "PE(4, 3, 0)"),
        (["map", "net.yaml", "--chip", "spinnaker3"], 1, "spinnaker3"),
        (["export", "none.s2s", "-o", "csv"], 1, "none.s2s"),
        (["run", "net.yaml", "--stepz", "5"], 2, "--stepz"),
    ],
)
def test_that_refusals_have_their_exit_code_and_no_traceback(
    cli: Cli, model: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, says: str
) -> None:
    monkeypatch.chdir(model.parent)
    result = cli(*arguments)

    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert not list(model.parent.glob("*.s2s"))


def test_that_a_network_that_does_not_fit_lists_every_violation(cli: Cli, tmp_path: Path) -> None:
    text = NETWORK.replace("size: 300", "size: 60000").replace("p: 0.1", "p: 0.001")
    (tmp_path / "net.yaml").write_text(text)
    result = cli("map", tmp_path / "net.yaml", "--json")

    assert result.exit_code == 1
    printed = json.loads(result.stdout)
    assert set(printed) == {"error", "violations"}
    assert set(printed["error"]) == {"subject", "found", "limit", "hint"}
    assert set(printed["violations"][0]) == {"pe", "population", "slice", "region", "bytes", "free", "remedy"}
    assert printed["violations"][0]["region"] == "pes"
    assert cli("info", tmp_path / "net.yaml").exit_code == 0


def test_that_recording_too_much_is_refused_before_anything_runs(cli: Cli, model: Path, tmp_path: Path) -> None:
    result = cli("run", model, "--steps", 10**6, "--record", "hidden:v", "-o", tmp_path / "a.s2s", "--json")

    violations = json.loads(result.stdout)["violations"]
    assert result.exit_code == 1
    assert {row["region"] for row in violations} == {"record"}
    assert not (tmp_path / "a.s2s").exists()


def test_that_a_session_is_not_overwritten_unless_asked(
    cli: Cli, cli_json: CliJson, model: Path, tmp_path: Path
) -> None:
    cli_json("run", model, "--steps", 5, "-o", tmp_path / "a.s2s")
    refused = cli("run", model, "--steps", 6, "-o", tmp_path / "a.s2s")
    assert refused.exit_code == 1
    assert "exists already" in refused.stderr
    assert cli_json("run", model, "--steps", 6, "-o", tmp_path / "a.s2s", "--overwrite")["steps"] == 6


def test_that_a_missing_name_is_made_up_and_numbered(
    cli_json: CliJson, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent)
    names = [cli_json("run", model, "--steps", 3)["session"] for _ in range(3)]
    assert names == ["net.s2s", "net-2.s2s", "net-3.s2s"]


def test_that_the_benchmark_chip_says_that_it_is_not_a_spinnaker2(
    cli: Cli, cli_json: CliJson, model: Path, tmp_path: Path
) -> None:
    run = cli_json("run", model, "--steps", 5, "--chip", "benchmark", "-o", tmp_path / "a.s2s")
    assert run["chip_label"] == "not a SpiNNaker2"
    assert any("not a SpiNNaker2" in warning for warning in run["warnings"])
    for command in (("chip", "benchmark"), ("map", model, "--chip", "benchmark")):
        assert "not a SpiNNaker2" in cli(*command).stdout


def test_that_chip_prints_the_range_of_a_number_that_has_one(cli: Cli) -> None:
    printed = cli("chip").stdout

    (row,) = (line.split() for line in printed.splitlines() if line.startswith("cycles.tick "))
    assert row[1:5] == ["400", "300", "to", "500"]


def test_that_the_power_check_meets_the_measured_powers(cli_json: CliJson) -> None:
    measured = {
        ("pes_off", None): 0.0752,
        ("asleep", "low"): 0.2354,
        ("asleep", "high"): 0.5647,
        ("arm_busy", "low"): 0.4246,
        ("arm_busy", "high"): 1.2479,
        ("mla_busy", "low"): 0.825,
        ("mla_busy", "high"): 2.219,
    }
    checks = {(row["state"], row["level"]): row for row in cli_json("chip")["power_check"]}
    assert set(checks) == set(measured)
    for state, watt in measured.items():
        assert checks[state]["model_w"] == pytest.approx(watt, rel=0.005)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_that_ctrl_c_ends_a_run_as_cancelled_and_keeps_what_there_is(model: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "s2studio", "run", str(model), "--steps", "100000000", "--record", "none"]
    process = subprocess.Popen(
        [*command, "-o", str(tmp_path / "a.s2s")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    counts = tmp_path / "a.s2s/runs/0000" / zoom_name(1)
    deadline = time.monotonic() + 120
    while not list(counts.glob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert errors.strip() == "cancelled"
    manifest = json.loads((tmp_path / "a.s2s/manifest.json").read_text())
    assert manifest["state"] == "cancelled"
    assert manifest["runs"][0]["ticks"] > 0
