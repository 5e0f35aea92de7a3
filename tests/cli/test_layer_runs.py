"""Deep networks on the command line: map, run, advise, compare, and what the session holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.app.layer_runs import open_model
from s2studio.dnn.run import run
from s2studio.errors import SessionError
from s2studio.session.reader import open_session
from tests.conftest import REPOSITORY
from tests.network.readers.onnx_models import perceptron


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 64 -> 256 -> ReLU -> 10 beside its samples."""
    return perceptron(tmp_path_factory.mktemp("deep"))


@pytest.fixture(scope="module")
def samples(model: Path) -> Path:
    return model.with_name("samples.npy")


@pytest.fixture
def session(model: Path, samples: Path, tmp_path: Path, cli_json: Any) -> Path:
    path = tmp_path / "mlp.s2s"
    cli_json("run", model, "--input", samples, "-o", path)
    return path


def test_that_map_says_how_each_layer_is_cut_and_where_its_bytes_lie(model: Path, cli: Any, cli_json: Any) -> None:
    about, said = cli_json("map", model), cli("map", model).stdout

    assert [row["operator"] for row in about["layers"]] == ["Dense + Relu", "Dense"]
    assert all(row["sram_bytes"] <= about["free_bytes_per_pe"] + row["sram"]["weights"] for row in about["layers"])
    assert {region["kind"] for region in about["dram_image"]} == {
        *("config", "times", "headers", "parameters", "weights", "tensor"),
    }
    assert "random values" in about["assumed"][0]
    assert "DRAM image" in said


def test_that_the_noise_of_each_layer_is_that_of_lower(
    model: Path, samples: Path, tmp_path: Path, cli: Any, cli_json: Any
) -> None:
    lowered = cli_json("lower", model, "--data", samples)
    ran = cli_json("run", model, "--input", samples, "-o", tmp_path / "n.s2s")
    noise = [row["snr_db"] for row in lowered["layers"]]

    assert [row["snr_db"] for row in ran["layers"]] == noise
    cli("export", tmp_path / "n.s2s", "--format", "csv", "-o", tmp_path / "csv")
    table = next((tmp_path / "csv").rglob("layers.csv")).read_text("utf-8").splitlines()
    place = table[0].split(",").index("snr_db")
    assert [float(line.split(",")[place]) for line in table[1:]] == pytest.approx([*noise, *noise])


def test_that_a_run_keeps_outputs_bit_for_bit_as_the_kernel_makes_them(
    model: Path, samples: Path, session: Path
) -> None:
    kept = open_session(session).layer_runs[0]
    part = open_model(model, samples, "spinnaker2").part

    assert kept.inferences == 5
    for inference, sample in enumerate(np.load(samples)):
        whole = {tensor.name: tensor.to_integers(sample[None]) for tensor in part.inputs}
        made = run(part, whole, is_reference=True).tensors

        for name, values in kept.outputs(inference).items():
            assert np.array_equal(values, made[name])


def test_that_run_prints_a_row_for_each_layer_and_the_range_of_the_dram(
    model: Path, samples: Path, tmp_path: Path, cli: Any, cli_json: Any
) -> None:
    about = cli_json("run", model, "--input", samples, "--level", "high", "-o", tmp_path / "a.s2s")
    said = cli("run", model, "--input", samples, "--level", "high", "-o", tmp_path / "b.s2s").stdout

    assert [row["dram_bytes_per_s"] for row in about["rates"]] == [2.4e9, 4e9, 6.4e9]
    assert about["rates"][0]["first_inference_s"] > about["first_inference_s"] > about["rates"][2]["first_inference_s"]
    assert about["resident_layers"] == 2
    assert about["inference_s"] < about["first_inference_s"]
    assert about["run_s"] == pytest.approx(about["first_inference_s"] + 4 * about["inference_s"])
    assert about["marks"]["inference_s"] == "estimate"
    assert "5 inferences" in said
    assert "DRAM at 2.4 GB/s" in said


def test_that_a_session_of_layers_reads_back_as_the_timeline_that_was_simulated(session: Path) -> None:
    from s2studio.sim.layers.simulate import simulate_layers

    opened = open_session(session)
    kept = opened.layer_runs[0]
    for inference in (0, 1, 4):
        ours, theirs = kept.timeline(inference), simulate_layers(kept.about.mapping, opened.machine, inference == 0)

        assert ours.end_ns == theirs.end_ns
        for name in ("layer", "pe", "stage", "start_ns", "stop_ns", "dram_ns", "dram_rates", "power_w", "link_bytes"):
            assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
        assert ours.stage_energy_j == pytest.approx(theirs.stage_energy_j)
        assert ours.energy_j == pytest.approx(theirs.energy_j)
        assert ours.totals.energy_j == pytest.approx(theirs.totals.energy_j)


def test_that_power_over_time_adds_up_to_the_energy(session: Path) -> None:
    timeline = open_session(session).layer_runs[0].timeline(0)
    lasts_s = np.diff([*timeline.power_ns, timeline.end_ns]) / 1e9

    assert float((lasts_s * timeline.power_w).sum()) == pytest.approx(timeline.energy_j - timeline.noc_j, rel=1e-6)


