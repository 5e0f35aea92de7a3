"""The window, as a user has it: files are opened, networks mapped and run, what is shown is what ran."""

from __future__ import annotations

import json
import os
import shlex
import signal
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QContextMenuEvent, QDropEvent, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTabBar, QWidget

from s2studio.gui.dialogs.about import packages
from s2studio.gui.docks import BESIDE, BOTTOM, PANELS
from s2studio.gui.menus import PANEL_MENU, TIME_MENU
from s2studio.gui.models.selection import of_slices
from s2studio.gui.panels.deadline import DeadlinePanel
from s2studio.gui.panels.estimate import EstimatePanel
from s2studio.gui.panels.power import PowerPanel
from s2studio.gui.steps import STEPS
from s2studio.gui.views.mesh_scene import link_tip
from s2studio.gui.views.picture import save_widget
from s2studio.gui.window import Window
from s2studio.resources import resource_path
from s2studio.session.reader import open_session
from s2studio.session.tables import zoom_name
from s2studio.units import with_unit
from tests.conftest import CliJson
from tests.gui.conftest import Until

LIF = resource_path("sample_projects", "lif_neuron", "project.yaml")
DIGITS = resource_path("sample_projects", "event_digits", "project.yaml")


def opened(window: Window, until: Until, path: Path = LIF) -> None:
    """Open `path` in `window` and wait until it is mapped."""
    window.open_paths([path])
    until(lambda: window.controller.studio.mapping is not None and window.controller.studio.busy is None)


def ran(window: Window, until: Until) -> None:
    """Run what is open and wait until its session is shown."""
    window.controller.running.start()
    until(lambda: window.controller.studio.summary is not None)
    until(lambda: window.controller.source.live is None and window.controller.source.view is not None)


