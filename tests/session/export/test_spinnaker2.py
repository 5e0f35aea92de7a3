from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2studio.app.model_export import board_run, export_model
from s2studio.app.project import Project, RunOptions, StimulusSource, open_project
from s2studio.app.workbench import Workbench
from s2studio.errors import SessionError, UsageError
from s2studio.mapping.board import Moved, board_class
from s2studio.mapping.mapping import MappingOptions
from s2studio.session.export import Window, export
from s2studio.session.export.board_script import script_text
from s2studio.session.export.spinnaker2 import listed
from s2studio.session.reader import open_session
from s2studio.sim.level import LevelPolicy
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.network import ChipNetwork, SpikingPart
from tests.conftest import REPOSITORY
from tests.session.export.board import Asked, run_script
from tests.session.runs import record, whole_block

NETWORK = """\
s2studio: network/1
name: 'a "net"'
populations:
  "in put": {size: 4, model: spike_list}
  class: {size: 90, model: lif_no_delay, params: {threshold: 20, alpha_decay: 0.9, v_init: 0.5}}
  out: {size: 3, model: lif, params: {threshold: 7.25, alpha_decay: 0.1}, record: [spikes, v, time_done, n_packets]}
projections:
  - {pre: "in put", post: class, weights: {rule: all_to_all, weight: 15}}
  - {pre: class, post: out, weights: {rule: probability, p: 0.1, weight: 2, seed: 1}, delay: 3}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "input.csv").write_text("neuron,step\n3,0\n0,2\n3,5\n")
    options = RunOptions(steps=20, tick_s=2e-3, level=LevelPolicy("auto", {"lif_no_delay": 50}))
    mapping = MappingOptions(neurons_per_pe={"class": 30})
    stimuli = (StimulusSource(None, tmp_path / "input.csv"),)
    return Workbench(Project(tmp_path / "net.yaml", mapping=mapping, stimuli=stimuli, run=options))


def asked_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return run_script(folder / "run_on_board.py", folder, monkeypatch)


def test_that_the_script_asks_the_board_for_the_same_network_and_run(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = asked_of(export_model(bench, "spinnaker2", tmp_path / "board"), monkeypatch)
    ((network, steps, keywords),) = asked.runs
    source, hidden, out = network.populations

    assert (network.name, steps, keywords, asked.addresses) == ('a "net"', 20, {"sys_tick_in_s": 2e-3}, ["10.0.0.1"])
    assert asked.routing == "mc"
    assert [population.name for population in network.populations] == ["in put", "class", "out"]
    assert [population.max_atoms for population in network.populations] == [4, 30, 3]
    assert source.params == {0: [2], 1: [], 2: [], 3: [0, 5]}
    assert (out.neuron_model, sorted(out.record)) == ("lif", ["n_packets", "spikes", "time_done", "v"])
    assert hidden.params == {
        "threshold": 20.0,
        "alpha_decay": 0.9,
        "i_offset": 0.0,
        "v_init": 0.5,
        "v_reset": 0.0,
        "reset": "reset_by_subtraction",
    }
    for projection, own in zip(network.projections, bench.lower().network.spiking.projections, strict=True):
        assert not isinstance(own.connectivity, ConvWeights)
        synapses = listed(own.connectivity)
        columns = (synapses.pre, synapses.post, synapses.weight, synapses.delay)
        assert (projection.pre.name, projection.post.name) == (own.pre, own.post)
        assert projection.connections == [list(row) for row in zip(*(c.tolist() for c in columns), strict=True)]
    assert (asked.levels["LIFNoDelayApplication"].mode, asked.levels["LIFNoDelayApplication"].pl_threshold) == (
        "PL_MODE_AUTO",
        50,
    )
    lif = asked.levels["LIFApplication"]
    assert (lif.mode, lif.pl_threshold) == ("PL_MODE_AUTO", bench.machine().spec.models["lif"].auto_threshold_packets)
    assert asked.levels["LIFConv2dApplication"] is None
    assert "SpikeListApplication is left as it is" in capsys.readouterr().out


def test_that_the_script_leaves_what_the_board_returned(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = export_model(bench, "spinnaker2", tmp_path / "board")
    asked_of(folder, monkeypatch)

    with np.load(folder / "results.npz", allow_pickle=False) as results:
        assert str(results["s2studio"]) == "results/1"
        assert results["populations"].tolist() == ["in put", "class", "out"]
        assert results["2.spikes"].tolist() == [[1, 0]]
        assert results["2.v"][:, 1].tolist() == list(range(1, 21))
        assert results["time_done_s"].shape == (20, 1)
        assert np.allclose(results["time_done_s"], 0.25 * 2e-3)
        assert results["n_packets_pes"].tolist() == ["PE(1, 1, 2)"]


def test_that_a_session_gives_the_same_script_as_its_model(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_model(bench, "spinnaker2", tmp_path / "model")
    bench.run(tmp_path / "a.s2s")
    export(tmp_path / "a.s2s", tmp_path / "session", "spinnaker2")

    texts = [(tmp_path / name / "run_on_board.py").read_text() for name in ("model", "session")]
    assert texts[0].replace("the model net.yaml", "X") == texts[1].replace("run 0 of the session a.s2s", "X")
    with np.load(tmp_path / "model/network.npz") as one, np.load(tmp_path / "session/network.npz") as other:
        assert one.files == other.files
        assert all(np.array_equal(one[name], other[name]) for name in one.files)


def test_that_a_convolution_becomes_the_boards_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Workbench(open_project(REPOSITORY / "sample_projects/event_digits/project.yaml"))
    asked = asked_of(export_model(bench, "spinnaker2", tmp_path / "board"), monkeypatch)
    (projection,) = [own for own in asked.runs[0][0].projections if own.post.name == "lif1"]
    kernel = bench.lower().network.spiking.projections[0].connectivity

    assert isinstance(kernel, ConvWeights)
    assert projection.weights.dtype == np.int8
    assert np.array_equal(projection.weights, kernel.weight.swapaxes(0, 1))
    assert (projection.params["in_height"], projection.params["in_width"]) == kernel.source_shape[1:]
    assert (projection.params["stride_y"], projection.params["stride_x"]) == kernel.stride
    sides = ("top", "bottom", "left", "right")
    assert tuple(projection.params[f"pad_{side}"] for side in sides) == kernel.padding


def test_that_slices_which_would_move_are_listed_in_the_script(bench: Workbench, tmp_path: Path) -> None:
    options = MappingOptions("greedy", neurons_per_pe={"class": 30}, forbidden=frozenset())
    bench.change(Project(bench.project.model, mapping=options, stimuli=bench.project.stimuli, run=bench.project.run))
    text = (export_model(bench, "spinnaker2", tmp_path / "board") / "run_on_board.py").read_text()

    assert "simulation only" in text
    moved = board_class(bench.map(), bench.machine(), bench.lower().network.spiking).moved
    assert len(moved) == 5
    for row in moved:
        assert f"{row.slice}: simulated on {row.pe}, here on {row.board_pe}" in text


@pytest.mark.parametrize(("samples", "window", "found"), [(2, Window(), "a batch"), (1, Window(2e-3), "a window")])
def test_that_what_a_board_cannot_run_is_refused(tmp_path: Path, samples: int, window: Window, found: str) -> None:
    path = record(tmp_path / "a.s2s", whole_block(10, samples))
    with pytest.raises(SessionError, match=found):
        export(open_session(path), tmp_path / "out", "spinnaker2", window)
    assert not (tmp_path / "out").exists()


def test_that_a_model_is_not_exported_as_tables(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no session"):
        export_model(bench, "csv", tmp_path / "out")
    with pytest.raises(UsageError, match="did you mean 'spinnaker2'"):
        export_model(bench, "spinaker2", tmp_path / "out")


@pytest.mark.parametrize("name", ['"""\nimport evil\n"""', "\\", "x\\'''\"", "'); import evil; ('", "#\nimport evil"])
def test_that_no_name_becomes_code(bench: Workbench, name: str) -> None:
    source = board_run(bench)
    population = replace(source.network.spiking.populations[0], name=name)
    part = SpikingPart((population,), ())
    board = replace(source.board, order=(name,), neurons_per_pe={name: 4}, moved=(Moved(name, 0, 4, name, name),))
    said = replace(source, network=ChipNetwork(name, part), board=replace(board, expressible=False), source=name)
    tree = ast.parse(script_text(said))

    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"os", "sys", "numpy"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "snn.Network"]
    assert [ast.literal_eval(call.args[0]) for call in calls] == [name]
