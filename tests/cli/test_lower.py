from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Cli, CliJson

NETWORK = """\
s2studio: network/1
populations:
  input: {size: 1, model: spike_list}
  out: {size: 1, model: lif}
projections:
  - {pre: input, post: out, weights: {rule: all_to_all, weight: 1}}
"""


@pytest.fixture
def digits(repository: Path) -> Path:
    return repository / "sample_projects/event_digits"


def test_that_without_a_stimulus_there_is_the_report_alone(cli_json: CliJson, repository: Path) -> None:
    project = repository / "sample_projects/lif_neuron/model.nir"
    about = cli_json("lower", project)

    assert about["comparison"] is None
    assert about["lowering"] == cli_json("info", project)["lowering"]
    assert any("--dt" in note for note in about["assumed"])


def test_that_a_digit_is_followed_through_the_layers(cli_json: CliJson, digits: Path) -> None:
    about = cli_json("lower", digits / "project.yaml", "--label", 2)["comparison"]
    rows = {row["name"]: row for row in about["populations"]}

    assert list(rows) == ["input", "lif1", "lif2", "lif3"]
    assert rows["input"]["differing_spikes"] == 0
    assert rows["lif1"]["spikes"]["chip"] == rows["lif1"]["spikes"]["alone"]
    assert set(rows["lif1"]["causes"]) == {"rounding"}
    assert rows["lif2"]["causes"]["inherited"] > 0
    assert sum(rows["lif2"]["causes"].values()) == rows["lif2"]["differing_neurons"]
    first = rows["lif1"]["first_difference"]
    assert first["tick"] < rows["lif2"]["first_difference"]["tick"] < rows["lif3"]["first_difference"]["tick"]
    assert (first["v_float"] >= first["threshold"]) == first["spiked_in_float"]
    assert (first["v_chip"] >= first["threshold"]) != first["spiked_in_float"]
    assert round(first["synapse"]["scaled"]) == first["synapse"]["integer"]
    assert about["answers"]["accuracy"] == {"float": 1.0, "chip": 1.0}


def test_that_the_chip_sends_what_a_run_of_it_sends(cli_json: CliJson, digits: Path, tmp_path: Path) -> None:
    about = cli_json("lower", digits / "project.yaml")["comparison"]
    ran = cli_json("run", digits / "project.yaml", "-o", tmp_path / "a.s2s")

    sent = {row["name"]: row["spikes"]["chip"] for row in about["populations"]}
    assert sent == {row["name"]: row["spikes"] for row in ran["populations"]}
    assert about["ticks"] == ran["steps"]


def test_that_a_data_set_is_compared_as_it_is_evaluated(cli_json: CliJson, digits: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(20):
        name = f"{number:02}.bin"
        (tmp_path / "data" / name).write_bytes((digits / "recordings" / name).read_bytes())
    lines = (digits / "recordings/labels.csv").read_text().splitlines(keepends=True)
    (tmp_path / "some.csv").write_text("".join(lines[:21]))
    options = (digits / "project.yaml", "--data", tmp_path / "data", "--labels", tmp_path / "some.csv", "--bin", 1e-3)
    about, evaluated = cli_json("lower", *options)["comparison"], cli_json("evaluate", *options)

    assert about["samples"] == about["answers"]["labelled"] == evaluated["samples"] == 20
    assert about["answers"]["right"]["chip"] == evaluated["right"]
    assert about["ticks"] == 20 * 64
    assert about["answers"]["agreement"] > 0.9


def test_that_coarser_weights_agree_less(cli_json: CliJson, digits: Path) -> None:
    fine, coarse = (
        cli_json("lower", digits / "project.yaml", "--scale", f"fixed:{factor}")["comparison"]["populations"][1]
        for factor in (150, 6)
    )
    assert coarse["differing_spikes"] > 2 * fine["differing_spikes"] > 0


def test_that_the_report_is_one_screen(cli: Cli, digits: Path) -> None:
    printed = cli("lower", digits / "project.yaml", "--label", "2").stdout

    assert "lif1[1756] through conv2" in printed
    assert "accuracy     float 100.00%, 1 of 1; chip 100.00%, 1 of 1" in printed
    assert len(printed.splitlines()) < 30


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("net.yaml",), 2, "it is made of the chip's integers"),
        (("model.nir", "--label", "0"), 2, "there is no stimulus"),
        (("model.nir", "--input", "input.csv"), 2, "--dt: it is missing"),
        (("model.nir", "--dt", "1e-3", "--input", "input.csv", "--label", "-1"), 2, "counted from 0"),
        (
            ("model.nir", "--dt", "1e-3", "--input", "input.csv", "--labels", "labels.csv"),
            2,
            "did you mean 'inputs.csv'?",
        ),
        (("model.nir", "--dt", "1e-3", "--input", "input.csv", "--steps", "9000000000"), 2, "are compared at once"),
        (("model.nir", "--dt", "1e-3", "--data", ".", "--label", "0"), 2, "one label for a folder"),
    ],
)
def test_that_what_cannot_be_compared_is_refused(
    options: tuple[str, ...], code: int, says: str, cli: Cli, repository: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("model.nir", "input.csv"):
        (tmp_path / name).write_bytes((repository / "sample_projects/lif_neuron" / name).read_bytes())
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "labels.csv").write_text("file,label\ninputs.csv,0\n")
    monkeypatch.chdir(tmp_path)
    result = cli("lower", *options)

    assert (result.exit_code, says in result.stderr) == (code, True), result.output


def test_that_the_real_recording_has_its_digit_on_both_sides(cli_json: CliJson, conformance: Path) -> None:
    folder = conformance / "nmnist"
    lowering = ("--dt", 1e-3, "--integrator", "forward", "--reset", "zero")
    given = ("--input", folder / "sample_nmnist.bin", "--bin", 1e-3, "--label", 4)
    about = cli_json("lower", folder / "cnn_sinabs.nir", *lowering, *given)["comparison"]

    assert about["answers"]["accuracy"] == {"float": 1.0, "chip": 1.0}
    assert [row["name"] for row in about["populations"]] == ["input", "1", "3", "6", "10", "12"]
    assert about["populations"][-1]["causes"] == {"inherited": about["populations"][-1]["differing_neurons"]}
