"""Deep networks in the window: opened by a drop, shown on the mesh and in time, run, recorded, exported."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox

from s2studio.gui.panels.dram import DramPanel
from s2studio.gui.panels.layer_advice import LayerAdvicePanel
from s2studio.gui.panels.layer_graph import LayerGraphPanel
from s2studio.gui.panels.layers import LayersPanel
from s2studio.gui.panels.schedule import SchedulePanel
from s2studio.gui.views.panel import Panel
from s2studio.gui.window import Window
from s2studio.resources import resource_path
from s2studio.session.reader import open_session
from s2studio.session.window import Window as Span
from tests.gui.conftest import Until
from tests.network.readers.onnx_models import perceptron


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 64 -> 256 -> ReLU -> 10, beside its samples."""
    return perceptron(tmp_path_factory.mktemp("deep"))


@pytest.fixture
def opened(window: Window, until: Until, model: Path) -> Window:
    """A window on the network."""
    window.open_paths([model])
    until(lambda: window.controller.deep.shown is not None)
    return window


def panel(window: Window, name: str) -> Panel:
    dock = window.docks[name]
    dock.show()
    dock.raise_()
    return dock.ensure()


def test_that_a_dropped_network_is_on_the_mesh_with_a_scheduler(opened: Window) -> None:
    shown, scene = opened.controller.deep.shown, opened.mesh.view.scene

    assert shown is not None
    assert scene is not None
    assert set(scene.tiles) == set(shown.timeline.pes)
    assert scene.tiles[shown.mapping.scheduler].name == "scheduler"
    assert "worker 1" in {tile.name for tile in scene.tiles.values()}
    assert opened.docks["layers"].isVisible()
    assert opened.docks["raster"].isHidden()


def test_that_a_layer_that_is_chosen_is_chosen_everywhere(opened: Window, until: Until) -> None:
    deep, layers, schedule = opened.controller.deep, panel(opened, "layers"), panel(opened, "schedule")
    graph = panel(opened, "graph")
    assert isinstance(layers, LayersPanel)
    assert isinstance(schedule, SchedulePanel)
    assert isinstance(graph, LayerGraphPanel)
    assert deep.shown is not None
    assert layers.table.rowCount() == 2

    layers.table.cellClicked.emit(1, 0)

    totals = deep.shown.timeline.totals
    assert deep.layer == 1
    assert graph.view.selected.populations == {deep.shown.timeline.layers[1]}
    assert deep.timeline.start * 10 <= totals.start_ns[1] <= totals.stop_ns[1] <= deep.timeline.stop * 10
    scene = opened.mesh.view.scene
    assert scene is not None
    assert set(scene.tiles) == {deep.shown.mapping.scheduler, *deep.shown.mapping.layers[1].workers}
    until(lambda: schedule.figures.rowCount() > 1)


@pytest.mark.parametrize("name", ["role", "awake", "mla", "dram", "layer_energy"])
def test_that_every_heat_map_of_layers_has_a_scale(opened: Window, name: str) -> None:
    opened.mesh.show_metric(name)

    scene = opened.mesh.view.scene
    assert scene is not None
    assert bool(scene.legend.title) == (name != "role")
    assert all(bool(tile.value) == (name != "role") for tile in scene.tiles.values())


def test_that_a_higher_level_makes_the_inference_shorter(opened: Window, until: Until) -> None:
    deep, layers = opened.controller.deep, panel(opened, "layers")
    assert isinstance(layers, LayersPanel)
    assert deep.shown is not None
    before = deep.shown.timeline.latency_s

    layers.level.setCurrentIndex(layers.level.findData("high"))
    layers.level.activated.emit(layers.level.currentIndex())

    until(lambda: deep.shown is not None and deep.shown.timeline.level == "high")
    assert deep.shown.timeline.latency_s < before


def test_that_advice_on_a_deep_network_is_applied_by_a_click(opened: Window, until: Until) -> None:
    bounds, deep = panel(opened, "bounds"), opened.controller.deep
    assert isinstance(bounds, LayerAdvicePanel)

    bounds.ask.click()
    until(lambda: bounds.advice is not None)
    assert bounds.advice is not None
    options = [fix.option for fix in bounds.advice.fixes]
    # Tables do not change faster than anybody reads.
    until(lambda: bounds.fixes.rowCount() == len(options))
    row = options.index("--level high")
    expected_s = bounds.advice.fixes[row].inference_s
    bounds.fixes.selectRow(row)
    bounds.apply.click()

    until(lambda: deep.shown is not None and deep.shown.timeline.level == "high")
    assert deep.shown is not None
    assert deep.shown.timeline.latency_s == expected_s


def test_that_the_dram_image_has_no_gap_that_is_not_shown(opened: Window) -> None:
    dram, shown = panel(opened, "dram"), opened.controller.deep.shown
    assert isinstance(dram, DramPanel)
    assert shown is not None

    assert dram.table.rowCount() == len(shown.mapping.dram)


