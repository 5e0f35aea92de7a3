from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.network.stimulus import EventOptions, Target, read_stimulus
from tests.conftest import Cli, CliJson


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Return an N-MNIST recording of 400 events in 0.2 s on 10 x 8 pixels."""
    random = np.random.default_rng(1)
    rows = []
    for time_us in np.sort(random.integers(0, 200_000, 400)).tolist():
        x, y, is_on = (int(random.integers(limit)) for limit in (10, 8, 2))
        rows.append(bytes([x, y]) + (is_on << 23 | time_us).to_bytes(3, "big"))
    (tmp_path / "a.bin").write_bytes(b"".join(rows))
    return tmp_path / "a.bin"


def test_that_the_preview_says_what_a_run_will_read(cli_json: CliJson, recording: Path) -> None:
    about = cli_json("stimulus", recording, "--bin", "1e-3", "--downsample", 2, "--polarity", "merged")
    train = read_stimulus(recording, {"in": Target(20, (1, 4, 5))}, options=EventOptions(1e-3, None, "merged", 2))["in"]

    assert (about["events"], about["events_in_file"]) == (400, 400)
    assert about["binned"]["shape"] == [1, 4, 5]
    assert (about["binned"]["spikes"], about["binned"]["steps"]) == (len(train.step), train.steps)
    assert sum(about["rate_hz"]) * about["span_s"] == pytest.approx(400)


def test_that_a_window_cuts_and_an_empty_one_is_refused(cli: Cli, cli_json: CliJson, recording: Path) -> None:
    first, second = (cli_json("stimulus", recording, "--window", window)["events"] for window in (":0.1", "0.1:"))
    assert first + second == 400
    refused = cli("stimulus", recording, "--window", "5:6")
    assert (refused.exit_code, "none of its 400 events is left" in refused.stderr) == (1, True)
    assert cli("stimulus", recording, "--window", "now").exit_code == 2


def test_that_files_of_steps_are_counted(cli_json: CliJson, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("population,neuron,step\nleft,3,7\nleft,1,2\nright,0,4\n")
    about = cli_json("stimulus", tmp_path / "a.csv")
    assert (about["spikes"], about["steps"], about["highest_neuron"]) == (3, 8, 3)
    assert about["populations"] == {"left": 2, "right": 1}
    assert "3 spikes in 8 steps" in cli("stimulus", tmp_path / "a.csv").stdout
    assert cli("stimulus", tmp_path / "none.csv").exit_code == 1


def test_that_a_project_may_say_what_becomes_of_events(cli_json: CliJson, recording: Path) -> None:
    folder = recording.parent
    (folder / "net.yaml").write_text(
        "s2studio: network/1\npopulations:\n  in: {size: 20, model: spike_list, shape: [1, 4, 5]}\n"
        "  out: {size: 20, model: lif, params: {threshold: 1}}\n"
        "projections:\n  - {pre: in, post: out, weights: {rule: one_to_one, weight: 1}}\n"
    )
    (folder / "project.yaml").write_text(
        "s2studio: project/1\nmodel: net.yaml\n"
        "stimulus: {file: a.bin, bin: 1e-3, polarity: merged, downsample: 2, window: [0.05, 0.1]}\n"
    )
    run = cli_json("run", folder / "project.yaml", "-o", folder / "a.s2s")
    asked = ("--bin", "1e-3", "--polarity", "merged", "--downsample", 2, "--window", "0.05:0.1")
    about = cli_json("stimulus", recording, *asked)

    assert run["populations"][0]["spikes"] == about["binned"]["spikes"] > 0
    same = cli_json("run", folder / "net.yaml", "--input", recording, *asked, "-o", folder / "b.s2s")
    assert same["outputs"] == run["outputs"]
