"""Items of a list whose first line is a title, and whose other lines say more, less loudly."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QListWidget, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from s2studio.draw.theme import NEAR_PX, Theme

Index = QModelIndex | QPersistentModelIndex
WRAPPED = Qt.TextFlag.TextWordWrap


class TitledItems(QStyledItemDelegate):
    """Paints title and more, which are lines of the item's text, over the background that the style gives them."""

    theme: Theme | None = None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the item."""
        self.initStyleOption(option, index)
        title, _, more = str(index.data()).partition("\n")
        option.text = ""
        option.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        room = option.rect.adjusted(NEAR_PX, NEAR_PX, -NEAR_PX, -NEAR_PX)
        painter.save()
        bold = self._bold(option)
        painter.setFont(bold)
        painter.setPen(option.palette.color(option.palette.ColorRole.Text))
        painter.drawText(room, 0, title)
        if self.theme is not None:
            painter.setPen(QColor(self.theme.muted))
        painter.setFont(option.font)
        painter.drawText(room.adjusted(0, painter.fontMetrics().lineSpacing(), 0, 0), WRAPPED, more)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Return the room of both, the second wrapped to the width of the list."""
        self.initStyleOption(option, index)
        _, _, more = str(index.data()).partition("\n")
        view = option.widget
        whole = view.viewport().width() if isinstance(view, QListWidget) else option.rect.width()
        width = whole - 2 * NEAR_PX
        lines = option.fontMetrics.boundingRect(QRect(0, 0, width, 0), WRAPPED, more).height() if more else 0
        return QSize(width, option.fontMetrics.lineSpacing() + lines + 2 * NEAR_PX)

    @staticmethod
    def _bold(option: QStyleOptionViewItem) -> QFont:
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        return font