def test_that_a_dropped_project_is_mapped(window: Window, until: Until) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(LIF))])
    where, action = QPointF(400, 300), Qt.DropAction.CopyAction
    window.dropEvent(QDropEvent(where, action, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
    until(lambda: window.controller.studio.mapping is not None)

    mapping = window.controller.studio.mapping
    assert mapping is not None
    assert [piece.population for piece in mapping.slices] == ["input", "neuron"]


def test_that_nothing_flashes_up_while_a_network_is_opened(
    window: Window, until: Until, application: QApplication
) -> None:
    class Flashes(QObject):
        shown: ClassVar[list[QObject]] = []

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                self.shown.append(watched)
            return False

    flashes = Flashes()
    application.installEventFilter(flashes)
    window.show_preset("Run")
    opened(window, until)
    application.removeEventFilter(flashes)

    assert flashes.shown == []  # a widget made visible before it has a parent is a window of its own


def test_that_a_run_shows_the_spikes_of_its_session(window: Window, until: Until) -> None:
    window.show_preset("Run")
    opened(window, until)
    ran(window, until)

    view, shown = window.controller.source.view, window.controller.studio.shown
    assert view is not None
    assert shown is not None
    stored = open_session(shown.session).runs[0]
    assert view.ticks_seen == stored.ticks == 600
    assert view.spikes.sum(axis=1).tolist() == [72, 15]
    assert view.raster.sum() == len(stored.spikes().tick)


def test_that_every_panel_draws_a_run(window: Window, until: Until) -> None:
    opened(window, until, DIGITS)
    ran(window, until)
    for dock in window.docks.values():
        dock.show()
        dock.raise_()
        dock.ensure()
    window.controller.timeline.look(10, 40)
    until(lambda: window.controller.source.view is not None and window.controller.source.view.span.start == 10)

    errors = [line.text for line in window.controller.studio.log if line.level == "error"]
    assert errors == []
    assert {row.name for row in PANELS} == set(window.docks)


def test_that_a_paused_run_steps_tick_by_tick(window: Window, until: Until) -> None:
    opened(window, until)
    controller = window.controller
    controller.running.step(3)
    until(lambda: controller.timeline.length == 3)
    controller.running.step(2)
    until(lambda: controller.timeline.length == 5)
    assert controller.studio.run_state == "paused"
    controller.running.stop()
    until(lambda: controller.studio.run_state == "none" and controller.source.live is None)

    shown = controller.studio.shown
    assert shown is not None
    assert (shown.state, shown.ticks) == ("cancelled", 5)


def test_that_an_unknown_file_is_refused_with_the_reason(window: Window, until: Until, tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    path.write_text("hello")
    window.open_paths([path])
    until(lambda: bool(window.controller.studio.log))

    line = window.controller.studio.log[-1]
    assert line.level == "error"
    assert "letter.docx" in line.text
    assert ".nir" in line.text


@pytest.mark.skipif(os.name != "posix", reason="kills a process by signal")
def test_that_a_killed_engine_leaves_recording_mapping_and_a_new_engine(window: Window, until: Until) -> None:
    opened(window, until)
    controller = window.controller
    controller.running.step(20)
    until(lambda: controller.timeline.length == 20)
    mapping, killed = controller.studio.mapping, controller.engine.pid
    assert killed is not None
    until(lambda: len(list(controller.session_folder.glob(f"*.s2s/runs/*/{zoom_name(1)}/*.parquet"))) > 0)
    os.kill(killed, signal.SIGKILL)
    until(lambda: controller.studio.run_state == "none" and controller.source.live is None)

    shown = controller.studio.shown
    assert shown is not None
    assert (shown.state, shown.ticks) == ("crashed", 20)
    assert controller.studio.mapping is mapping
    assert any("killed by signal 9" in line.text for line in controller.studio.log)
    controller.timeline.begin(0, 1e-3)
    ran(window, until)
    assert controller.studio.summary is not None


def test_that_undo_and_redo_follow_the_edits(window: Window, until: Until) -> None:
    opened(window, until)
    controller = window.controller
    before = controller.studio.mapping
    assert before is not None
    project = controller.studio.project
    assert project is not None
    controller.place()
    until(lambda: controller.undo.count() == 1)
    controller.undo.undo()
    assert controller.studio.mapping is before
    controller.undo.redo()
    assert controller.studio.mapping is not before


def test_that_layout_theme_and_recent_files_are_kept(window: Window, until: Until) -> None:
    opened(window, until)
    window.themes.choose("light")
    window.show_preset("Profile")
    window.close()

    again = Window(window.settings)
    try:
        assert again.themes.choice == "light"
        assert again.recent == [LIF.resolve()]
        assert all(dock.isHidden() for dock in again.docks.values())  # nothing is open yet
        opened(again, until)
        assert not again.docks["power"].isHidden()
        assert again.docks["run"].isHidden()
    finally:
        again.close()


def test_that_two_sessions_are_compared(window: Window, until: Until) -> None:
    from s2studio.gui.panels.compare import ComparePanel

    opened(window, until)
    ran(window, until)
    first = window.controller.studio.shown
    assert first is not None
    window.controller.change(stimuli=())
    until(lambda: window.controller.studio.busy is None and window.controller.studio.mapping is not None)
    window.controller.studio.summary = None
    ran(window, until)
    window.show_preset("Compare")
    panel = window.docks["compare"].ensure()
    assert isinstance(panel, ComparePanel)
    panel.compare_with(first.session)
    until(lambda: "…" not in panel.verdict.text())

    begin = int(open_session(first.session).runs[0].spikes().tick.min())  # without a stimulus nothing spikes at all
    assert panel.verdict.text() == f"Spikes differ, first in tick {begin}"
    assert panel.populations.item(1, 2) is not None


def test_that_the_console_sees_what_is_open(window: Window, until: Until) -> None:
    from s2studio.gui.panels.console import ConsolePanel

    opened(window, until)
    window.docks["console"].show()
    panel = window.docks["console"].ensure()
    assert isinstance(panel, ConsolePanel)
    panel.line.setText("print(len(mapping.slices), bench.project.model.name)")
    panel.run_line()
    until(lambda: "2 model" in panel.text.toPlainText())
    panel.line.setText("1 / 0")
    panel.run_line()
    until(lambda: "ZeroDivisionError" in panel.text.toPlainText())


def test_that_a_session_is_exported_as_the_dialog_says(window: Window, until: Until, tmp_path: Path) -> None:
    from s2studio.gui.dialogs.export import ExportDialog

    opened(window, until)
    ran(window, until)
    dialog = ExportDialog(window.controller, window)
    dialog.format.setCurrentIndex(dialog.format.findData("json"))
    until(lambda: "rows" in dialog.estimated.text())
    dialog.path.setText(str(tmp_path / "out.json"))
    dialog.accept()
    until((tmp_path / "out.json").exists)

    assert json.loads((tmp_path / "out.json").read_text())["steps"] == 600


def test_that_a_script_runs_after_a_yes_and_its_session_is_shown(window: Window, until: Until) -> None:
    script = resource_path("sample_projects", "scripts", "two_neurons.py")
    window.scripts.run(script)
    until(lambda: not window.scripts.is_running)
    until(lambda: window.controller.studio.shown is not None)

    shown = window.controller.studio.shown
    assert shown is not None
    assert shown.ticks > 0
    assert shown.session.name == "two_neurons.s2s"


def test_that_advice_is_applied_with_one_click_and_its_placement_undone(window: Window, until: Until) -> None:
    from s2studio.gui.panels.advice import AdvicePanel

    opened(window, until, DIGITS)
    ran(window, until)
    controller = window.controller
    panel = window.docks["advice"].ensure()
    assert isinstance(panel, AdvicePanel)
    panel.advise()
    until(lambda: panel.advice is not None)
    advice, before = panel.advice, controller.studio.mapping
    assert advice is not None
    assert before is not None
    number = next(number for number, fix in enumerate(advice.fixes) if fix.mapping is not None)
    panel.fixes.selectRow(number)
    panel.apply_chosen()
    until(lambda: controller.studio.busy is None)

    assert controller.studio.project is not None
    assert controller.studio.project.run.tick_s == advice.fixes[number].tick_s
    assert controller.studio.mapping is not None
    assert len(controller.studio.mapping.slices) > len(before.slices)
    controller.undo.undo()
    assert controller.studio.mapping is before


def test_that_a_level_policy_is_taken_from_the_table(window: Window, until: Until) -> None:
    from s2studio.gui.panels.levels import LevelsPanel

    opened(window, until)
    ran(window, until)
    controller = window.controller
    panel = window.docks["levels"].ensure()
    assert isinstance(panel, LevelsPanel)
    panel.compare()
    until(lambda: panel.study is not None)
    panel.table.selectRow(next(index for index, row in enumerate(panel.rows) if row.policy == "high"))
    panel.take_chosen()
    until(lambda: controller.studio.busy is None)

    assert controller.studio.project is not None
    assert controller.studio.project.run.level.mode == "high"


def test_that_the_winner_of_a_race_is_taken_as_an_undoable_step(window: Window, until: Until) -> None:
    from s2studio.gui.panels.race import RacePanel

    opened(window, until)
    controller = window.controller
    panel = window.docks["race"].ensure()
    assert isinstance(panel, RacePanel)
    panel.seeds.setValue(1)
    panel.run()
    until(lambda: panel.race is not None)
    race = panel.race
    assert race is not None
    assert race.winner is not None
    panel.take_chosen()

    assert controller.studio.mapping is race.winner.mapping
    assert controller.undo.undoText() == f"Take {race.winner.runner.name}"


def test_that_what_a_network_takes_is_estimated_before_it_runs_as_the_copied_line_does(
    window: Window, until: Until, cli_json: CliJson
) -> None:
    opened(window, until)
    panel = window.docks["estimate"].ensure()
    assert isinstance(panel, EstimatePanel)
    panel.ask.click()
    until(lambda: panel.found is not None)
    assert [row.origin for row in panel.found.rates] == ["stimulus", "assumed"]  # type: ignore[union-attr]
    rate = panel.rates.item(1, 2)
    assert rate is not None
    rate.setText("20 Hz")
    until(lambda: panel.found is not None and panel.found.rates[1].origin == "given")

    line = next(step.line(window) for step in STEPS if step.name == "estimate")
    assert line is not None
    words = shlex.split(line)
    assert words[-2:] == ["--rate", "neuron=20"]
    printed = cli_json(*words[1:])
    assert panel.found is not None
    assert printed["outcome"]["energy_j"] == pytest.approx(panel.found.outcome.energy_j, rel=1e-12)
    assert panel.headline.text().startswith(with_unit(printed["outcome"]["energy_j"], "J"))
    rate.setText("")
    until(lambda: panel.found is not None and panel.found.rates[1].origin == "assumed")
    assert panel.words == ()


def test_that_a_late_tick_is_gone_to_explained_and_traced_on_the_mesh_until_that_is_cleared(
    window: Window, until: Until
) -> None:
    opened(window, until)
    project = window.controller.studio.project
    assert project is not None
    window.controller.change(run=replace(project.run, tick_s=1e-6))
    until(lambda: window.controller.studio.busy is None)
    ran(window, until)
    controller, mesh = window.controller, window.mesh
    controller.timeline.move(21)
    window.actions_["why"].trigger()
    until(lambda: controller.forensics.trace is not None)
    assert any(line.text.startswith("Tick 21") for line in controller.studio.log)

    trace = controller.forensics.trace
    assert trace is not None
    assert mesh.view.trace is trace
    assert mesh.traced.ways.count() == 1 + len(trace.ways) > 1
    QTest.keyClick(mesh.traced.ways, Qt.Key.Key_Down)
    assert mesh.view.trace is not None
    assert mesh.view.trace.ways == trace.ways[:1]
    link = trace.ways[0].links[0]
    assert f"{trace.loads[link].flits:,} flits, each waits" in link_tip(mesh.view.scene, link, trace)  # type: ignore[arg-type]
    window.actions_["select_none"].trigger()
    assert mesh.view.trace is None
    assert not mesh.traced.isVisibleTo(mesh)

    controller.selection.select(of_slices(controller.studio.mapping, frozenset({1})))
    window.actions_["why_pe"].trigger()
    until(lambda: controller.forensics.trace is not None)
    line = next(step.line(window) for step in STEPS if step.name == "why")
    assert shlex.split(line or "")[3:] == ["--tick", "21", "--pe", str(controller.studio.mapping.slices[1].pe)]
    assert controller.forensics.trace.receiver == controller.studio.mapping.slices[1].pe

    panel = window.docks["deadline"].ensure()
    assert isinstance(panel, DeadlinePanel)
    for button, tick in ((panel.trouble.on, 22), (panel.trouble.back, 21)):
        button.click()
        until(lambda tick=tick: window.controller.timeline.cursor == tick)
        assert window.controller.selection.now.slices


def test_that_a_marked_span_stands_in_power_and_a_panel_has_a_menu_of_what_can_be_done(
    window: Window, until: Until
) -> None:
    opened(window, until)
    ran(window, until)
    window.show_panel("power")
    panel = window.docks["power"].ensure()
    assert isinstance(panel, PowerPanel)
    until(lambda: panel.figures.rowCount() > 0)
    window.controller.timeline.look(100, 300)
    window.actions_["mark"].trigger()
    assert (0.1, "mark 1") in panel._marks._shown

    panel.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint()))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    offered = [one.objectName() for one in menu.actions() if not one.isSeparator()]
    assert offered == [name for name in (*TIME_MENU, *PANEL_MENU) if name]
    menu.close()
    window.actions_["marks_clear"].trigger()
    assert "mark 1" not in [word for _, word in panel._marks._shown]

    panel.figures.copy_table()
    header, total, *_ = QApplication.clipboard().text().split("\n")
    assert header.split("\t")[0] == "kind"
    assert total.split("\t")[2] in panel.headline.text()


def test_that_a_refusal_stands_in_the_status_bar_until_it_is_read(window: Window, application: QApplication) -> None:
    window.docks["log"].hide()
    say = window.controller.studio.say
    say("info", "Saved.")
    assert window.notice.isHidden()

    say("error", "/home/someone/model.nir: no such file; check the path")
    say("error", "a detail of it")
    application.processEvents()
    assert window.notice.isVisible()
    assert window.notice.accessibleName() == "model.nir: no such file; check the path"

    window.notice.click()
    assert window.notice.isHidden()
    assert window.docks["log"].isVisible()


def test_that_about_names_every_package_with_its_licence() -> None:
    found = {package.name.lower(): package for package in packages()}

    assert all(found[name].licence for name in ("numpy", "numba", "pyarrow", "pyside6_essentials"))
    assert all(package.version for package in found.values())
    assert "pytest" not in found
    assert found["pyqtgraph"].licence.startswith("MIT")


def test_that_every_command_and_submenu_stands_in_one_menu(window: Window) -> None:
    menus = {action.text(): action.menu() for action in window.menuBar().actions()}
    submenus = {
        title: [action.text() for action in menu.actions() if action.menu() is not None]
        for title, menu in menus.items()
        if isinstance(menu, QMenu)
    }

    assert submenus == {
        "&File": ["Open &recent", "Copy step as command line"],
        "&Edit": [],
        "&Map": ["Place the selection with"],
        "&Run": [],
        "&View": ["Panels"],
        "&Help": [],
    }


def test_that_a_reset_layout_brings_panels_back(window: Window) -> None:
    window.docks["run"].setFloating(True)
    window.docks["log"].close()
    window.reset_layout()

    assert not window.docks["run"].isFloating()
    assert not window.docks["log"].isHidden()
    assert window.dockWidgetArea(window.docks["log"]) == BOTTOM


def test_that_a_wide_window_shows_two_panels_at_the_bottom(window: Window, until: Until) -> None:
    opened(window, until)
    window.resize(1200, 800)
    window.show_preset("Run")
    raster, traffic = window.docks["raster"], window.docks["traffic"]
    assert traffic in window.tabifiedDockWidgets(raster)

    window.resize(2400, 1200)
    window.show_preset("Run")
    assert traffic.row.area == BESIDE
    assert traffic not in window.tabifiedDockWidgets(raster)
    window.resize(1200, 800)
    window.show_preset("Run")
    assert traffic in window.tabifiedDockWidgets(raster)


def test_that_a_damaged_deep_network_is_refused_in_words(window: Window, until: Until, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"x")
    window.open_paths([tmp_path / "net.onnx"])
    until(lambda: bool(window.controller.studio.log))

    assert "no ONNX model, or a truncated one" in window.controller.studio.log[-1].text


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_that_a_panel_is_saved_as_a_picture(
    window: Window, until: Until, tmp_path: Path, suffix: str, begins: bytes
) -> None:
    opened(window, until)
    path = tmp_path / f"mesh{suffix}"
    save_widget(window.mesh.view, path, QColor("#ffffff"))

    assert path.read_bytes().startswith(begins)
    assert path.stat().st_size > 1000
    assert list(tmp_path.glob(".*part*")) == []


def test_that_no_tab_is_left_behind_where_panels_are(window: Window) -> None:
    """Qt leaves bars of tabs behind, over whatever is shown later, where docks are arranged while they are visible."""
    for name in ("Map", "Run", "Profile", "Compare", "Load", "Run"):
        window.show_preset(name)
        QTest.qWait(50)
        bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.parent() is window]
        inside = [bar for bar in bars if window.rect().intersects(bar.geometry())]
        titles = [bar.tabText(index) for bar in inside for index in range(bar.count())]
        assert len(titles) == len(set(titles)), f"{name}: {titles}"


