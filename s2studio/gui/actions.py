"""The one table of what can be done: menus, toolbar, keys, command palette and context menus are made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from s2studio.draw.theme import Theme
from s2studio.gui.icons import icon
from s2studio.gui.translation import tr

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller

# Several: the first is the one that is shown.
Keys = str | QKeySequence.StandardKey | tuple[str, ...]


@dataclass(frozen=True)
class ActionRow:
    """One command. `enabled` None: always. `in_toolbar` puts it there too; `tip` says what it does, with units."""

    name: str
    menu: str
    title: str
    do: Callable[[], object]
    keys: Keys | None = None
    icon: str = ""
    tip: str = ""
    enabled: Callable[[], bool] | None = None
    in_toolbar: bool = False
    checked: Callable[[], bool] | None = None


class Actions(QObject):
    """All actions by name. `refresh` asks each whether it is possible now."""

    def __init__(self, rows: tuple[ActionRow, ...], theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.rows = {row.name: row for row in rows}
        self._made = {row.name: self._action(row, theme) for row in rows}

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def refresh(self) -> None:
        """Enable what is possible now, and check what is on."""
        for name, row in self.rows.items():
            action = self._made[name]
            if row.enabled is not None:
                action.setEnabled(row.enabled())
            if row.checked is not None:
                action.setChecked(row.checked())

    def apply_theme(self, theme: Theme) -> None:
        """Draw all icons in the colours of `theme`."""
        for name, row in self.rows.items():
            if row.icon:
                self._made[name].setIcon(icon(row.icon, theme))

    def _action(self, row: ActionRow, theme: Theme) -> QAction:
        action = QAction(tr(row.title), self)
        action.setObjectName(row.name)
        if row.icon:
            action.setIcon(icon(row.icon, theme))
        if row.keys is not None:
            sequences = [QKeySequence(one) for one in (row.keys if isinstance(row.keys, tuple) else (row.keys,))]
            action.setShortcuts(sequences)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        title = action.text().replace("&", "").rstrip("….")
        action.setToolTip(tr(row.tip or title) + (f"  ({keys})" if keys else ""))
        action.setCheckable(row.checked is not None)
        action.triggered.connect(lambda _checked: row.do())
        return action


def connect_models(actions: Actions, controller: Controller) -> None:
    """Let `actions` be refreshed whenever something changes that they depend on."""
    studio = controller.studio
    for event in (
        studio.prepared_changed,
        studio.mapping_changed,
        studio.shown_changed,
        studio.busy_changed,
        studio.run_state_changed,
        controller.selection.changed,
        controller.deep.shown_changed,
    ):
        event.connect(lambda *_values: actions.refresh())
    actions.refresh()
