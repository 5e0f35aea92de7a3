from __future__ import annotations

from pathlib import Path

import nir
import pytest

from s2studio.app.model_export import export_model
from s2studio.app.project import Project, RunOptions, open_project
from s2studio.app.workbench import Workbench
from s2studio.errors import LoweringError
from s2studio.session.export import export
from s2studio.session.reader import open_session
from s2studio.session.tables import SPIKES
from tests.conftest import REPOSITORY, Cli, CliJson

SAMPLE = REPOSITORY / "sample_projects/event_digits"
NETWORK = """\
s2studio: network/1
dt: 1e-3
populations:
  in: {size: 6, model: spike_list}
  hidden: {size: 9, model: lif, params: {threshold: 12, alpha_decay: 0.8, i_offset: 0.5}}
  out: {size: 3, model: lif_no_delay, params: {threshold: 30, alpha_decay: 1}, record: [spikes, v]}
projections:
  - {pre: in, post: hidden, weights: {rule: probability, p: 0.6, weight: 9, seed: 1}, delay: 2}
  - {pre: hidden, post: hidden, weights: {rule: probability, p: 0.3, weight: -4, seed: 2}, delay: 1}
  - {pre: hidden, post: out, weights: {rule: all_to_all, weight: 11}}
"""


def test_that_the_float_model_of_a_session_comes_back_and_runs_the_same(cli_json: CliJson, tmp_path: Path) -> None:
    first = cli_json("run", SAMPLE / "project.yaml", "-o", tmp_path / "a.s2s")
    export(tmp_path / "a.s2s", tmp_path / "nir", "nir")
    given = ("--input", SAMPLE / "recordings/00.bin", "--bin", "1e-3", "--steps", 64)
    again = cli_json("run", tmp_path / "nir/project.yaml", *given, "-o", tmp_path / "b.s2s")

    runs = [open_session(tmp_path / name).run() for name in ("a.s2s", "b.s2s")]
    assert runs[0].about.network_digest == runs[1].about.network_digest
    assert runs[0].content == runs[1].content
    assert again["packets"] == first["packets"]
    metadata = nir.read(tmp_path / "nir/model.nir").metadata
    assert (metadata["dt"], metadata["integrator"], metadata["reset"]) == (1e-3, "forward", "subtract")
    assert metadata["v_scale"]["lif1"] == pytest.approx(runs[0].about.populations[1].v_scale)


def test_that_a_chip_network_runs_the_same_from_its_nir_file(cli: Cli, cli_json: CliJson, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "in.csv").write_text("neuron,step\n" + "".join(f"{n % 6},{n // 2}\n" for n in range(60)))
    given = ("--input", tmp_path / "in.csv", "--steps", 40, "--record", "out:spikes,v")
    first = cli_json("run", tmp_path / "net.yaml", *given, "-o", tmp_path / "a.s2s")
    assert cli("export", tmp_path / "net.yaml", "--format", "nir", "-o", tmp_path / "nir").exit_code == 0
    cli_json("run", tmp_path / "nir/project.yaml", *given, "-o", tmp_path / "b.s2s")

    assert first["outputs"]["out"][0] > 0
    runs = [open_session(tmp_path / name).run() for name in ("a.s2s", "b.s2s")]
    assert runs[0].content[SPIKES.name] == runs[1].content[SPIKES.name]
    assert runs[0].content["voltages"] == runs[1].content["voltages"]


def test_that_the_real_networks_export_and_lower_to_the_same_integers(conformance: Path, tmp_path: Path) -> None:
    from s2studio.lowering.options import LoweringOptions
    from s2studio.snn.digest import network_digest

    for number, path in enumerate(sorted(conformance.rglob("*.nir"))):
        bench = Workbench(Project(path, lowering=LoweringOptions(dt_s=1e-4), run=RunOptions(steps=1)))
        export_model(bench, "nir", tmp_path / str(number))
        again = Workbench(open_project(tmp_path / str(number) / "project.yaml"))
        assert network_digest(again.lower().network) == network_digest(bench.lower().network), path


def test_that_what_nir_cannot_express_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NETWORK.replace("spike_list", "poisson_process"))
    with pytest.raises(LoweringError, match="population 'in': a poisson_process"):
        export_model(Workbench(Project(tmp_path / "net.yaml")), "nir", tmp_path / "out")
    assert not (tmp_path / "out").exists()
