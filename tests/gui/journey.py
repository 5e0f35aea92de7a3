"""The whole journey of a newcomer, once by the mouse alone and once by keys alone: every step asserts what it did.

Only a `Hand` touches the window here: what is read of it is to know where things are and what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QMenu,
    QPushButton,
    QTabBar,
    QToolBar,
    QWidget,
)

from s2studio.chip.machine import PE
from s2studio.gui.dialogs.export import ExportDialog
from s2studio.gui.dialogs.lowering import LoweringDialog
from s2studio.gui.dialogs.palette import Palette
from s2studio.gui.panels.advice import AdvicePanel
from s2studio.gui.panels.compare import ComparePanel
from s2studio.gui.panels.deadline import DeadlinePanel
from s2studio.gui.panels.estimate import EstimatePanel
from s2studio.gui.panels.levels import LevelsPanel
from s2studio.gui.panels.power import PowerPanel
from s2studio.gui.panels.race import RacePanel
from s2studio.gui.panels.run import RunPanel
from s2studio.gui.panels.timeline import TimelinePanel
from s2studio.gui.window import Window
from s2studio.mapping.mapping import ChipMapping
from s2studio.resources import resource_path
from tests.gui.hands import Hand

Asked = TypeVar("Asked", bound=QDialog)
PATIENCE_S = 150.0
# A list that just opened takes a click so soon for the second half of a double click.
OPENED_S = 0.6
PANELS = ("raster", "outputs", "potentials", "utilisation", "deadline", "power", "traffic", "log")


@dataclass(frozen=True)
class Files:
    """What the newcomer brings: a model, and a recording for its input."""

    model: Path
    recording: Path

    @classmethod
    def shipped(cls) -> Files:
        """Return the files of `event_digits`."""
        folder = resource_path("sample_projects", "event_digits")
        return cls(folder / "model.nir", next(iter(sorted((folder / "recordings").rglob("*.bin")))))


class Journey:
    """Walks through a window. `picture(name)` is called at every station."""

    def __init__(
        self,
        window: Window,
        hand: Hand,
        settle: Callable[[float], None],
        picture: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.window, self.hand, self.settle, self.picture = window, hand, settle, picture
        self.controller = window.controller
        self.studio = window.controller.studio

    def by_mouse(self, files: Files) -> Path:
        """Drop a model, answer the dialog, edit the placement, run, look around, compare and export; no key is touched.

        Returns the report that was exported.
        """
        self.picture("start")
        self.hand.drop(files.model, self.window)
        self._answer_dialog_by_mouse()
        self.hand.drop(files.recording, self.window)
        self._has_stimulus()
        self._choose_menu("View", "preset_map")
        self.picture("map")
        self._estimate()
        self._race()
        self._drag_slice()
        self._choose_menu("View", "preset_run")
        self._watch_voltages()
        self._run_by_mouse()
        for name in PANELS:
            self._show_tab(name)
            self.picture(name)
        self._within_tick()
        self._scrub()
        self._laboratory()
        self._compare()
        report = self._export_by_mouse()
        self._deep_network()
        return report

    def by_keys(self, files: Files) -> Path:
        """Open a model and its recording, move a slice, undo, run, step, look around and export; the mouse lies still.

        Returns the report that was exported.
        """
        hand, studio = self.hand, self.studio
        self._open_by_keys(files.model)
        self._answer_dialog_by_keys()
        self._open_by_keys(files.recording)
        self._has_stimulus()
        hand.key("Ctrl+2")
        self._move_slice_by_keys()
        hand.key("Ctrl+3")
        hand.key("F8")
        self._wait(lambda: self.controller.timeline.length == 1 and studio.run_state == "paused")
        hand.key("F8")
        self._wait(lambda: self.controller.timeline.length == 2)
        hand.key("F5")
        self._wait(lambda: studio.run_state == "none" and self.controller.source.live is None)
        self._wait(lambda: studio.summary is not None)
        self._look_around_by_keys()
        self._command_by_keys("light theme")
        assert self.window.themes.choice == "light"
        self._command_by_keys("dark theme")
        return self._export_by_keys()

    # ---------------------------------------------------------------------------------------------- stations of both
    def _has_stimulus(self) -> None:
        self._wait(lambda: bool(self.studio.prepared and self.studio.prepared.stimulus))
        self._wait(self._is_idle)
        self.settle(0.3)

    def _is_lowered_as_chosen(self) -> None:
        self._wait(self._is_idle)
        project = self.studio.project
        assert project is not None
        assert project.lowering.reset == "zero"
        assert project.lowering.dt_s is not None

    def _has_run(self) -> None:
        self._wait(lambda: self.studio.run_state == "none" and self.studio.summary is not None)
        source = self.controller.source
        # The session answers in its own time.
        self._wait(lambda: source.live is None and source.view is not None and source.view.spikes.sum() > 0)
        shown = self.studio.shown
        assert shown is not None
        assert shown.state == "complete"

    # ------------------------------------------------------------------------------------------------------- by mouse
    def _answer_dialog_by_mouse(self) -> None:
        self._wait(lambda: self.studio.mapping is not None)
        dialog = self._dialog(LoweringDialog)
        self._choose_item(dialog.reset, "zero")
        self._wait(self._is_idle)
        self.settle(0.3)
        self.picture("import_dialog")
        buttons = dialog.findChild(QDialogButtonBox)
        assert buttons is not None
        self.hand.click(buttons.button(QDialogButtonBox.StandardButton.Ok))
        self._is_lowered_as_chosen()

    def _drag_slice(self) -> None:
        view, studio = self.window.mesh.view, self.studio
        before = self._mapping()
        start, target = before.slices[0].pe, self._free_pe()
        points = [view.rect_of(start).center(), view.rect_of(target).center()]
        path = [points[0] + (points[1] - points[0]) * share for share in (0.0, 0.1, 0.4, 0.7, 1.0)]
        self.hand.drag(view, [point.toPoint() for point in path], lambda: self.picture("drag"))
        self._wait(lambda: studio.mapping is not before)
        assert self._mapping().slices[0].pe == target
        self._show_tab("history")
        self.picture("moved")
        self._press("undo")
        assert studio.mapping is before
        self._press("redo")
        assert self._mapping().slices[0].pe == target

    def _estimate(self) -> None:
        """Ask what the network would take, before it has run."""
        self._show_tab("estimate")
        panel = self.window.docks["estimate"].panel
        assert isinstance(panel, EstimatePanel)
        self.hand.click(panel.ask)
        self._wait(lambda: panel.found is not None and self._is_idle())
        self.settle(0.3)
        self.picture("estimate")

    def _race(self) -> None:
        """Try placers, and look at what they found; the placement stays."""
        self._show_tab("race")
        panel = self.window.docks["race"].panel
        assert isinstance(panel, RacePanel)
        self.hand.click(panel.start)
        self._wait(lambda: panel.race is not None and self._is_idle())
        self.settle(0.3)
        self.picture("race")
        assert panel.take.isEnabled()

    def _watch_voltages(self) -> None:
        """Tick the box for the voltages of the last population, in the panel Run."""
        panel = self.window.docks["run"].panel
        assert isinstance(panel, RunPanel)
        table = panel.table
        box = table.visualRect(table.model().index(table.rowCount() - 1, 4))
        self.hand.click(table.viewport(), QPoint(box.left() + 10, box.center().y()))
        self._wait(lambda: "v" in str(self.studio.project and self.studio.project.run.observe))
        self._wait(self._is_idle)

    def _run_by_mouse(self) -> None:
        timeline = self.controller.timeline
        self._press("step")
        self._wait(lambda: timeline.length == 1 and self.studio.run_state == "paused")
        self.picture("run")
        self._press("run")
        self._wait(lambda: timeline.length > 2)
        self._has_run()

    def _within_tick(self) -> None:
        """Look into the tick at the cursor, and back at the span."""
        self._show_tab("power")
        panel = self.window.docks["power"].panel
        assert isinstance(panel, PowerPanel)
        self.hand.click(panel.inside)
        self._wait(panel.tick.isVisible)
        self.settle(0.5)
        self.picture("within_tick")
        self.hand.click(panel.inside)
        assert not panel.tick.isVisible()

    def _scrub(self) -> None:
        panel = self.window.docks["timeline"].panel
        assert isinstance(panel, TimelinePanel)
        strip, timeline = panel.strip, self.controller.timeline
        y = strip.height() // 2
        self.hand.drag(strip, [QPoint(round(strip.width() * share), y) for share in (0.9, 0.7, 0.5, 0.25)])
        assert abs(timeline.cursor / timeline.length - 0.25) < 0.1
        self.settle(0.3)
        self.picture("scrub")

    def _laboratory(self) -> None:
        """Ask what to change and which level to take, and look at the answers."""
        self._choose_menu("View", "preset_profile")
        self._ask_why()
        self._show_tab("advice")
        advice = self.window.docks["advice"].panel
        assert isinstance(advice, AdvicePanel)
        self.hand.click(advice.ask)
        self._wait(lambda: advice.advice is not None)
        self.settle(0.3)
        self.picture("advice")
        self._show_tab("levels")
        levels = self.window.docks["levels"].panel
        assert isinstance(levels, LevelsPanel)
        self.hand.click(levels.ask)
        self._wait(lambda: levels.study is not None)
        self.settle(0.3)
        self.picture("levels")
        self._show_tab("literature")
        self.picture("literature")

    def _ask_why(self) -> None:
        """Ask what the tick at the cursor goes to, see on the mesh who sent to that PE, and clear it."""
        self._show_tab("deadline")
        panel, traced = self.window.docks["deadline"].panel, self.window.mesh.traced
        assert isinstance(panel, DeadlinePanel)
        self.hand.click(panel.why)
        self._wait(traced.isVisible)
        self.settle(0.3)
        self.picture("why")
        self.hand.click(traced.clear)
        assert not traced.isVisible()

    def _compare(self) -> None:
        """Place again, run again, and lay both runs beside each other."""
        studio, first = self.studio, self.studio.shown
        assert first is not None
        before = self._mapping()
        self._press("place")
        self._wait(lambda: self._is_idle() and studio.mapping is not before)
        self._press("run")
        self._wait(lambda: studio.shown is not None and studio.shown.session != first.session)
        self._has_run()
        self._choose_menu("View", "preset_compare")
        panel = self.window.docks["compare"].panel
        assert isinstance(panel, ComparePanel)
        self.hand.click(panel.choose)
        menu = self._menu()
        self._choose_action(menu, next(one for one in menu.actions() if one.text() == first.session.name))
        self._wait(lambda: "…" not in panel.verdict.text() and "yet" not in panel.verdict.text())
        assert panel.verdict.text() == "Spikes are equal"  # the placement changes no spike
        self.settle(0.3)
        self.picture("compare")
        self._choose_panel("potentials")
        assert not self.window.docks["potentials"].isHidden()
        self._show_tab("console")
        self.picture("console")

    def _export_by_mouse(self) -> Path:
        self._press("export")
        dialog = self._dialog(ExportDialog)
        self._choose_item(dialog.format, "report")
        self.settle(0.5)
        self.picture("export_dialog")
        out = Path(dialog.path.text())
        self.hand.click(next(one for one in dialog.findChildren(QPushButton) if one.text() == "Export"))
        return self._exported(out)

    def _deep_network(self) -> None:
        """Drop a deep network and look at each of its panels."""
        self.hand.drop(resource_path("sample_projects", "digits", "digits_cnn.yaml"), self.window)
        self._wait(lambda: self.controller.deep.shown is not None)
        self.picture("graph")
        for name in ("layers", "schedule", "bounds", "dram"):
            self._show_tab(name)
            self.picture(name)

    # -------------------------------------------------------------------------------------------------------- by keys
    def _open_by_keys(self, path: Path) -> None:
        self.hand.key("Ctrl+O")
        self._dialog(QFileDialog)
        self.hand.type(str(path))
        self.hand.key("Enter")
        self._wait(lambda: not any(one.isVisible() for one in self.window.findChildren(QFileDialog)))

    def _answer_dialog_by_keys(self) -> None:
        self._wait(lambda: self.studio.mapping is not None)
        dialog = self._dialog(LoweringDialog)
        self._tab_to(dialog.reset)
        self.hand.key("Down")
        self._wait(self._is_idle)
        buttons = dialog.findChild(QDialogButtonBox)
        assert buttons is not None
        self._tab_to(buttons.button(QDialogButtonBox.StandardButton.Ok))
        self.hand.key("Space")
        self._is_lowered_as_chosen()

    def _move_slice_by_keys(self) -> None:
        hand, view, studio = self.hand, self.window.mesh.view, self.studio
        before = self._mapping()
        hand.key("Ctrl+M")  # the focus goes to the mesh
        hand.key("M")
        assert view.carried is not None
        slices, lead = view.carried.slices, view.carried.lead
        used = {piece.pe for piece in before.slices}
        for key in ("Left",) * 6 + ("Down",) * 10:
            hand.key(key)
            if view.focus is not None and view.focus not in used and view.carried.legality[view.focus] is None:
                break
        target = view.focus
        self.picture("keys_move")
        hand.key("M")
        self._wait(lambda: studio.mapping is not before)
        assert len(slices) == 1
        assert self._mapping().slices[lead].pe == target
        hand.key("Ctrl+Z")
        self._wait(lambda: studio.mapping is before)
        hand.key("Ctrl+Shift+Z")
        self._wait(lambda: studio.mapping is not before)

    def _look_around_by_keys(self) -> None:
        timeline, hand = self.controller.timeline, self.hand
        hand.key("Ctrl+0")
        assert (timeline.start, timeline.stop) == (0, timeline.length)
        at = timeline.cursor
        hand.key("Alt+Left")
        assert timeline.cursor == at - 1
        hand.key("Alt+Right")
        assert timeline.cursor == at
        hand.key("Ctrl++")
        assert timeline.stop - timeline.start < timeline.length
        self._command_by_keys("panel power")
        panel = self.window.docks["power"].panel
        self._wait(lambda: panel is not None and panel.isVisible())
        self._command_by_keys("whole chip")

    def _command_by_keys(self, words: str) -> None:
        """Find a command by words and do it."""
        self.hand.key("Ctrl+Shift+P")
        self._wait(lambda: any(one.isVisible() for one in self.window.findChildren(Palette)))
        self.hand.type(words)
        if words == "whole chip":
            self.picture("palette")
        self.hand.key("Enter")
        self._wait(lambda: not any(one.isVisible() for one in self.window.findChildren(Palette)))

    def _export_by_keys(self) -> Path:
        self.hand.key("Ctrl+E")
        dialog = self._dialog(ExportDialog)
        self._tab_to(dialog.format)
        self.hand.key("End")  # the report is the last format
        self._wait(lambda: dialog.format_name == "report")
        out = Path(dialog.path.text())
        self.settle(0.5)
        self.hand.key("Enter")
        return self._exported(out)

    def _tab_to(self, widget: QWidget) -> None:
        """Press Tab until `widget` has the focus."""
        for _ in range(40):
            focus = QApplication.focusWidget()
            if focus is widget or (focus is not None and widget.isAncestorOf(focus)):
                return
            self.hand.key("Tab")
        raise AssertionError(f"Tab does not reach {widget.accessibleName() or widget}")

    # --------------------------------------------------------------------------------------------------------- inside
    def _exported(self, out: Path) -> Path:
        self._wait(out.exists)
        assert "<svg" in out.read_text(encoding="utf-8")
        return out

    def _press(self, name: str) -> None:
        """Click the button of an action in the toolbar."""
        action = self.window.actions_[name]
        bars = [bar for bar in action.associatedObjects() if isinstance(bar, QToolBar)]
        button = bars[0].widgetForAction(action)
        assert action.isEnabled(), f"{name} cannot be pressed now"
        self.hand.click(button)

    def _choose_menu(self, title: str, name: str) -> None:
        """Click a command in a menu of the window."""
        bar = self.window.menuBar()
        head = next(action for action in bar.actions() if action.text() == f"&{title}")
        self.hand.click(bar, bar.actionGeometry(head).center())
        self._choose_action(self._menu(), self.window.actions_[name])
        self.settle(0.4)

    def _choose_panel(self, name: str) -> None:
        """Click a panel in the menu View, Panels."""
        bar = self.window.menuBar()
        head = next(action for action in bar.actions() if action.text() == "&View")
        self.hand.click(bar, bar.actionGeometry(head).center())
        menu = self._menu()
        entry = next(action for action in menu.actions() if action.text() == "Panels")
        self.hand.click(menu, menu.actionGeometry(entry).center())
        self._wait(lambda: isinstance(QApplication.activePopupWidget(), QMenu) and self._menu() is not menu)
        self._choose_action(self._menu(), self.window.docks[name].toggleViewAction())
        dock = self.window.docks[name]
        self._wait(lambda: dock.panel is not None and dock.panel.isVisible())
        self.settle(0.3)

    def _menu(self) -> QMenu:
        self._wait(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        return menu

    def _choose_action(self, menu: QMenu, action: QAction) -> None:
        self.hand.click(menu, menu.actionGeometry(action).center())
        self.settle(0.1)

    def _choose_item(self, box: QComboBox, data: str) -> None:
        """Click a list box, then the item with `data` in the list that opens."""
        self.hand.click(box)
        view = box.view()
        self._wait(view.isVisible)
        self.settle(OPENED_S)
        place = view.visualRect(box.model().index(box.findData(data), 0)).center()
        self.hand.click(view.viewport(), place)
        self._wait(lambda: box.currentData() == data)

    def _show_tab(self, name: str) -> None:
        """Click the tab of a panel."""
        dock = self.window.docks[name]
        title = dock.windowTitle()
        for bar in self.window.findChildren(QTabBar):
            for index in range(bar.count()):
                at = bar.tabRect(index).center()
                # Qt keeps bars that it no longer needs, outside of the window.
                if bar.tabText(index) == title and self.window.rect().contains(bar.mapTo(self.window, at)):
                    self.hand.click(bar, at)
        self._wait(lambda: dock.panel is not None and dock.panel.isVisible())
        self.settle(0.25)

    def _mapping(self) -> ChipMapping:
        assert self.studio.mapping is not None
        return self.studio.mapping

    def _free_pe(self) -> PE:
        machine = self.studio.machine
        assert machine is not None
        used = {piece.pe for piece in self._mapping().slices}
        return next(pe for pe in reversed(machine.usable_pes) if pe not in used)

    def _dialog(self, kind: type[Asked]) -> Asked:
        self._wait(lambda: any(isinstance(one, kind) and one.isVisible() for one in self.window.findChildren(QDialog)))
        self.settle(0.1)
        return next(one for one in self.window.findChildren(kind) if one.isVisible())

    def _is_idle(self) -> bool:
        return self.studio.busy is None

    def _wait(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            self.settle(0.01)
            said = [f"{line.level}: {line.text}" for line in self.studio.log]
            assert time.monotonic() < end, "nothing came; the log says\n" + "\n".join(said)
