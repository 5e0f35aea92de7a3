"""What is no count and not given is marked, in every object that the command line prints."""

from __future__ import annotations

from pathlib import Path

from s2studio.marks import mark_of, marks_in
from s2studio.units import named, unit_of
from tests.conftest import REPOSITORY, CliJson

PROJECT = REPOSITORY / "sample_projects/lif_neuron/project.yaml"


def test_that_times_and_energies_are_estimates_unless_they_are_given_or_measured() -> None:
    assert mark_of("time_done_max_s") == mark_of("energy_j") == mark_of("late_ticks") == "estimate"
    assert mark_of("tick_s") == mark_of("spikes") == mark_of("synaptic_events") == "exact"
    assert mark_of("time_done_max_s", is_measured=True) == "measured"
    assert (mark_of("measured_w"), mark_of("model_w"), mark_of("fast_share")) == ("measured", "derived", "derived")


def test_that_marks_are_found_at_any_depth_and_only_of_numbers() -> None:
    value = {
        "now": {"safe_tick_s": 1e-3, "tick_s": 1e-3, "level": "low"},
        "rows": [{"energy_j": None, "late_ticks": 0}],
    }

    assert marks_in(value) == {"safe_tick_s": "estimate", "late_ticks": "estimate"}
    assert marks_in({"origin": "measured", "power_mean_w": 0.4}) == {"power_mean_w": "measured"}


def test_that_a_name_says_the_unit_of_its_number() -> None:
    assert [unit_of(name) for name in ("energy_j.noc", "tick_s", "fullest_bytes", "packets")] == ["J", "s", "B", ""]
    assert named("energy_j.total", 0.0152474) == "15.25 mJ"
    assert named("packets", 4634) == "4,634"


def test_that_every_command_says_how_sure_its_numbers_are(cli_json: CliJson, tmp_path: Path) -> None:
    session = tmp_path / "a.s2s"
    run = cli_json("run", PROJECT, "-o", session)
    assert run["marks"]["energy_j"] == run["marks"]["smallest_safe_tick_s"] == "estimate"
    for command in (("advise", session), ("levels", session), ("why", session), ("estimate", PROJECT, "--rate", 20)):
        found = cli_json(*command)
        assert "estimate" in found["marks"].values(), command
        assert set(found["marks"].values()) <= {"estimate", "derived"}, command
        assert set(found["marks"]) >= set(marks_in({key: found[key] for key in found if key != "marks"}))
    assert run["time_done_low_s"] < run["time_done_max_s"] < run["time_done_pessimistic_s"]
    assert run["energy_low_j"] < run["energy_j"]["total"] < run["energy_high_j"]


def test_that_run_evaluate_and_advise_name_one_safe_tick(cli_json: CliJson, tmp_path: Path) -> None:
    run = cli_json("run", PROJECT, "-o", tmp_path / "a.s2s")
    assert cli_json("advise", tmp_path / "a.s2s")["now"]["safe_tick_s"] == run["smallest_safe_tick_s"]

    digits = REPOSITORY / "sample_projects/event_digits"
    recordings = tmp_path / "one"
    recordings.mkdir()
    (recordings / "00.bin").write_bytes((digits / "recordings/00.bin").read_bytes())
    evaluated = cli_json("evaluate", digits / "project.yaml", "--data", recordings, "--bin", "1e-3")
    advised = cli_json("advise", digits / "project.yaml")
    assert evaluated["smallest_safe_tick_s"] == advised["now"]["safe_tick_s"]
