"""Scripts that `export --format spinnaker2` writes, run without a board: they give what was simulated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from s2studio.session.export import export
from s2studio.session.reader import open_session
from s2studio.session.run import Run
from tests.conftest import REPOSITORY, Cli, CliJson

SAMPLES = REPOSITORY / "sample_projects"
MIXED = """\
s2studio: network/1
name: mixed
populations:
  noise: {size: 30, model: poisson_process, params: {p: 0.2, seed: 3}}
  currents:
    size: 70
    model: lif_curr_exp
    params: {threshold: 20, alpha_decay: 0.9, exc_decay: 0.5, inh_decay: 0.3, t_refrac: 2}
    record: [spikes, v, time_done]
  leaky:
    size: 20
    model: lif
    params: {threshold: 9, alpha_decay: 0.8, reset: reset_to_v_reset, v_reset: -1.5, v_init: 2}
    record: [spikes, n_packets]
  pass: {size: 20, model: relay}
projections:
  - {pre: noise, post: currents, weights: {rule: probability, p: 0.5, weight: 9, seed: 1}, delay: 3}
  - {pre: currents, post: currents, weights: {rule: probability, p: 0.2, weight: -7, seed: 2}, delay: 1}
  - {pre: currents, post: leaky, weights: {rule: probability, p: 0.4, weight: 3, seed: 4}}
  - {pre: leaky, post: pass, weights: {rule: one_to_one, weight: 1}}
"""
CASES = {
    "mixed": ("mixed.yaml", "--steps", "50", "--neurons-per-pe", "currents=25"),
    "levels": ("mixed.yaml", "--steps", "50", "--level", "auto:lif_curr_exp=3", "--routing", "c2c"),
    "high": ("mixed.yaml", "--steps", "50", "--level", "high", "--tick", "5e-4"),
    "one neuron": (str(SAMPLES / "lif_neuron/project.yaml"),),
    "convolutions": (str(SAMPLES / "event_digits/project.yaml"),),
}


def run_script(script: Path, session: Path) -> Run:
    """Run `script` without a board and return the first run of the session that it leaves."""
    command = [sys.executable, "-m", "s2studio.compat", "-o", str(session), script.name]
    subprocess.run(command, cwd=script.parent, check=True, capture_output=True)
    return open_session(session).run()


@pytest.mark.parametrize("arguments", CASES.values(), ids=CASES)
def test_that_an_exported_script_gives_the_same_content_hashes_and_results(
    cli: Cli, cli_json: CliJson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mixed.yaml").write_text(MIXED)
    cli_json("run", *arguments, "-o", "simulated.s2s")
    assert cli("export", "simulated.s2s", "--format", "spinnaker2", "-o", "script").exit_code == 0
    script = run_script(tmp_path / "script/run_on_board.py", tmp_path / "script.s2s")

    simulated = open_session("simulated.s2s").run()
    assert script.content == simulated.content
    assert (script.tick_s, script.about.mapping.routing) == (simulated.tick_s, simulated.about.mapping.routing)
    assert script.summary()["energy_j"] == simulated.summary()["energy_j"]
    cli_json("import", "script/results.npz", "--session", "simulated.s2s", "-o", "measured.s2s")
    assert cli_json("compare", "simulated.s2s", "measured.s2s", "--fail-if", "spikes")["spikes_equal"] is True


def test_that_a_script_comes_back_from_its_session_with_the_same_spikes(tmp_path: Path) -> None:
    script = tmp_path / "two_neurons.py"
    script.write_text((SAMPLES / "scripts/two_neurons.py").read_text())
    original = run_script(script, tmp_path / "original.s2s")
    export(tmp_path / "original.s2s", tmp_path / "back", "spinnaker2")
    again = run_script(tmp_path / "back/run_on_board.py", tmp_path / "again.s2s")

    assert original.spikes().tick.size
    assert again.content == original.content
