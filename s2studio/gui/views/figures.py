"""A small table of figures beside a plot: what, how much, in aligned columns, each row with its colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

SWATCH_PX = 10
ROW_PX = 22
# Beyond what its cells need, a table has room for the scroll bar and the swatch.
SPARE_PX, WIDEST_PX = 36, 480


@dataclass(frozen=True)
class Figure:
    """A row: its cells as text, and the colour that stands for it in the plot."""

    cells: tuple[str, ...]
    colour: str = ""
    tip: str = ""


class Figures(QTableWidget):
    """Rows of figures under a header; `clicked_row` is called with the number of the row that is activated."""

    def __init__(
        self,
        header: Sequence[str],
        name: str,
        clicked_row: Callable[[int], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(0, len(header), parent)
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(header))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.setShowGrid(False)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        header_view = self.horizontalHeader()
        header_view.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header_view.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header_view.setHighlightSections(False)
        for column in range(len(header)):
            item = self.horizontalHeaderItem(column)
            if item is not None:
                item.setTextAlignment(_alignment(column))
        self._swatches: dict[str, QIcon] = {}
        if clicked_row is not None:
            self.cellClicked.connect(lambda row, _column: clicked_row(row))
            self.cellActivated.connect(lambda row, _column: clicked_row(row))

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Show `figures`, reusing the cells there are."""
        self.setRowCount(len(figures))
        for row, figure in enumerate(figures):
            for column, text in enumerate(figure.cells):
                item = self.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    item.setTextAlignment(_alignment(column))
                    self.setItem(row, column, item)
                if item.text() != text:
                    item.setText(text)
                if column == 0:
                    item.setIcon(self._swatch(figure.colour))
                item.setToolTip(figure.tip or text)
        self._grow()

    def _grow(self) -> None:
        """Never be narrower than the cells need; never shrink, so that nothing jumps while numbers change."""
        columns = range(self.columnCount())
        needed = sum(max(self.sizeHintForColumn(each), self._header_width(each)) for each in columns) + SPARE_PX
        if needed > self.minimumWidth():
            self.setMinimumWidth(min(WIDEST_PX, needed))

    def _header_width(self, column: int) -> int:
        return self.horizontalHeader().sectionSizeHint(column)

    def _swatch(self, colour: str) -> QIcon:
        if colour not in self._swatches:
            if not colour:
                self._swatches[colour] = QIcon()
            else:
                pixmap = QPixmap(SWATCH_PX, SWATCH_PX)
                pixmap.fill(QColor(colour))
                self._swatches[colour] = QIcon(pixmap)
        return self._swatches[colour]


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