def test_that_a_run_on_dropped_samples_is_recorded_and_exported(
    opened: Window, until: Until, model: Path, tmp_path: Path
) -> None:
    controller, deep = opened.controller, opened.controller.deep
    assert not opened.actions_["run"].isEnabled()

    opened.open_paths([model.with_name("samples.npy")])
    until(lambda: deep.shown is not None and deep.shown.source.data is not None)
    assert deep.shown is not None
    assert all(row.snr_db is not None for row in deep.shown.rows)
    opened.actions_["run"].trigger()
    until(lambda: controller.recorded is not None)
    assert controller.recorded is not None
    session, number = controller.recorded
    assert open_session(session).layer_runs[number].inferences == 5

    controller.questions.export("csv", tmp_path / "csv", Span())
    until((tmp_path / "csv" / "summary.json").exists)


def test_that_a_recorded_run_of_layers_opens_and_a_spiking_network_takes_its_place(
    opened: Window, until: Until, model: Path
) -> None:
    controller, deep = opened.controller, opened.controller.deep
    opened.open_paths([model.with_name("samples.npy")])
    until(lambda: deep.shown is not None and deep.shown.source.data is not None)
    controller.deep_work.run()
    until(lambda: controller.recorded is not None)
    assert controller.recorded is not None
    path = controller.recorded[0]

    opened.open_paths([resource_path("sample_projects", "lif_neuron", "project.yaml")])
    until(lambda: controller.studio.mapping is not None)
    assert deep.shown is None
    assert opened.docks["layers"].isHidden()

    opened.open_paths([path])
    until(lambda: deep.shown is not None)
    assert deep.shown is not None
    assert deep.shown.source.session == path
    assert controller.studio.mapping is None

    opened.open_paths([model.with_name("samples.npy")])
    until(lambda: any("holds no weights" in line.text for line in controller.studio.log))
    controller.deep_work.again("high", 4e9, is_first=False)
    until(lambda: deep.shown is not None and deep.shown.timeline.level == "high")
    assert deep.shown.source.session is None, "what is shown is not what was recorded"
    assert all(row.snr_db is not None for row in deep.shown.rows)


def test_that_a_deep_network_shares_the_chip_with_the_spiking_one_before_it(
    window: Window, until: Until, model: Path
) -> None:
    controller, deep = window.controller, window.controller.deep
    window.open_paths([resource_path("sample_projects", "lif_neuron", "project.yaml")])
    until(lambda: controller.studio.mapping is not None)
    assert controller.studio.mapping is not None
    spiking = {piece.pe: piece.population for piece in controller.studio.mapping.slices}
    assert not window.actions_["beside"].isEnabled()

    window.open_paths([model])
    until(lambda: deep.shown is not None)
    assert deep.shown is not None
    assert set(spiking) & set(deep.shown.mapping.pes), "it takes the whole chip unless it is told"
    assert any(line.action == "beside" for line in controller.studio.log)
    window.actions_["beside"].trigger()
    until(lambda: controller.deep_work.is_beside)

    scene = window.mesh.view.scene
    assert scene is not None
    assert not set(spiking) & set(deep.shown.mapping.pes)
    assert {pe: scene.tiles[pe].name for pe in spiking} == spiking
    assert window.actions_["beside"].isChecked()

    window.open_paths([model.with_name("samples.npy")])
    until(lambda: deep.shown is not None and deep.shown.source.data is not None)
    window.actions_["run"].trigger()
    until(lambda: controller.recorded is not None)
    assert controller.recorded is not None
    summary = open_session(controller.recorded[0]).layer_runs[0].summary()
    assert [row["name"] for row in summary["beside"]["pes"]] == list(spiking.values())

    window.actions_["beside"].trigger()
    until(lambda: not controller.deep_work.is_beside)


SCRIPT = """
import torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
inputs = torch.randn(1, 4)
"""


@pytest.mark.parametrize("suffix", [".py", ".pt2"])
def test_that_code_that_is_dropped_is_asked_about_and_not_run_without_a_yes(
    window: Window, until: Until, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    # A box would wait for an answer: whoever closes it says no.
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(f"{box.text()} {box.informativeText()}"))
    path = tmp_path / f"net{suffix}"
    path.write_text("import pathlib; pathlib.Path(__file__).with_name('ran').touch()")

    window.open_paths([path])
    until(lambda: bool(asked))

    assert "runs its code" in asked[0]
    assert str(path) in asked[0]
    assert window.controller.deep.shown is None
    assert not (tmp_path / "ran").exists()


def test_that_a_network_in_a_script_is_imported_after_a_yes(window: Window, until: Until, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "net.py"
    path.write_text(SCRIPT)

    window.controller.deep_work.import_code(path)
    until(lambda: window.controller.deep.shown is not None)

    shown = window.controller.deep.shown
    assert shown is not None
    assert [row.operator for row in shown.rows] == ["Dense + Relu", "Dense"]
    assert shown.source.model.parent == window.controller.session_folder
