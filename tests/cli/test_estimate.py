from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Cli, CliJson

SAMPLES = REPOSITORY / "sample_projects"
SOURCES = """\
s2studio: network/1
name: sources
dt: 0.001
populations:
  noise: {size: 100, model: poisson_process, params: {p: 0.05}}
  out: {size: 10, model: lif_no_delay, params: {threshold: 1000}}
projections:
  - {pre: noise, post: out, weights: {rule: all_to_all, weight: 1}}
"""


@pytest.mark.parametrize(("sample", "steps"), [("event_digits", 64), ("balanced_network", 1000)])
def test_that_estimates_from_the_rates_of_a_run_meet_the_run(
    sample: str, steps: int, cli_json: CliJson, tmp_path: Path
) -> None:
    project = SAMPLES / sample / "project.yaml"
    ran = cli_json("run", project, "-o", tmp_path / "a.s2s")
    hidden = [row for row in ran["populations"] if row["model"] != "spike_list"]
    rates = [f"{row['name']}={row['spikes'] / row['size'] / steps * 1e3}" for row in hidden]
    found = cli_json("estimate", project, *(word for rate in rates for word in ("--rate", rate)))

    for key in ("packets_received", "synaptic_events"):
        assert found[key] == pytest.approx(ran[key], rel=0.05), key
    assert (found["neuron_updates"], found["ticks"]) == (ran["neuron_updates"], steps)
    assert found["size"]["pes_used"] == ran["pes_used"]
    assert found["flit_hops"] == pytest.approx(ran["flit_hops"], rel=0.05)
    outcome = found["outcome"]
    assert outcome["energy_low_j"] < ran["energy_j"]["total"] < outcome["energy_high_j"]
    assert outcome["energy_dynamic_j"] == pytest.approx(ran["energy_dynamic_j"], rel=0.05)
    assert found["time_low_s"] < ran["time_done_max_s"] < found["time_pessimistic_s"]
    assert ran["smallest_safe_tick_s"] <= outcome["safe_tick_s"] < 2 * ran["smallest_safe_tick_s"]
    most = cli_json("advise", tmp_path / "a.s2s")["fifo_needed"]
    assert most <= found["fifo_needed"] < 2 * most


def test_that_a_stimulus_alone_gives_rates_that_are_said_to_be_assumed(cli: Cli, cli_json: CliJson) -> None:
    project = SAMPLES / "event_digits/project.yaml"
    found = cli_json("estimate", project, "--rate", "lif3=100")

    origins = {row["population"]: row["origin"] for row in found["rates"]}
    assert origins == {"input": "stimulus", "lif1": "assumed", "lif2": "assumed", "lif3": "given"}
    rates = {row["population"]: row["rate_hz"] for row in found["rates"]}
    assert rates["lif1"] == rates["input"]
    assert len(found["assumed"]) == 2
    shown = cli("estimate", project)
    assert shown.exit_code == 0, shown.output
    assert "assumed      neurons of 'lif1'" in shown.stdout


def test_that_poisson_sources_are_known_and_their_work_is_counted(cli_json: CliJson, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SOURCES)
    found = cli_json("estimate", tmp_path / "net.yaml", "--rate", "out=0", "--steps", 400)

    assert {row["population"]: (row["rate_hz"], row["origin"]) for row in found["rates"]} == {
        "noise": (pytest.approx(50.0), "model"),
        "out": (0.0, "given"),
    }
    assert found["spikes"] == pytest.approx(100 * 0.05 * 400, rel=0.05)
    # All that is sent but in the last tick arrives, and walks ten synapses.
    assert found["synaptic_events"] == 10 * found["packets_received"]
    assert found["latency_ticks"] == 2
    assert found["latency_s"] == pytest.approx(2e-3)


def test_that_more_spikes_take_more(cli_json: CliJson, tmp_path: Path) -> None:
    project = SAMPLES / "balanced_network/project.yaml"
    few, many = (cli_json("estimate", project, "--rate", rate, "--steps", 100) for rate in (2, 20))

    for key in ("spikes", "synaptic_events", "time_low_s", "time_pessimistic_s", "fifo_needed"):
        assert few[key] < many[key], key
    assert few["outcome"]["energy_j"] < many["outcome"]["energy_j"]
    assert few["size"] == many["size"]
    burst = cli_json("estimate", project, "--rate", 2, "--steps", 100, "--burst", 5)
    assert burst["time_pessimistic_s"] > few["time_pessimistic_s"]
    assert burst["time_nominal_s"] == few["time_nominal_s"]


def test_that_rates_which_cannot_be_are_refused(cli: Cli) -> None:
    project = SAMPLES / "balanced_network/project.yaml"
    for options, says in (
        ((), "how often its neurons spike is not known"),
        (("--rate", "fast"), "a number of Hz"),
        (("--rate", "-1"), "at most once in a tick"),
        (("--rate", "2000"), "0 to 1000 Hz"),
        (("--rate", "nan"), "at most once in a tick"),
        (("--rate", "inhibitry=5"), "did you mean 'inhibitory'"),
        (("--rate", "5", "--burst", "0.5"), "at least 1"),
    ):
        result = cli("estimate", project, *options)
        assert (result.exit_code, says in result.stderr) == (2, True), result.output