def test_that_a_session_of_layers_verifies_and_a_changed_table_does_not(session: Path) -> None:
    open_session(session).verify()
    content = session / "runs" / "0000" / "layers" / "00000000.parquet"
    content.write_bytes(content.read_bytes()[:-1] + b"?")

    with pytest.raises(SessionError):
        open_session(session).verify()


@pytest.mark.parametrize(
    "change",
    [
        {"inferences": 0},
        {"inferences": 10**9},
        {"mapping": None},
        {"outputs": []},
    ],
)
def test_that_a_damaged_description_is_refused(session: Path, change: dict[str, Any]) -> None:
    path = session / "runs" / "0000" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(SessionError):
        open_session(session).layer_runs[0].summary()


@pytest.mark.parametrize(
    ("place", "value"), [("m", 0), ("k", 2**40), ("batch", -1), ("weight_bytes", -1), ("reads", 0)]
)
def test_that_sizes_that_no_layer_has_are_refused(session: Path, place: str, value: int, cli: Any) -> None:
    path = session / "runs" / "0000" / "run.json"
    document = json.loads(path.read_text())
    document["mapping"]["layers"][0]["work"][place] = value
    path.write_text(json.dumps(document))
    result = cli("advise", session)

    assert result.exit_code == 1
    assert "contradict each other" in result.stderr


def test_that_commands_of_ticks_refuse_a_run_of_layers(session: Path, cli: Any) -> None:
    result = cli("why", session)

    assert result.exit_code == 1
    assert "is one of layers" in result.stderr


def test_that_advise_runs_every_change_again_for_a_model_and_for_its_session(
    model: Path, samples: Path, session: Path, cli: Any, cli_json: Any
) -> None:
    of_model, of_session = cli_json("advise", model, "--data", samples), cli_json("advise", session)

    assert of_model == of_session
    assert sum(of_model["shares"].values()) == pytest.approx(1)
    high = next(fix for fix in of_model["fixes"] if fix["option"] == "--level high")
    assert high["inference_s"] < of_model["inference_s"]
    assert of_model["bound"] in cli("advise", session).stdout


def test_that_compare_says_that_a_level_changes_times_and_no_output(
    model: Path, samples: Path, session: Path, tmp_path: Path, cli: Any, cli_json: Any
) -> None:
    other = tmp_path / "high.s2s"
    cli_json("run", model, "--input", samples, "--level", "high", "--stream-weights", "-o", other)
    about = cli_json("compare", session, other)

    assert (about["equal"], about["by_hash"]) == (True, True)
    assert about["numbers"]["resident_layers"] == {"a": 2.0, "b": 0.0, "change": -2.0, "relative": -1.0}
    assert cli("compare", session, other, "--fail-if", "outputs").exit_code == 0
    assert cli("compare", session, other, "--fail-if", "inference>-90%").exit_code == 3
    assert "have none" in cli("compare", session, other, "--fail-if", "spikes").stderr


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (["map", "--dt", "1"], "--dt: is for spiking networks", 2),
        (["map", "--level", "auto"], "level 'auto': not known", 2),
        (["map", "--dram", "-1"], "a positive number of GB/s is expected", 2),
        (["map", "--workers", "0"], "at least 1", 2),
        (["map", "--forbid", "PE(9, 9, 9)"], "", 0),
        (["run"], "an inference needs samples", 2),
    ],
)
def test_that_options_that_do_not_fit_a_deep_network_are_refused(
    model: Path, arguments: list[str], says: str, code: int, cli: Any
) -> None:
    command, *options = arguments
    result = cli(command, model, *options)

    assert result.exit_code == code
    assert says in result.stderr


def test_that_options_of_deep_networks_are_refused_for_spiking_ones(cli: Any) -> None:
    model = REPOSITORY / "sample_projects" / "lif_neuron" / "project.yaml"

    assert "is for deep networks" in cli("map", model, "--dram", "4").stderr


def test_that_options_are_refused_for_a_session_that_has_been_run(session: Path, cli: Any) -> None:
    assert "has been run already" in cli("advise", session, "--level", "high").stderr


def test_that_layers_take_the_part_of_the_mesh_that_a_spiking_network_leaves(
    model: Path, tmp_path: Path, cli: Any, cli_json: Any
) -> None:
    spiking = tmp_path / "spiking.s2s"
    cli("run", REPOSITORY / "sample_projects" / "lif_neuron" / "project.yaml", "-o", spiking)
    used = {piece.pe for piece in open_session(spiking).runs[0].mapping.slices}
    samples = model.with_name("samples.npy")
    about = cli_json("run", model, "--input", samples, "--beside", spiking, "-o", tmp_path / "deep.s2s")
    mapping = open_session(tmp_path / "deep.s2s").layer_runs[0].about.mapping

    assert len(used) == 2
    assert not used & set(mapping.pes)
    assert {(row["pe"], row["name"]) for row in about["beside"]["pes"]} == {
        (str(piece.pe), piece.population) for piece in open_session(spiking).runs[0].mapping.slices
    }
    assert any("count as asleep" in note for note in about["notes"])
