"""The panels of time and power in the window: levels, literature, and what stands behind a population."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from s2studio.analysis.levels import Switching
from s2studio.app.project import open_project
from s2studio.chip.settings import ChipSettings
from s2studio.gui.models.inspect import Known, inspected
from s2studio.gui.models.selection import of_population
from s2studio.gui.panels.levels import LevelsPanel
from s2studio.gui.panels.literature import LiteraturePanel
from s2studio.gui.panels.power import PowerPanel
from s2studio.gui.panels.run import RunPanel
from s2studio.session.reader import open_session
from tests.analysis.test_literature import MINE
from tests.conftest import REPOSITORY, CliJson

if TYPE_CHECKING:
    from s2studio.gui.window import Window
    from tests.gui.conftest import Until

CHIP = """\
s2studio: chip/1
extends: spinnaker2
name: mine
settings:
  unused_pes: {value: off, unit: asleep or off, source: my board, mark: estimate}
  sleep_level: {value: high, unit: level, source: my board, mark: estimate}
sources: {my board: measured by me}
"""
DIGITS = REPOSITORY / "sample_projects/event_digits/project.yaml"


@pytest.fixture
def shown(window: Window, until: Until, cli_json: CliJson, tmp_path: Path) -> Window:
    """The window with event_digits and a session of it."""
    cli_json("run", DIGITS, "-o", tmp_path / "a.s2s")
    window.open_paths([DIGITS])
    until(lambda: window.controller.studio.mapping is not None)
    window.controller.open_session(tmp_path / "a.s2s")
    until(lambda: window.controller.studio.summary is not None)
    return window


def test_that_a_point_of_levels_shows_its_power_and_where_it_is_late(shown: Window, until: Until) -> None:
    panel = shown.docks["levels"].ensure()
    assert isinstance(panel, LevelsPanel)
    panel.compare()
    until(lambda: panel.study is not None)
    assert panel.rows[panel.table.currentRow()] == panel.study.choice  # type: ignore[union-attr]
    assert "no PE is late" in panel.shown.text()

    late = next(number for number, row in enumerate(panel.rows) if row.late_ticks)
    panel.table.cellClicked.emit(late, 0)
    row = panel.rows[late]
    assert f"{row.late_ticks:,} late PE ticks" in panel.shown.text()
    times, _ = panel._late.getData()
    assert len(times) == int((row.curve.late > 0).sum())
    _, power_w = panel._power.getData()
    assert power_w.max() == row.curve.power_w.max()


def test_that_published_figures_stand_beside_the_run_and_own_ones_join_them(
    shown: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    panel = shown.docks["literature"].ensure()
    assert isinstance(panel, LiteraturePanel)
    panel.show_kind()
    rows = panel.table.rowCount()
    assert panel.ran.text().startswith("This run: 15.2 mJ (15.2 to 15.3 mJ)")
    assert panel.ran.text().endswith("(estimate)")

    (tmp_path / "mine.yaml").write_text(MINE)
    panel.add_file(tmp_path / "mine.yaml")
    panel.table._show_waiting()
    assert panel.table.rowCount() == rows + 1
    panel.add_file(tmp_path / "absent.yaml")
    assert shown.controller.studio.log[-1].level == "error"


def test_that_power_shows_the_tick_at_the_cursor_from_inside(shown: Window, until: Until) -> None:
    panel = shown.docks["power"].ensure()
    assert isinstance(panel, PowerPanel)
    shown.show_preset("Profile")
    shown.docks["power"].raise_()
    until(panel.isVisible)
    shown.controller.timeline.move(61)
    panel.inside.click()
    until(lambda: panel.tick.tick is not None and panel.tick.tick.tick == 61)
    assert panel.tick.tick is not None
    assert panel.tick.tick.ends_s.shape == (16, 5)
    until(panel.tick.isVisible)
    assert not panel.tick.grab().toImage().isNull()

    shown.controller.timeline.move(12)
    until(lambda: panel.tick.tick is not None and panel.tick.tick.tick == 12)
    panel.inside.click()
    until(panel.plot.isVisible)

    timeline, zoom_in = shown.controller.timeline, shown.actions_["zoom_in"]
    timeline.move(20)
    timeline.look(20, 22)
    zoom_in.trigger()
    assert (timeline.start, timeline.stop, timeline.is_inside) == (20, 21, False)
    until(lambda: shown.controller.source.view is not None and shown.controller.source.view.span.stop == 21)
    zoom_in.trigger()
    until(lambda: panel.tick.isVisible() and panel.tick.tick is not None and panel.tick.tick.tick == 20)
    shown.actions_["zoom_out"].trigger()
    until(panel.plot.isVisible)
    assert (timeline.start, timeline.stop) == (20, 21)


def test_that_a_chip_file_brings_its_settings(shown: Window, until: Until, tmp_path: Path) -> None:
    studio = shown.controller.studio
    (tmp_path / "mine.yaml").write_text(CHIP)
    shown.controller.change(chip=tmp_path / "mine.yaml")
    until(lambda: studio.machine is not None and studio.machine.spec.name == "mine")
    assert studio.machine is not None
    assert (studio.machine.spec.unused_pes, studio.machine.spec.sleep_level) == ("off", "high")


def test_that_what_is_assumed_of_the_chip_is_set_in_the_window(shown: Window, until: Until, tmp_path: Path) -> None:
    controller, run = shown.controller, shown.docks["run"].ensure()
    assert isinstance(run, RunPanel)
    before = controller.studio.mapping
    assert (run.sleep_level.currentText(), run.unused_pes.currentText()) == ("low", "asleep")
    assert (run.switch_time.value(), run.switch_energy.value()) == (100.0, 0.0)
    run.unused_pes.setFocus()
    QTest.keyClick(run.unused_pes, Qt.Key.Key_Down)
    until(lambda: controller.studio.machine is not None and controller.studio.machine.spec.unused_pes == "off")
    run.switch_energy.setFocus()
    run.switch_energy.selectAll()
    QTest.keyClicks(run.switch_energy, "250")
    QTest.keyClick(run.switch_energy, Qt.Key.Key_Return)
    until(lambda: controller.studio.machine is not None and controller.studio.machine.spec.switch_energy_j == 2.5e-10)
    assert controller.studio.mapping is before

    levels = shown.docks["levels"].ensure()
    assert isinstance(levels, LevelsPanel)
    levels.compare()
    until(lambda: levels.study is not None)
    assert levels.study is not None
    assert levels.study.switching == Switching(1e-7, 2.5e-10)
    controller.save_project(tmp_path / "project.yaml")
    until((tmp_path / "project.yaml").exists)
    assert open_project(tmp_path / "project.yaml").settings == ChipSettings(unused_pes="off", switch_energy_j=2.5e-10)


def test_that_a_run_by_the_clock_of_each_pe_is_chosen_in_the_window(shown: Window, until: Until) -> None:
    run, controller = shown.docks["run"].ensure(), shown.controller
    assert isinstance(run, RunPanel)
    assert not run.fifo.isEnabled()
    QTest.keyClick(run.engine, Qt.Key.Key_Down)
    until(lambda: run.fifo.isEnabled() and controller.studio.busy is None)
    before = controller.source.shown
    controller.running.start()
    until(lambda: controller.source.shown is not before and controller.studio.summary is not None)
    assert controller.source.shown is not None
    assert open_session(controller.source.shown.session).run(0).about.engine == "per_pe"


def test_that_a_population_says_what_it_stands_on(shown: Window) -> None:
    studio, facts = shown.controller.studio, shown.controller.facts()
    assert studio.network is not None
    assert studio.mapping is not None
    assert facts is not None
    titles = {}
    for name in ("lif2", "lif3"):
        sheet = inspected(of_population(studio.mapping, name), Known(studio.network, facts))
        titles[name] = [section.title for section in sheet.sections if section.title.startswith("Stands on")]

    assert titles == {"lif2": ["Stands on: equation"], "lif3": ["Stands on: recording"]}
