"""The start page: samples, recent files, and a place to drop things that says what it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from s2studio.app.loading import LAYER_SUFFIXES, SUFFIXES
from s2studio.app.samples import samples
from s2studio.draw.theme import FAR_PX, MARGIN_PX, NEAR_PX, RADIUS_PX, SPACE_PX, TITLE_PX, Theme
from s2studio.gui.translation import tr
from s2studio.gui.views.titled_items import TitledItems
from s2studio.network.stimulus import READERS, RECORDINGS

# Larger, it would be stretched rather than easier to read.
WIDEST_PX, TALLEST_PX = 1000, 600
# So many suffixes stand in a row.
IN_A_ROW = 4


class StartPage(QWidget):
    """What the middle of the window shows while nothing is open; `chosen` carries the path to open."""

    chosen = Signal(object)

    def __init__(self, ask_open: Callable[[], None], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("StartPage")
        self._title = QLabel(tr("S2 Studio"))
        self._lead = QLabel(tr("Know what a network does on SpiNNaker2 before it touches a board."))
        self._lead.setProperty("role", "muted")
        self._drop = QLabel(_taken())
        self._drop.setTextFormat(Qt.TextFormat.RichText)
        self._drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop.setMinimumSize(280, 220)
        self._open = QPushButton(tr("Open…"))
        self._open.setDefault(True)
        self._open.clicked.connect(lambda _checked: ask_open())
        self.samples, self.recent = _list(tr("Samples")), _list(tr("Recent files"))
        self._no_recent = QLabel(tr("What you open appears here."))
        self._no_recent.setProperty("role", "muted")
        self._items = TitledItems(self)
        for each in (self.samples, self.recent):
            each.setItemDelegate(self._items)
            each.itemActivated.connect(self._activated)
            each.itemClicked.connect(self._activated)
        self._fill_samples()
        self._lay_out()
        self.apply_theme(theme)

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List `paths`, newest first; those that are gone are left out."""
        self.recent.clear()
        for path in paths:
            if path.exists():
                _add(self.recent, path.name if path.name != "project.yaml" else f"{path.parent.name}/{path.name}", path)
        self.recent.setVisible(self.recent.count() > 0)
        self._no_recent.setVisible(self.recent.count() == 0)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.setStyleSheet(f"#StartPage {{ background: {theme.background}; }}")
        self._title.setStyleSheet(f"font-size: {TITLE_PX}px; font-weight: 600;")
        self._drop.setStyleSheet(
            f"color: {theme.muted}; border: 2px dashed {theme.border}; border-radius: {2 * RADIUS_PX}px;"
        )
        lists = (
            f"QListWidget {{ background: transparent; border: none; }}"
            f"QListWidget::item {{ border-radius: {RADIUS_PX}px; }}"
            f"QListWidget::item:hover {{ background: {theme.raised}; }}"
        )
        self._items.theme = theme
        for each in (self.samples, self.recent):
            each.setStyleSheet(lists)

    def _fill_samples(self) -> None:
        for sample in samples():
            _add(self.samples, f"{sample.name}\n{sample.description}", sample.path)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(NEAR_PX)
        for widget in (self._title, self._lead):
            left.addWidget(widget)
        left.addSpacing(SPACE_PX)
        left.addWidget(self._drop, 1)
        left.addWidget(self._open)
        right = QVBoxLayout()
        right.setSpacing(NEAR_PX)
        sections: tuple[tuple[str, tuple[QWidget, ...]], ...] = (
            (tr("Samples"), (self.samples,)),
            (tr("Recent files"), (self.recent, self._no_recent)),
        )
        for title, widgets in sections:
            heading = QLabel(title)
            heading.setProperty("role", "heading")
            right.addWidget(heading)
            for each in widgets:
                right.addWidget(each, 1 if isinstance(each, QListWidget) else 0)
        right.addStretch()
        inner = QWidget()
        inner.setMaximumSize(WIDEST_PX, TALLEST_PX)
        columns = QHBoxLayout(inner)
        columns.setSpacing(2 * MARGIN_PX)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(MARGIN_PX, FAR_PX, MARGIN_PX, FAR_PX)
        layout.addStretch(1)
        layout.addWidget(inner, 20)
        layout.addStretch(1)

    def _activated(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))


def _taken() -> str:
    """Return what can be dropped here, each kind with its suffixes, as a table."""
    networks, recordings = (*SUFFIXES, *LAYER_SUFFIXES), tuple(dict.fromkeys((*READERS, *RECORDINGS)))
    kinds = (
        (tr("Networks"), networks),
        (tr("Networks as code, after a yes"), (".pt2", ".py")),
        (tr("Recordings for their inputs"), recordings),
        (tr("Sessions"), (".s2s",)),
        (tr("Projects, mappings, chip files"), (".yaml",)),
        (tr("Scripts for the board"), (".py",)),
    )
    rows = "".join(
        f"<tr><td align='right'>{escape(kind) if not row else ''}</td>"
        f"<td>&nbsp;&nbsp;{'&nbsp; '.join(suffixes[row : row + IN_A_ROW])}</td></tr>"
        for kind, suffixes in kinds
        for row in range(0, len(suffixes), IN_A_ROW)
    )
    title = f"<p align='center'><b>{escape(tr('Drop files here'))}</b></p>"
    return f"{title}<table align='center' cellpadding='3'>{rows}</table>"


def _list(name: str) -> QListWidget:
    found = QListWidget()
    found.setAccessibleName(name)
    found.setWordWrap(True)
    found.setTextElideMode(Qt.TextElideMode.ElideNone)
    found.setResizeMode(QListWidget.ResizeMode.Adjust)
    found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    found.setCursor(Qt.CursorShape.PointingHandCursor)
    return found


def _add(where: QListWidget, text: str, path: Path) -> None:
    item = QListWidgetItem(text)
    item.setData(Qt.ItemDataRole.UserRole, path)
    item.setToolTip(str(path))
    where.addItem(item)