def test_that_what_the_log_names_is_selected_opened_or_done_by_a_click(window: Window, until: Until) -> None:
    from s2studio.gui.panels.log import LogPanel

    opened(window, until)
    ran(window, until)
    controller = window.controller
    mapping, shown = controller.studio.mapping, controller.studio.shown
    assert mapping is not None
    assert shown is not None
    window.show_preset("Load")
    panel = window.docks["log"].ensure()
    assert isinstance(panel, LogPanel)
    controller.studio.say("info", f"neuron[0] on {mapping.slices[0].pe} in tick 25", action="lowering")

    def click(text: str) -> None:
        cursor = panel.text.document().find(text, 0, QTextDocument.FindFlag.FindCaseSensitively)
        cursor.setPosition(cursor.selectionStart() + 1)
        QTest.mouseClick(
            panel.text.viewport(), Qt.MouseButton.LeftButton, pos=panel.text.cursorRect(cursor).center() + QPoint(3, 0)
        )

    click("neuron[0]")
    assert controller.selection.now.slices == {1}
    click(str(mapping.slices[0].pe))
    assert controller.selection.now.slices == {0}
    assert controller.selection.now.pes == {mapping.slices[0].pe}
    click("tick 25")
    assert controller.timeline.cursor == 25
    controller.studio.shown = None
    click(str(shown.session))
    until(lambda: controller.studio.shown is not None)
    again = controller.studio.shown
    assert again is not None
    assert again.session == shown.session


