"""The command palette: every command of the window, found by typing part of its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from s2studio.draw.theme import NEAR_PX
from s2studio.gui.actions import Actions
from s2studio.gui.menus import SUBMENUS
from s2studio.gui.translation import tr

WIDTH_PX, HEIGHT_PX, ROW_PX, ICON_PX = 560, 400, 28, 16


class Palette(QDialog):
    """Type to filter, arrows to choose, Enter to do. Commands that are not possible now are left out."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._actions = actions
        self.resize(WIDTH_PX, HEIGHT_PX)
        self.text = QLineEdit(self)
        self.text.setPlaceholderText(tr("Type a command"))
        self.text.setAccessibleName(tr("Command"))
        self.found = QListWidget(self)
        self.found.setAccessibleName(tr("Commands"))
        self.found.setIconSize(QSize(ICON_PX, ICON_PX))
        self.found.setUniformItemSizes(True)
        self._no_icon = QPixmap(ICON_PX, ICON_PX)
        self._no_icon.fill(Qt.GlobalColor.transparent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(NEAR_PX, NEAR_PX, NEAR_PX, NEAR_PX)
        layout.setSpacing(NEAR_PX)
        layout.addWidget(self.text)
        layout.addWidget(self.found)
        self.text.textChanged.connect(self._filter)
        self.text.returnPressed.connect(self._do)
        self.text.installEventFilter(self)
        self.found.itemClicked.connect(lambda _item: self._do())
        self._filter("")
        self.text.setFocus()  # a popup gives the keys to nobody by itself
        centre = parent.geometry().center()
        self.move(centre.x() - WIDTH_PX // 2, parent.geometry().top() + 80)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let the arrow keys of the field move through the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                row = self.found.currentRow() + step
                self.found.setCurrentRow(max(0, min(row, self.found.count() - 1)))
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        self.found.clear()
        words = text.lower().split()
        # What stands in a menu within a menu comes last: it is needed less often.
        for name, row in sorted(self._actions.rows.items(), key=lambda one: one[1].menu in SUBMENUS):
            action = self._actions[name]
            title = f"{tr(row.menu)}: {action.text().replace('&', '').rstrip('…')}"
            if action.isEnabled() and all(word in f"{title} {row.tip}".lower() for word in words):
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                shown = action.icon() if row.icon else QIcon(self._no_icon)
                item = QListWidgetItem(shown, f"{title}    {keys}" if keys else title)
                item.setSizeHint(QSize(0, ROW_PX))
                item.setData(Qt.ItemDataRole.UserRole, name)
                item.setToolTip(row.tip)
                self.found.addItem(item)
        self.found.setCurrentRow(0)

    def _do(self) -> None:
        item = self.found.currentItem()
        self.close()
        if item is not None:
            self._actions[item.data(Qt.ItemDataRole.UserRole)].trigger()
