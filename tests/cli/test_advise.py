from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.session.reader import open_session
from tests.analysis.test_advise import overloaded
from tests.conftest import REPOSITORY, Cli, CliJson


def test_that_one_command_applies_the_fix_that_removes_the_late_ticks(
    cli: Cli, cli_json: CliJson, tmp_path: Path
) -> None:
    overloaded(tmp_path)
    project = tmp_path / "project.yaml"
    before = cli_json("run", project, "-o", tmp_path / "before.s2s")
    assert before["late_ticks"] == 1

    fixed = tmp_path / "fixed/project.yaml"
    advice = cli_json("advise", project, "--apply", 1, "-o", fixed)
    assert advice["deadline"]["slice"] == "hot[0]"
    assert (advice["applied"], advice["written"]) == (1, str(fixed))
    after = cli_json("run", fixed, "-o", tmp_path / "after.s2s")

    assert (after["late_ticks"], after["tick_s"]) == (0, before["tick_s"])
    assert after["outputs"] == before["outputs"]
    assert after["pes_used"] == advice["fixes"][0]["after"]["pes_used"]
    assert after["energy_j"]["total"] == pytest.approx(advice["fixes"][0]["after"]["energy_j"], rel=1e-9)

    shown = cli("advise", project)
    assert shown.exit_code == 0, shown.output
    assert "hot[0]" in shown.stdout
    assert "1 late PE tick," in shown.stdout


def test_that_a_session_is_advised_as_its_project_is(cli_json: CliJson, tmp_path: Path) -> None:
    overloaded(tmp_path)
    cli_json("run", tmp_path / "project.yaml", "-o", tmp_path / "a.s2s")

    of_session = cli_json("advise", tmp_path / "a.s2s", "--apply", 1, "-o", tmp_path / "b/project.yaml")
    assert of_session["fixes"] == cli_json("advise", tmp_path / "project.yaml")["fixes"]
    after = cli_json("run", tmp_path / "b/project.yaml", "-o", tmp_path / "b.s2s")
    assert after["late_ticks"] == 0


def test_that_recording_that_does_not_fit_is_reduced_and_the_rest_advised(cli_json: CliJson, tmp_path: Path) -> None:
    project = REPOSITORY / "sample_projects/lif_neuron/project.yaml"
    fixed = tmp_path / "project.yaml"
    advice = cli_json("advise", project, "--steps", 5_000, "--apply", 1, "-o", fixed)

    assert [violation["region"] for violation in advice["violations"]] == ["record"]
    assert (advice["fixes"][0]["kind"], advice["fixes"][0]["record"]) == ("record", {"neuron": ["spikes"]})
    assert all(fix["record"] == {"neuron": ["spikes"]} for fix in advice["fixes"])
    assert cli_json("run", fixed, "-o", tmp_path / "a.s2s")["steps"] == 5_000


@pytest.mark.parametrize("sample", ["event_digits", "conformance"])
def test_that_at_the_ticks_advised_no_pe_is_late_and_spikes_are_the_same_at_every_level(
    sample: str, request: pytest.FixtureRequest, cli_json: CliJson, tmp_path: Path
) -> None:
    given: tuple[object, ...] = (REPOSITORY / "sample_projects/event_digits/project.yaml",)
    if sample == "conformance":
        folder = request.getfixturevalue("conformance") / "nmnist"
        given = (folder / "cnn_sinabs.nir", "--input", folder / "sample_nmnist.bin", "--bin", "1e-3", "--dt", "1e-3")
        given = (*given, "--reset", "zero")
    contents = set()
    for level in ("low", "high", "auto"):
        safe = cli_json("advise", *given, "--level", level)["now"]["safe_tick_s"]
        path = tmp_path / f"{level}.s2s"
        ran = cli_json("run", *given, "--tick", safe, "--level", level, "--engine", "per_pe", "-o", path)
        assert ran["late_ticks"] == 0
        spikes = open_session(path).run().spikes()
        # Within a tick spikes stand in the order in which PEs sent them.
        rows = zip(spikes.tick.tolist(), spikes.population.tolist(), spikes.neuron.tolist(), strict=True)
        contents.add(tuple(sorted(rows)))
    assert len(contents) == 1