def test_that_each_run_of_a_session_can_be_shown(window: Window, until: Until, tmp_path: Path) -> None:
    from s2studio.gui.panels.timeline import TimelinePanel

    script = tmp_path / "twice.py"
    text = resource_path("sample_projects", "scripts", "two_neurons.py").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if ".run(" in line)
    script.write_text(text.replace(line, f"{line}\n{line}"), encoding="utf-8")
    window.show_preset("Run")
    window.scripts.run(script)
    until(lambda: not window.scripts.is_running)
    until(lambda: window.controller.studio.shown is not None)
    panel = window.docks["timeline"].ensure()
    assert isinstance(panel, TimelinePanel)
    assert panel.run.isVisible()
    assert panel.run.count() == 2
    panel.run.setCurrentIndex(1)
    panel.run.activated.emit(1)
    until(lambda: window.controller.studio.shown is not None and window.controller.studio.shown.number == 1)
    assert panel.run.currentIndex() == 1


def test_that_a_recording_that_does_not_fit_is_refused_before_the_run(window: Window, until: Until) -> None:
    from s2studio.gui.panels.run import RunPanel

    opened(window, until)
    controller = window.controller
    panel = window.docks["run"].ensure()
    assert isinstance(panel, RunPanel)
    assert panel.memory.text().startswith("Fits: 600 ticks")
    panel.steps.setValue(2_000_000)
    panel.steps.editingFinished.emit()
    until(lambda: controller.studio.unfit != "")
    assert panel.memory.text().startswith("Does not fit: ")
    assert "record needs" in panel.memory.text()
    panel.steps.setValue(300)
    panel.steps.editingFinished.emit()
    until(lambda: panel.memory.text().startswith("Fits: 300 ticks"))


