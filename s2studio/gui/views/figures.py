"""A small table of figures beside a plot: what, how much, in aligned columns, each row with its colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QContextMenuEvent, QIcon, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from s2studio.gui.models.sure import ABOUT, WHY
from s2studio.gui.translation import tr

SWATCH_PX = 10
# Numbers that change more often cannot be read.
PAUSE_MS = 150
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
    """Rows of figures under a header; `clicked_row` is called with the number of the row that is activated.

    Columns that hold `words` begin at the left, numbers end at the right. Its least width is what its cells need, at
    most `widest_px`: where they need more, the first column is cut.
    """

    def __init__(
        self,
        header: Sequence[str],
        name: str,
        clicked_row: Callable[[int], None] | None = None,
        parent: QWidget | None = None,
        words: Sequence[int] = (0,),
        widest_px: int = WIDEST_PX,
    ) -> None:
        super().__init__(0, len(header), parent)
        self._words, self._widest_px = frozenset(words), widest_px
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
        header_view.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header_view.setMinimumSectionSize(24)
        header_view.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header_view.setHighlightSections(False)
        for column in range(len(header)):
            item = self.horizontalHeaderItem(column)
            if item is not None:
                item.setTextAlignment(self._alignment(column))
                if item.text().endswith(ABOUT):
                    item.setToolTip(tr(WHY))
        self._swatches: dict[str, QIcon] = {}
        self._shown: list[Figure | None] = []
        self._waiting: Callable[[], Sequence[Figure]] | None = None
        self._widths = [0] * len(header)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._show_waiting)
        if clicked_row is not None:
            self.cellClicked.connect(lambda row, _column: clicked_row(row))
            self.cellActivated.connect(lambda row, _column: clicked_row(row))

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Show `figures`: at once, or a little later where they change faster than anyone reads."""
        self.show_made(lambda: figures)

    def show_made(self, make: Callable[[], Sequence[Figure]]) -> None:
        """Show the figures that `make` returns, which is called only once they are shown."""
        self._waiting = make
        if not self._pause.isActive():
            self._show_waiting()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Offer what can be taken to another program."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = menu.addAction(tr("Copy row"), self.copy_row)
        row.setEnabled(self.currentRow() >= 0)
        menu.addAction(tr("Copy table"), self.copy_table)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Copy the row under the cursor, or do what tables do."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_row()
        else:
            super().keyPressEvent(event)

    def copy_row(self) -> None:
        """Put the row under the cursor on the clipboard, its cells apart by tabs."""
        if self.currentRow() >= 0:
            QApplication.clipboard().setText(self._line(self.currentRow()))

    def copy_table(self) -> None:
        """Put header and rows on the clipboard, as spreadsheets take them."""
        titles = [item.text() for column in range(self.columnCount()) if (item := self.horizontalHeaderItem(column))]
        lines = ["\t".join(titles), *(self._line(row) for row in range(self.rowCount()))]
        QApplication.clipboard().setText("\n".join(lines))

    def _line(self, row: int) -> str:
        return "\t".join(item.text() for column in range(self.columnCount()) if (item := self.item(row, column)))

    def _show_waiting(self) -> None:
        """Show the newest figures, reusing the cells there are; changing only what differs."""
        make, self._waiting = self._waiting, None
        if make is None:
            return
        self._pause.start()
        figures = make()
        if len(figures) != self.rowCount():
            self.setRowCount(len(figures))
            self._shown = self._shown[: len(figures)]
        for row, figure in enumerate(figures):
            if row >= len(self._shown):
                self._add_cells(row)
                self._shown.append(None)
            if self._shown[row] != figure:
                self._fill(row, figure, self._shown[row])
                self._shown[row] = figure
        self._grow()

    def _add_cells(self, row: int) -> None:
        for column in range(self.columnCount()):
            item = QTableWidgetItem()
            item.setTextAlignment(self._alignment(column))
            self.setItem(row, column, item)

    def _fill(self, row: int, figure: Figure, before: Figure | None) -> None:
        for column, text in enumerate(figure.cells):
            item = self.item(row, column)
            if item is None or (before is not None and before.cells[column] == text and before.tip == figure.tip):
                continue
            item.setText(text)
            item.setToolTip(figure.tip or text)
        first = self.item(row, 0)
        if first is not None and (before is None or before.colour != figure.colour):
            first.setIcon(self._swatch(figure.colour))

    def _grow(self) -> None:
        """Let no column be narrower than its cells; none shrinks, so that nothing jumps while numbers change."""
        header, total = self.horizontalHeader(), SPARE_PX
        for column in range(self.columnCount()):
            self._widths[column] = max(
                self._widths[column], self.sizeHintForColumn(column), header.sectionSizeHint(column)
            )
            total += self._widths[column]
            if column and header.sectionSize(column) != self._widths[column]:
                header.resizeSection(column, self._widths[column])
        if total > self.minimumWidth():
            self.setMinimumWidth(min(self._widest_px, total))

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column in self._words else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter

    def _swatch(self, colour: str) -> QIcon:
        if colour not in self._swatches:
            if not colour:
                self._swatches[colour] = QIcon()
            else:
                pixmap = QPixmap(SWATCH_PX, SWATCH_PX)
                pixmap.fill(QColor(colour))
                self._swatches[colour] = QIcon(pixmap)
        return self._swatches[colour]
