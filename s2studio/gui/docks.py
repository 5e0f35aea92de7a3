"""The table of docked panels, and the presets that show some of them: a new panel is one file and one row here."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from s2studio.gui.theme import give_room
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.panel import Panel

LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea
# Below all others at the bottom, and always there; and at the bottom too, beside the others where there is room.
FOOT, BESIDE = "foot", "beside"
PRESETS = (marked("Load"), marked("Map"), marked("Run"), marked("Profile"), marked("Compare"), marked("Layers"))


@dataclass(frozen=True)
class PanelRow:
    """A panel: its class as `module:Class` below `s2studio.gui.panels`, where it docks, and the presets it is in."""

    name: str
    title: str
    source: str
    area: Qt.DockWidgetArea | str
    presets: frozenset[str]


def _row(name: str, title: str, source: str, area: Qt.DockWidgetArea | str, *presets: str) -> PanelRow:
    return PanelRow(name, title, source, area, frozenset(presets))


# In the order of their tabs.
PANELS = (
    _row("run", "Run", "run:RunPanel", RIGHT, "Load", "Run"),
    _row("network", "Network", "network:NetworkPanel", LEFT, "Load", "Map"),
    _row("inspector", "Inspector", "inspector:InspectorPanel", RIGHT, "Load", "Map", "Profile"),
    _row("history", "History", "history:HistoryPanel", RIGHT, "Map"),
    _row("raster", "Spikes", "raster:RasterPanel", BOTTOM, "Run", "Profile"),
    _row("outputs", "Outputs", "outputs:OutputsPanel", BOTTOM, "Run"),
    _row("potentials", "Potentials", "potentials:PotentialsPanel", BOTTOM, "Run"),
    _row("utilisation", "Utilisation", "utilisation:UtilisationPanel", BESIDE, "Run", "Profile"),
    _row("deadline", "Deadline", "deadline:DeadlinePanel", BESIDE, "Run", "Profile"),
    _row("power", "Power", "power:PowerPanel", BESIDE, "Run", "Profile"),
    _row("traffic", "Traffic", "traffic:TrafficPanel", BESIDE, "Run", "Profile"),
    _row("advice", "Advice", "advice:AdvicePanel", BESIDE, "Profile"),
    _row("levels", "Levels", "levels:LevelsPanel", BESIDE, "Profile"),
    _row("literature", "Literature", "literature:LiteraturePanel", BESIDE, "Profile"),
    _row("estimate", "Estimate", "estimate:EstimatePanel", BOTTOM, "Map"),
    _row("race", "Race", "race:RacePanel", BOTTOM, "Map"),
    _row("graph", "Graph", "layer_graph:LayerGraphPanel", LEFT, "Layers"),
    _row("layers", "Layers", "layers:LayersPanel", BESIDE, "Layers"),
    _row("schedule", "Schedule", "schedule:SchedulePanel", BOTTOM, "Layers"),
    _row("bounds", "Bounds", "layer_advice:LayerAdvicePanel", BESIDE, "Layers"),
    _row("dram", "DRAM", "dram:DramPanel", BESIDE, "Layers"),
    _row("compare", "Compare", "compare:ComparePanel", BOTTOM, "Compare"),
    _row("log", "Log", "log:LogPanel", BESIDE, "Load", "Map", "Run", "Compare"),
    _row("console", "Console", "console:ConsolePanel", BESIDE, "Load", "Compare"),
    _row("timeline", "Timeline", "timeline:TimelinePanel", FOOT, "Run", "Profile", "Compare"),
)


class PanelDock(QDockWidget):
    """A dock whose panel is made once it is shown, so that the window is there at once.

    `queue` takes what is to be done soon: of many docks that are shown at once, each makes its panel by itself.
    """

    def __init__(
        self,
        row: PanelRow,
        make: Callable[[PanelRow], Panel],
        queue: Callable[[Callable[[], object]], None],
        parent: QMainWindow,
    ) -> None:
        super().__init__(tr(row.title), parent)
        self.setObjectName(row.name)
        self.row = row
        self._make, self._queue = make, queue
        self.panel: Panel | None = None
        self._made: Panel | None = None
        self.setWidget(QWidget(self))
        self._no_title = QWidget(self)
        self._no_title.hide()
        self.visibilityChanged.connect(self._visible)
        # Who switches a panel on wants to see it, not its tab.
        self.toggleViewAction().triggered.connect(lambda is_on: self.raise_() if is_on else None)

    def ensure(self) -> Panel:
        """Return the panel, made now if it was not shown before."""
        if self.panel is None:
            self.panel = self.prepare()
            self.setWidget(self.panel)
        return self.panel

    def prepare(self) -> Panel:
        """Make the panel, and leave it to `ensure` to show it: together they would take longer than input may wait."""
        if self._made is None:
            self._made = self._make(self.row)
        return self._made

    def set_bare(self, is_bare: bool) -> None:
        """Do without a title: a tab says what this is. What floats has one all the same."""
        wanted = self._no_title if is_bare and not self.isFloating() else None
        if self.titleBarWidget() is not wanted:
            self.setTitleBarWidget(wanted)  # type: ignore[arg-type]
            self._no_title.setVisible(wanted is not None)

    def _visible(self, is_visible: bool) -> None:
        if is_visible and self.panel is None:
            self._queue(self.prepare)
            self._queue(self.ensure)


def make_panel(row: PanelRow, *arguments: Any) -> Panel:
    """Return a new panel of `row`."""
    module, _, name = row.source.partition(":")
    panel: Panel = getattr(importlib.import_module(f"s2studio.gui.panels.{module}"), name)(*arguments)
    give_room(panel)
    return panel
