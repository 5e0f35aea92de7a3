"""Where panels dock: presets, tabs, two columns at the bottom of a wide window, and the room that each side takes."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QMainWindow

from s2studio.gui.docks import BESIDE, BOTTOM, FOOT, LEFT, PRESETS, RIGHT, PanelDock
from s2studio.gui.one_by_one import OneByOne

# How wide the sides are: a share of the window, but at least so many px.
SIDE_SHARE, SIDE_PX = 0.17, 264
# The share of the window's height that the panels at the bottom take.
BOTTOM_SHARE, BOTTOM_SHARES = 0.38, {"Load": 0.22, "Map": 0.3, "Profile": 0.47, "Compare": 0.47, "Layers": 0.47}
# From this width (px) on, the panels at the bottom are two groups beside each other.
TWO_COLUMNS_PX = 1800
# Of the saved layout: a new number when panels come or go.
LAYOUT_VERSION = 4


class Arrangement(QObject):
    """Docks the panels of `window`. While nothing is open, none is shown: all would be empty."""

    def __init__(
        self, window: QMainWindow, docks: Mapping[str, PanelDock], soon: OneByOne, settings: QSettings
    ) -> None:
        super().__init__(window)
        self._window, self._docks, self._soon, self._settings = window, docks, soon, settings
        self._columns = 1
        self._is_waiting = True
        self._naming = QTimer(self)
        self._naming.setSingleShot(True)
        self._naming.setInterval(0)
        self._naming.timeout.connect(self._name)
        for dock in docks.values():
            for event in (dock.visibilityChanged, dock.dockLocationChanged, dock.topLevelChanged):
                event.connect(lambda _value: self._naming.start())
        self._dock(list(docks.values()))

    def begin(self) -> None:
        """Show the panels as they were when the last window closed, or the first preset: something is open now."""
        if not self._is_waiting:
            return
        self._is_waiting = False
        layout = self._settings.value("layout")
        if isinstance(layout, QByteArray):
            columns = self._settings.value("columns", 1)
            self._set_columns(int(columns) if isinstance(columns, int | str) else 1)
            if self._window.restoreState(layout, LAYOUT_VERSION):
                return
        self.show_preset(PRESETS[0])

    def show_log(self) -> None:
        """Show what was said while nothing is open yet, such as why a file is refused."""
        if self._is_waiting:
            self._docks["log"].show()

    def save(self) -> None:
        """Keep the layout for the next window."""
        if not self._is_waiting:
            self._settings.setValue("layout", self._window.saveState(LAYOUT_VERSION))
            self._settings.setValue("columns", self._columns)

    def show_preset(self, name: str) -> None:
        """Show the panels of the preset `name`, each where it was last."""
        self._is_waiting = False
        self._set_columns(2 if self._window.width() >= TWO_COLUMNS_PX else 1)
        shown = [dock for dock in self._docks.values() if name in dock.row.presets]
        for dock in self._docks.values():
            dock.setVisible(dock in shown)
        for dock in shown:
            if dock.row.area == FOOT:
                dock.ensure()  # without its panel it would have no height, and never be seen
        for dock in self._first(shown).values():
            dock.raise_()
        # Docks that were hidden have no size to be changed before they are laid out, and new panels change it again.
        QTimer.singleShot(0, lambda: self._share_room(name))
        QTimer.singleShot(0, lambda: self._soon.add(lambda: self._share_room(name)))

    def reset(self) -> None:
        """Put every panel back where it was at first; none is shown then."""
        for dock in self._docks.values():
            dock.setFloating(False)
        self._columns = 1
        self._dock(list(self._docks.values()))

    # ---------------------------------------------------------------------------------------------------------- inside
    def _place_of(self, dock: PanelDock) -> Qt.DockWidgetArea | str:
        """Return the group of tabs that a dock belongs to."""
        return BOTTOM if dock.row.area == BESIDE and self._columns == 1 else dock.row.area

    def _first(self, docks: list[PanelDock]) -> dict[Qt.DockWidgetArea | str, PanelDock]:
        """Return the first dock of each group."""
        return {self._place_of(dock): dock for dock in reversed(docks)}

    def _dock(self, docks: list[PanelDock]) -> None:
        """Put docks into their places: those of one group as tabs, the timeline below those at the bottom."""
        window = self._window
        for dock in docks:
            dock.hide()  # Qt would leave a bar of tabs behind for each of those that are shown in between
            window.removeDockWidget(dock)
        first = self._first(docks)
        for place, dock in first.items():
            window.addDockWidget(place if isinstance(place, Qt.DockWidgetArea) else BOTTOM, dock)
        # Before there are tabs: what is split off a tab becomes one more tab.
        for place, way in ((FOOT, Qt.Orientation.Vertical), (BESIDE, Qt.Orientation.Horizontal)):
            if place in first and BOTTOM in first:
                window.splitDockWidget(first[BOTTOM], first[place], way)
        for dock in docks:
            place = self._place_of(dock)
            if dock is not first[place]:
                window.tabifyDockWidget(first[place], dock)

    def _set_columns(self, columns: int) -> None:
        """Let the panels at the bottom stand in one group or in two; those that were dragged elsewhere stay there."""
        if columns != self._columns:
            self._columns = columns
            self._dock([dock for dock in self._docks.values() if self._is_at_home(dock)])

    def _is_at_home(self, dock: PanelDock) -> bool:
        """Return whether a dock belongs to the bottom and is there."""
        if dock.row.area not in (BOTTOM, BESIDE, FOOT):
            return False
        return not dock.isFloating() and self._window.dockWidgetArea(dock) == BOTTOM

    def _share_room(self, preset: str) -> None:
        """Give the sides their share of the window's width, and the panels at the bottom theirs of its height."""
        window = self._window
        first = self._first([dock for dock in self._docks.values() if dock.isVisible()])
        sides = [first[side] for side in (LEFT, RIGHT) if side in first]
        width = max(SIDE_PX, round(window.width() * SIDE_SHARE))
        window.resizeDocks(sides, [width] * len(sides), Qt.Orientation.Horizontal)
        columns = [first[place] for place in (BOTTOM, BESIDE) if place in first]
        window.resizeDocks(columns, [window.width()] * len(columns), Qt.Orientation.Horizontal)
        below = [*columns[:1], *([first[FOOT]] if FOOT in first else [])]
        height = round(window.height() * BOTTOM_SHARES.get(preset, BOTTOM_SHARE))
        heights = [height if dock.row.area != FOOT else dock.minimumSizeHint().height() for dock in below]
        window.resizeDocks(below, heights, Qt.Orientation.Vertical)

    def _name(self) -> None:
        """Give a title to each dock that has no tab to say what it is."""
        for dock in self._docks.values():
            tabs = any(not other.isHidden() for other in self._window.tabifiedDockWidgets(dock))
            dock.set_bare(dock.row.area == FOOT or tabs)
