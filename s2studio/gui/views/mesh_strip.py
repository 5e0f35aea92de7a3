"""The strip below or beside the mesh: the numbers of the placement, and what dropping a held slice would change."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from s2studio.draw.theme import NEAR_PX, WIDE_PX
from s2studio.gui.models.editing import Figure, Preview
from s2studio.gui.translation import tr
from s2studio.mapping.board import BoardClass
from s2studio.mapping.edit import Refused

ROLES = {"better": "good", "worse": "warning", "same": "small", "unclear": "small"}
_ARROWS = {"better": "▼ ", "worse": "▲ ", "same": "", "unclear": ""}
FIGURES = 5
HEADING_PX = 28


class MeshStrip(QWidget):
    """A heading and five figures: title, number, change. Its height stays the same whatever it says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("class", "Panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("What an edit would change"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(WIDE_PX, 0, WIDE_PX, NEAR_PX)
        self._grid.setHorizontalSpacing(WIDE_PX)
        self._grid.setVerticalSpacing(0)
        self.heading, self.basis, self.board = self._label(""), self._label("small"), self._label("small")
        for label in (self.heading, self.basis):
            label.setWordWrap(True)
        self._titles = [self._label("small") for _ in range(FIGURES)]
        self._numbers = [self._label("") for _ in range(FIGURES)]
        self._changes = [self._label("small") for _ in range(FIGURES)]
        self._is_aside: bool | None = None
        self.set_aside(False)

    def set_aside(self, is_aside: bool) -> None:
        """Lay the figures out below each other, or beside each other."""
        if is_aside == self._is_aside:
            return
        self._is_aside = is_aside
        grid, place = self._grid, self._grid.addWidget
        for label in (self.heading, self.board, self.basis, *self._titles, *self._numbers, *self._changes):
            grid.removeWidget(label)
        columns, last = (2, 2 + 2 * FIGURES) if is_aside else (FIGURES, 4)
        for column in range(FIGURES):
            grid.setColumnStretch(column, 0 if column >= columns else 5 if is_aside and column == 0 else 4)
        grid.setRowMinimumHeight(0, HEADING_PX)
        grid.setRowMinimumHeight(1, HEADING_PX if is_aside else 0)
        place(self.heading, 0, 0, 1, columns if is_aside else columns - 1)
        place(self.board, *((1, 0, 1, columns) if is_aside else (0, columns - 1)))
        place(self.basis, last, 0, 1, columns)
        right, left = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignVCenter
        self.board.setAlignment(left if is_aside else right)
        for index, (title, number, change) in enumerate(zip(self._titles, self._numbers, self._changes, strict=True)):
            row = 2 + 2 * index
            place(title, *((row, 0) if is_aside else (1, index)))
            place(number, *((row, 1) if is_aside else (2, index)))
            place(change, *((row + 1, 0, 1, 2) if is_aside else (3, index)))
            for label in (number, change):
                label.setAlignment(right if is_aside else left)

    def _label(self, role: str) -> QLabel:
        label = QLabel(self)
        label.setProperty("role", role)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        return label

    def set_compact(self, is_compact: bool) -> None:
        """Leave out the row that says what the numbers rest on; it stays in the tooltips."""
        self.basis.setVisible(not is_compact)

    def show_state(self, heading: str, figures: Sequence[Figure], basis: str, board: BoardClass | None) -> None:
        """Show the numbers of the placement as it is."""
        self._say(heading, "")
        self._show_board(board)
        self._show(figures, basis, with_changes=False)

    def show_preview(self, preview: Preview, basis: str) -> None:
        """Show what an edit changes, or why it cannot be."""
        self._say(preview.text, "")
        if preview.refused is not None:
            self.show_refusal(preview.refused)
        self._show_board(preview.board)
        self._show(preview.figures, basis, with_changes=True)

    def show_refusal(self, refused: Refused) -> None:
        """Say why an edit cannot be."""
        self._say(str(refused), "bad")

    def changes(self) -> list[str]:
        """Return what the figures say, in order."""
        return [label.text() for label in self._changes]

    def _show(self, figures: Sequence[Figure], basis: str, with_changes: bool) -> None:
        self.basis.setText(basis)
        self.setToolTip(basis)
        for column in range(FIGURES):
            self._show_figure(column, figures[column] if column < len(figures) else None, with_changes)

    def _show_board(self, board: BoardClass | None) -> None:
        self.board.setText("" if board is None else board.title)
        why = "" if board is None else "; ".join(board.reasons) or tr("py-spinnaker2 reproduces this placement")
        self.board.setToolTip(why)

    def _say(self, text: str, role: str) -> None:
        self.heading.setText(text)
        self.heading.setToolTip(text)
        _set_role(self.heading, role)

    def _show_figure(self, column: int, figure: Figure | None, with_change: bool) -> None:
        title, number, change = self._titles[column], self._numbers[column], self._changes[column]
        if figure is None:
            for label in (title, number, change):
                label.setText(" ")
            return
        title.setText(figure.title)
        number.setText(figure.now)
        arrow = _ARROWS[figure.verdict]
        if figure.more_is_better and arrow:
            arrow = "▲ " if figure.verdict == "better" else "▼ "
        is_told = with_change or figure.before is None
        change.setText(arrow + figure.difference if is_told else figure.band or " ")
        error = (
            tr("The model may be wrong by {error:.0%}.", error=figure.error / figure.before)
            if figure.error and figure.before
            else ""
        )
        change.setToolTip(error)
        number.setToolTip(error)
        _set_role(change, ROLES[figure.verdict])


def _set_role(label: QLabel, role: str) -> None:
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)