def test_that_the_line_of_every_step_does_it_in_a_terminal(
    window: Window, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shlex

    from typer.testing import CliRunner

    from s2studio.cli.main import make_app
    from s2studio.gui.panels.compare import ComparePanel
    from s2studio.gui.steps import STEPS

    opened(window, until)
    ran(window, until)
    shown = window.controller.studio.shown
    assert shown is not None
    panel = window.docks["compare"].ensure()
    assert isinstance(panel, ComparePanel)
    panel.compare_with(shown.session)
    window.actions_.refresh()  # as the menu does when it opens
    monkeypatch.chdir(tmp_path)
    for step in STEPS:
        window.actions_[f"copy_{step.name}"].trigger()
        words = shlex.split(QApplication.clipboard().text())
        assert words[:2] == ["s2studio", step.name]
        if step.name not in ("race", "estimate"):  # these take long
            result = CliRunner().invoke(make_app(), words[1:])
            assert result.exit_code == 0, f"{words}: {result.output}"


def test_that_a_placement_is_reset_in_one_step(window: Window, until: Until) -> None:
    opened(window, until)
    controller = window.controller
    before = controller.studio.mapping
    for _ in range(2):
        controller.place()
        until(lambda: controller.studio.busy is None)
    window.actions_["reset_mapping"].trigger()

    assert controller.studio.mapping is before
    assert controller.undo.canRedo()
