"""A widget as a picture in a file: PNG as it is on the screen, SVG and PDF drawn again as lines and letters."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMarginsF, QPoint, QRect, QSizeF
from PySide6.QtGui import QColor, QPageSize, QPainter, QPdfWriter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from s2studio.errors import UsageError
from s2studio.whole_file import write_whole

SUFFIXES = {".png": "PNG", ".svg": "SVG", ".pdf": "PDF"}
# A PDF's dots per inch, at which one px of the screen is one dot.
DPI = 96
MM_PER_INCH = 25.4


def save_widget(widget: QWidget, path: Path, background: QColor) -> None:
    """Write what `widget` shows to `path`, by its suffix; the file appears once it is complete.

    Raises UsageError for another suffix, or where the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(path.name, f"a file of kind '{suffix}'", f"pictures are {', '.join(SUFFIXES)}")
    draw = {".png": _png, ".svg": _svg, ".pdf": _pdf}[suffix]
    write_whole(path, lambda unfinished: draw(widget, unfinished, background), UsageError)


def _png(widget: QWidget, path: Path, background: QColor) -> None:
    pixmap = QPixmap(widget.size() * widget.devicePixelRatio())
    pixmap.setDevicePixelRatio(widget.devicePixelRatio())
    pixmap.fill(background)
    widget.render(pixmap)
    pixmap.save(str(path), "PNG")


def _svg(widget: QWidget, path: Path, background: QColor) -> None:
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(widget.size())
    generator.setViewBox(QRect(QPoint(0, 0), widget.size()))
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), background)
    widget.render(painter, QPoint(0, 0))
    painter.end()


def _pdf(widget: QWidget, path: Path, background: QColor) -> None:
    writer = QPdfWriter(str(path))
    size = QSizeF(widget.width(), widget.height()) * (MM_PER_INCH / DPI)
    writer.setPageSize(QPageSize(size, QPageSize.Unit.Millimeter))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setResolution(DPI)
    painter = QPainter(writer)
    painter.fillRect(widget.rect(), background)
    widget.render(painter, QPoint(0, 0))
    painter.end()
