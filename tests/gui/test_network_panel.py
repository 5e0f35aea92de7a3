"""Network, inspector and history under a real mouse: what is selected in one is selected in all."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from s2studio.gui.panels.history import HistoryPanel
from s2studio.gui.panels.inspector import InspectorPanel
from s2studio.gui.panels.network import NetworkPanel
from s2studio.gui.window import Window
from s2studio.resources import resource_path

DIGITS = resource_path("sample_projects", "event_digits", "project.yaml")
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def opened(application: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """A window in which a network is open and mapped, with the panels of the preset Map."""
    folder = tmp_path_factory.mktemp("network")
    found = Window(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    found.resize(1280, 800)
    found.show()
    found.open_paths([DIGITS])
    found.show_preset("Map")
    studio = found.controller.studio
    end = time.monotonic() + 60
    while studio.mapping is None or studio.busy is not None:
        application.processEvents()
        assert time.monotonic() < end, "nothing was mapped"
    for _ in range(40):
        application.processEvents()
        time.sleep(0.002)
    yield found
    found.close()
    found.deleteLater()
    application.processEvents()


@pytest.fixture
def network(opened: Window) -> NetworkPanel:
    opened.controller.selection.clear()
    panel = opened.docks["network"].ensure()
    assert isinstance(panel, NetworkPanel)
    QApplication.processEvents()
    panel.view.fit(animated=False)
    return panel


def inspector_of(window: Window) -> InspectorPanel:
    panel = window.docks["inspector"].ensure()
    assert isinstance(panel, InspectorPanel)
    return panel


def test_that_boxes_do_not_overlap_and_lie_in_the_widget(network: NetworkPanel) -> None:
    view = network.view
    boxes = [view.rect_of(number) for number in range(len(view.graph.nodes))]
    assert [node.title for node in view.graph.nodes] == ["input", "lif1", "lif2", "lif3"]
    assert all(view.rect().contains(box.toAlignedRect()) for box in boxes)
    assert not any(one.intersects(other) for one in boxes for other in boxes if one is not other)


def test_that_a_clicked_population_is_selected_on_the_mesh_and_in_the_inspector(
    opened: Window, network: NetworkPanel
) -> None:
    QTest.mouseClick(network.view, LEFT, NONE, network.view.rect_of(2).center().toPoint())
    mapping = opened.controller.studio.mapping
    assert mapping is not None
    expected = {index for index, piece in enumerate(mapping.slices) if piece.population == "lif2"}
    assert opened.mesh.view.selected.slices == expected
    sheet = inspector_of(opened).sheet
    assert sheet is not None
    assert (sheet.title, sheet.subtitle) == ("lif2", "population")


def test_that_a_clicked_projection_shows_its_weights(opened: Window, network: NetworkPanel) -> None:
    view = network.view
    one, other = view.rect_of(2), view.rect_of(3)
    QTest.mouseClick(view, LEFT, NONE, ((one.center() + other.center()) / 2).toPoint())
    assert opened.controller.selection.now.projections == frozenset({2})
    assert opened.controller.selection.now.populations == frozenset({"lif2", "lif3"})
    assert network.weights.isVisible()
    sheet = inspector_of(opened).sheet
    assert sheet is not None
    assert sheet.title == "lif2 → lif3"
    opened.controller.selection.clear()
    assert not network.weights.isVisible()


def test_that_a_clicked_pe_is_found_in_the_network(opened: Window, network: NetworkPanel) -> None:
    mapping = opened.controller.studio.mapping
    assert mapping is not None
    view = opened.mesh.view
    QTest.mouseClick(view, LEFT, NONE, view.rect_of(mapping.slices[0].pe).center().toPoint())
    assert network.view.selected.populations == frozenset({"input"})
    sheet = inspector_of(opened).sheet
    assert sheet is not None
    assert sheet.title == "input[0]"


def test_that_hovering_highlights_in_the_other_panel(opened: Window, network: NetworkPanel) -> None:
    view = network.view
    QTest.mouseMove(view, QPoint(1, 1))
    QTest.mouseMove(view, view.rect_of(1).center().toPoint())
    QApplication.processEvents()
    assert opened.mesh.view.hovered.populations == frozenset({"lif1"})


def test_that_a_name_in_the_inspector_can_be_followed(opened: Window, network: NetworkPanel) -> None:
    panel = inspector_of(opened)
    panel.page.anchorClicked.emit(QUrl("slice:4"))
    assert opened.controller.selection.now.slices == frozenset({4})
    panel.page.anchorClicked.emit(QUrl("projection:1"))
    assert opened.controller.selection.now.projections == frozenset({1})
    panel.page.anchorClicked.emit(QUrl("population:lif2"))
    assert panel.title.text() == "lif2"
    assert "Comes from" in panel.page.toPlainText()


def test_that_a_step_of_the_history_can_be_gone_back_to(opened: Window, network: NetworkPanel) -> None:
    studio, edits = opened.controller.studio, opened.controller.edits
    panel = opened.docks["history"].ensure()
    assert isinstance(panel, HistoryPanel)
    before = studio.mapping
    assert before is not None
    machine = studio.machine
    assert machine is not None
    used = {piece.pe for piece in before.slices}
    first, second = [pe for pe in machine.usable_pes if pe not in used][:2]
    edits.drop({0: first})
    edits.drop({1: second})
    model = panel.list.model()
    assert [model.index(row, 0).data() for row in range(3)] == [
        "As placed",
        f"Move input[0] to {first}",
        f"Move input[1] to {second}",
    ]
    panel.list.setCurrentIndex(model.index(0, 0))
    assert studio.mapping is before


def test_that_both_themes_reach_the_panels(opened: Window, network: NetworkPanel) -> None:
    opened.controller.selection.clear()
    for name in ("light", "dark"):
        opened.themes.choose(name)
        QApplication.processEvents()
        picture = network.view.grab().toImage()
        assert picture.pixelColor(2, 2).name() == opened.themes.theme.surface
        mesh = opened.mesh.view.grab().toImage()
        assert mesh.pixelColor(2, 2).name() == opened.themes.theme.background
