"""The whole journey of a newcomer, once by mouse and once by keys: every step asserts what it should have done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QTabBar, QToolBar

from s2studio.chip.machine import PE
from s2studio.gui.dialogs.export import ExportDialog
from s2studio.gui.dialogs.lowering import LoweringDialog
from s2studio.gui.panels.advice import AdvicePanel
from s2studio.gui.panels.compare import ComparePanel
from s2studio.gui.panels.levels import LevelsPanel
from s2studio.gui.panels.timeline import TimelinePanel
from s2studio.gui.window import Window
from s2studio.resources import resource_path
from tests.gui.hands import Hand

Asked = TypeVar("Asked", bound=QDialog)
PATIENCE_S = 150.0
PANELS = ("raster", "outputs", "utilisation", "deadline", "power", "traffic", "log")


@dataclass(frozen=True)
class Files:
    """What the newcomer brings: a model, a recording for its input, and how long a step of it is, in ms."""

    model: Path
    recording: Path
    bin_ms: float

    @classmethod
    def shipped(cls) -> Files:
        """Return the files of `event_digits`."""
        folder = resource_path("sample_projects", "event_digits")
        return cls(folder / "model.nir", next(iter(sorted((folder / "recordings").rglob("*.bin")))), 1.0)


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

    def by_mouse(self, files: Files, out: Path) -> None:
        """Drop a model, answer the dialog, edit the placement, run, look around, compare and export."""
        self.picture("start")
        self._drop(files.model)
        self._answer_dialog()
        self._drop(files.recording)
        self._wait(lambda: bool(self.controller.studio.prepared and self.controller.studio.prepared.stimulus))
        self._wait(self._is_idle)
        self.window.show_preset("Map")
        self.settle(0.3)
        self.picture("map")
        self._drag_slice()
        self.window.show_preset("Run")
        self.settle(0.3)
        self._run_by_mouse()
        for name in PANELS:
            self._show_tab(name)
            self.picture(name)
        self._scrub()
        self._laboratory()
        self._compare()
        self._export(out)

    def by_keys(self, out: Path) -> None:
        """Open a sample, move a slice, undo, run, pause, step, look around and export, without a mouse."""
        window, hand, studio = self.window, self.hand, self.controller.studio
        window.start_page.samples.setFocus()
        hand.key("Down")
        hand.key("Enter")
        self._wait(lambda: studio.mapping is not None)
        self._wait(self._is_idle)
        self._move_slice_by_keys()
        hand.key("F8")
        self._wait(lambda: self.controller.timeline.length == 1 and studio.run_state == "paused")
        hand.key("F8")
        self._wait(lambda: self.controller.timeline.length == 2)
        hand.key("F5")
        self._wait(lambda: studio.run_state == "none" and self.controller.source.live is None)
        self._wait(lambda: studio.summary is not None)
        self._look_around_by_keys()
        hand.key("Ctrl+Shift+P")
        self.settle(0.2)
        self.picture("palette")
        hand.key("Esc")
        hand.key("Ctrl+E")
        dialog = self._dialog(ExportDialog)
        dialog.format.setFocus()
        hand.key("End")  # the report is the last format
        dialog.path.setText(str(out))
        dialog.path.setFocus()
        self.settle(0.5)
        self.picture("export_dialog")
        hand.key("Enter")
        self._wait(out.exists)

    # ------------------------------------------------------------------------------------------------------- stations
    def _drop(self, path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        window = self.window
        where, action = QPointF(window.rect().center()), Qt.DropAction.CopyAction
        window.dropEvent(QDropEvent(where, action, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
        self.settle(0.1)

    def _answer_dialog(self) -> None:
        studio = self.controller.studio
        self._wait(lambda: studio.mapping is not None)
        dialog = self._dialog(LoweringDialog)
        dialog.reset.setCurrentIndex(dialog.reset.findData("zero"))
        self._wait(self._is_idle)
        self.settle(0.3)
        self.picture("import_dialog")
        buttons = dialog.findChild(QDialogButtonBox)
        assert buttons is not None
        self.hand.click(buttons.button(QDialogButtonBox.StandardButton.Ok))
        self._wait(self._is_idle)
        assert studio.project is not None
        assert studio.project.lowering.reset == "zero"
        assert studio.project.lowering.dt_s is not None

    def _drag_slice(self) -> None:
        view, studio = self.window.mesh.view, self.controller.studio
        before = studio.mapping
        assert before is not None
        start, target = before.slices[0].pe, self._free_pe()
        points = [view.rect_of(start).center(), view.rect_of(target).center()]
        path = [points[0] + (points[1] - points[0]) * share for share in (0.0, 0.1, 0.4, 0.7, 1.0)]
        self.hand.drag(view, [point.toPoint() for point in path], lambda: self.picture("drag"))
        self._wait(lambda: studio.mapping is not before)
        assert studio.mapping is not None
        assert studio.mapping.slices[0].pe == target
        self.picture("moved")
        self.hand.key("Ctrl+Z")
        assert studio.mapping is before
        self.hand.key("Ctrl+Shift+Z")
        assert studio.mapping is not before

    def _run_by_mouse(self) -> None:
        studio, timeline = self.controller.studio, self.controller.timeline
        self._press("step")
        self._wait(lambda: timeline.length == 1 and studio.run_state == "paused")
        self._press("run")
        self._wait(lambda: timeline.length > 2)
        self._wait(lambda: studio.run_state == "none" and studio.summary is not None)
        self._wait(lambda: self.controller.source.live is None and self.controller.source.view is not None)
        view = self.controller.source.view
        assert view is not None
        assert view.spikes.sum() > 0
        assert studio.shown is not None
        assert studio.shown.state == "complete"

    def _scrub(self) -> None:
        dock = self.window.docks["timeline"]
        panel = dock.ensure()
        assert isinstance(panel, TimelinePanel)
        strip, timeline = panel.strip, self.controller.timeline
        y = strip.height() // 2
        self.hand.drag(strip, [QPoint(round(strip.width() * share), y) for share in (0.9, 0.7, 0.5, 0.25)])
        assert abs(timeline.cursor / timeline.length - 0.25) < 0.1
        self.settle(0.3)
        self.picture("scrub")

    def _laboratory(self) -> None:
        """Ask what to change and which level to take, and look at the answers."""
        self.window.show_preset("Profile")
        self.settle(0.3)
        self._show_tab("advice")
        advice = self.window.docks["advice"].panel
        assert isinstance(advice, AdvicePanel)
        self.hand.click(advice.ask)
        self._wait(lambda: advice.advice is not None)
        self.picture("advice")
        self._show_tab("levels")
        levels = self.window.docks["levels"].panel
        assert isinstance(levels, LevelsPanel)
        self.hand.click(levels.ask)
        self._wait(lambda: levels.study is not None)
        self.picture("levels")

    def _compare(self) -> None:
        studio = self.controller.studio
        first = studio.shown
        assert first is not None
        studio.summary = None
        self.controller.place()
        self._wait(self._is_idle)
        self._press("run")
        self._wait(lambda: studio.summary is not None and self.controller.source.live is None)
        self.window.show_preset("Compare")
        self.settle(0.3)
        panel = self.window.docks["compare"].ensure()
        assert isinstance(panel, ComparePanel)
        panel.compare_with(first.session)
        self._wait(lambda: "…" not in panel.verdict.text() and "yet" not in panel.verdict.text())
        assert panel.verdict.text() == "Spikes are equal"  # the placement changes no spike
        self.settle(0.3)
        self.picture("compare")

    def _export(self, out: Path) -> None:
        self._press("export")
        dialog = self._dialog(ExportDialog)
        dialog.format.setCurrentIndex(dialog.format.findData("report"))
        dialog.path.setText(str(out))
        self.settle(0.5)
        button = next(one for one in dialog.findChildren(QPushButton) if one.text() == "Export")
        self.hand.click(button)
        self._wait(out.exists)
        assert "<svg" in out.read_text(encoding="utf-8")

    def _move_slice_by_keys(self) -> None:
        view, studio, hand = self.window.mesh.view, self.controller.studio, self.hand
        before = studio.mapping
        assert before is not None
        view.setFocus()
        view.focus = before.slices[0].pe
        hand.key("M")
        for _ in range(30):
            hand.key("Left")
            if view.focus not in {piece.pe for piece in before.slices}:
                break
        hand.key("M")
        self._wait(lambda: studio.mapping is not before)
        hand.key("Ctrl+Z")
        self._wait(lambda: studio.mapping is before)

    def _look_around_by_keys(self) -> None:
        timeline, hand = self.controller.timeline, self.hand
        self.window.mesh.view.setFocus()
        hand.key("Ctrl+0")
        at = timeline.cursor
        hand.key("Alt+Left")
        assert timeline.cursor == at - 1
        hand.key("Alt+Right")
        assert timeline.cursor == at
        hand.key("Ctrl+4")
        self.settle(0.3)
        assert self.window.docks["power"].isVisible() or not self.window.docks["power"].isHidden()

    # ----------------------------------------------------------------------------------------------------------- inside
    def _press(self, name: str) -> None:
        """Click the button of an action in the toolbar."""
        action = self.window.actions_[name]
        bars = [bar for bar in action.associatedObjects() if isinstance(bar, QToolBar)]
        button = bars[0].widgetForAction(action)
        assert action.isEnabled(), f"{name} cannot be pressed now"
        self.hand.click(button)

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

    def _free_pe(self) -> PE:
        machine, mapping = self.controller.studio.machine, self.controller.studio.mapping
        assert machine is not None
        assert mapping is not None
        used = {piece.pe for piece in mapping.slices}
        return next(pe for pe in reversed(machine.usable_pes) if pe not in used)

    def _dialog(self, kind: type[Asked]) -> Asked:
        self._wait(lambda: any(isinstance(one, kind) and one.isVisible() for one in self.window.findChildren(QDialog)))
        return next(one for one in self.window.findChildren(kind) if one.isVisible())

    def _is_idle(self) -> bool:
        return self.controller.studio.busy is None

    def _wait(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            self.settle(0.01)
            said = [f"{line.level}: {line.text}" for line in self.controller.studio.log]
            assert time.monotonic() < end, "nothing came; the log says\n" + "\n".join(said)