def test_that_a_session_of_a_script_is_advised_without_its_model(cli: Cli, cli_json: CliJson, tmp_path: Path) -> None:
    path = tmp_path / "pair.s2s"
    cli_json("run", REPOSITORY / "sample_projects/scripts/two_neurons.py", "-o", path)
    advice = cli_json("advise", path)

    assert {fix["kind"] for fix in advice["fixes"]} == {"tick", "level"}
    assert any("does not hold the model" in note for note in advice["notes"])
    assert "--apply" not in cli("advise", path).stdout
    refused = cli("advise", path, "--apply", 1, "-o", tmp_path / "p.yaml")
    assert (refused.exit_code, "advise the project instead" in refused.stderr) == (2, True), refused.output


def test_that_wrong_usage_is_refused_in_words(cli: Cli, cli_json: CliJson, tmp_path: Path) -> None:
    overloaded(tmp_path)
    project, target = tmp_path / "project.yaml", tmp_path / "other.yaml"
    cli_json("run", project, "-o", tmp_path / "a.s2s")
    (tmp_path / "mapping.yaml").write_text("somebody's\n")
    for arguments, says in (
        ((project, "--apply", 1), "goes together with -o"),
        ((project, "--apply", 99, "-o", tmp_path / "b/p.yaml"), "there is no such fix"),
        ((project, "--apply", 1, "-o", target), "may belong to another project"),
        ((project, "--tick", -1), "a positive number"),
        ((tmp_path / "a.s2s", "--placer", "anneal"), "a session has been run already"),
    ):
        result = cli("advise", *arguments)
        assert (result.exit_code, says in result.stderr) == (2, True), result.output
    assert (tmp_path / "mapping.yaml").read_text() == "somebody's\n"


# The answer is right if `hot` is heard before the veto, which takes a tick longer: a late PE turns it round.
TIMED = """\
s2studio: network/1
name: timed
populations:
  input: {size: 200, model: spike_list}
  hot: {size: 120, model: lif_no_delay, params: {threshold: 300}}
  first: {size: 10, model: lif_no_delay, params: {threshold: 100}}
  veto: {size: 10, model: lif_no_delay, params: {threshold: 50}}
  answer: {size: 1, model: lif_no_delay, params: {threshold: 1000, alpha_decay: 1}}
projections:
  - {pre: input, post: hot, weights: {rule: all_to_all, weight: 2}}
  - {pre: input, post: first, weights: {rule: all_to_all, weight: 2}}
  - {pre: first, post: veto, weights: {rule: all_to_all, weight: 20}}
  - {pre: veto, post: answer, weights: {rule: all_to_all, weight: -120}}
  - {pre: hot, post: answer, weights: {rule: all_to_all, weight: 10}}
"""


def test_that_the_fix_brings_back_the_answer_that_a_late_pe_loses(cli_json: CliJson, tmp_path: Path) -> None:
    overloaded(tmp_path)
    (tmp_path / "net.yaml").write_text(TIMED)
    project, fixed = tmp_path / "project.yaml", tmp_path / "fixed/project.yaml"
    ideal = cli_json("run", project, "-o", tmp_path / "ideal.s2s")
    late = cli_json("run", project, "--engine", "per_pe", "-o", tmp_path / "late.s2s")
    advice = cli_json("advise", project, "--apply", 1, "-o", fixed)
    mended = cli_json("run", fixed, "--engine", "per_pe", "-o", tmp_path / "mended.s2s")

    assert advice["deadline"]["slice"] == "hot[0]"
    assert [run["outputs"]["answer"] for run in (ideal, late, mended)] == [[1], [0], [1]]
    assert late["late_ticks"] > 0
    assert mended["late_ticks"] == 0
    assert mended["tick_s"] == late["tick_s"]
