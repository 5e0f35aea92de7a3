"""A picture painted by Qt: on a widget of the window, and into PNG and PDF files. Qt is imported inside functions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from s2studio.draw.picture import Curve, Group, Image, Item, Line, Picture, Polyline, Rect, Text
from s2studio.draw.theme import FONT_FAMILY
from s2studio.errors import UsageError

_DPI = 96
_PDF_DPI = 1200
_POINTS_PER_INCH = 72


def paint(picture: Picture, painter: Any) -> None:
    """Paint `picture` with a `QPainter`, one px of it as one unit of the painter's coordinates."""
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QColor, QPainter

    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    # Else images in a PDF are JPEG, and single spikes smear.
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
    painter.fillRect(QRectF(0, 0, picture.width, picture.height), QColor(picture.background))
    _paint_items(picture.items, painter)


def write_png(picture: Picture, path: Path, scale: float = 1.0) -> None:
    """Write `picture` as PNG, `scale` pixels for each px."""
    with _qt():
        from PySide6.QtGui import QImage, QPainter

        image = QImage(round(picture.width * scale), round(picture.height * scale), QImage.Format.Format_RGB32)
        painter = QPainter(image)
        painter.scale(scale, scale)
        paint(picture, painter)
        painter.end()
        # Qt types the format as bytes, but takes a text.
        if not image.save(str(path), "PNG"):  # type: ignore[call-overload]
            raise OSError(f"{path} cannot be written")


def write_pdf(picture: Picture, path: Path) -> None:
    """Write `picture` as a PDF of one page, lines and texts as vectors; 96 px are an inch."""
    with _qt():
        from PySide6.QtCore import QMarginsF, QSizeF
        from PySide6.QtGui import QPageSize, QPainter, QPdfWriter

        per_px = _POINTS_PER_INCH / _DPI
        writer = QPdfWriter(str(path))
        writer.setCreator("s2studio")
        writer.setTitle(picture.title)
        writer.setResolution(_PDF_DPI)
        writer.setPageSize(
            QPageSize(
                QSizeF(picture.width * per_px, picture.height * per_px),
                QPageSize.Unit.Point,
                "",
                QPageSize.SizeMatchPolicy.ExactMatch,
            )
        )
        writer.setPageMargins(QMarginsF(0, 0, 0, 0))
        painter = QPainter()
        if not painter.begin(writer):
            raise OSError(f"{path} cannot be written")
        painter.scale(_PDF_DPI / _DPI, _PDF_DPI / _DPI)
        paint(picture, painter)
        painter.end()


@contextmanager
def _qt() -> Iterator[None]:
    """Have a Qt application while something is painted, without a display; the one that is there stays."""
    try:
        from PySide6.QtGui import QGuiApplication
    except ImportError as problem:
        raise UsageError(
            "PNG and PDF", f"Qt is not there ({problem})", hint="pip install 's2studio[gui]', or write .svg"
        ) from problem
    if QGuiApplication.instance() is not None:
        yield
        return
    platform = ["-platform", "offscreen"] if sys.platform.startswith("linux") else []
    application = QGuiApplication(["s2studio", *platform])
    try:
        yield
    finally:
        application.shutdown()


def _paint_items(items: tuple[Item, ...], painter: Any) -> None:
    for item in items:
        painter.save()
        _PAINTERS[type(item)](item, painter)
        painter.restore()


def _rect(item: Rect, painter: Any) -> None:
    painter.setOpacity(painter.opacity() * item.opacity)
    _pen(painter, item.stroke, item.width)
    _brush(painter, item.fill)
    box = _rect_f(item.box)
    if item.radius:
        painter.drawRoundedRect(box, item.radius, item.radius)
    else:
        painter.drawRect(box)


def _line(item: Line, painter: Any) -> None:
    from PySide6.QtCore import QPointF

    _pen(painter, item.stroke, item.width, item.dash)
    painter.drawLine(QPointF(*item.start), QPointF(*item.stop))


def _polyline(item: Polyline, painter: Any) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QPolygonF

    painter.setOpacity(painter.opacity() * item.opacity)
    _pen(painter, item.stroke, item.width)
    _brush(painter, item.fill)
    points = QPolygonF([QPointF(x, y) for x, y in item.points.tolist()])
    if item.fill:
        painter.drawPolygon(points)
    else:
        painter.drawPolyline(points)


def _curve(item: Curve, painter: Any) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QPainterPath

    path = QPainterPath(QPointF(*item.start))
    for one, two, end in item.parts:
        path.cubicTo(QPointF(*one), QPointF(*two), QPointF(*end))
    _pen(painter, item.stroke, item.width)
    _brush(painter, None)
    painter.drawPath(path)


def _text(item: Text, painter: Any) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QColor, QFont, QFontMetricsF

    font = QFont()
    font.setFamilies([name.strip(" '") for name in FONT_FAMILY.split(",")])
    font.setStyleHint(QFont.StyleHint.SansSerif)
    font.setPixelSize(round(item.size))
    if item.is_bold:
        font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(item.colour))
    share = {"start": 0.0, "middle": 0.5, "end": 1.0}[item.anchor]
    width = QFontMetricsF(font).horizontalAdvance(item.text)
    painter.translate(*item.at)
    painter.rotate(-item.turned)
    painter.drawText(QPointF(-share * width, 0.0), item.text)


def _image(item: Image, painter: Any) -> None:
    from PySide6.QtGui import QImage

    pixels = np.ascontiguousarray(item.pixels)
    rows, columns, _ = pixels.shape
    painter.drawImage(
        _rect_f(item.box), QImage(pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
    )


def _group(item: Group, painter: Any) -> None:
    if item.clip is not None:
        painter.setClipRect(_rect_f(item.clip))
    painter.translate(*item.offset)
    painter.scale(item.scale, item.scale)
    _paint_items(item.items, painter)


_PAINTERS: Mapping[type, Callable[[Any, Any], None]] = {
    Rect: _rect,
    Line: _line,
    Polyline: _polyline,
    Curve: _curve,
    Text: _text,
    Image: _image,
    Group: _group,
}


def _rect_f(box: tuple[float, float, float, float]) -> Any:
    from PySide6.QtCore import QRectF

    return QRectF(*box)


def _pen(painter: Any, colour: str | None, width: float, dash: tuple[float, ...] = ()) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QColor, QPen

    if colour is None:
        painter.setPen(Qt.PenStyle.NoPen)
        return
    pen = QPen(QColor(colour), width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dash:
        # Qt counts dashes in widths of the pen.
        pen.setDashPattern([length / width for length in dash])
    painter.setPen(pen)


def _brush(painter: Any, colour: str | None) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QColor

    painter.setBrush(QColor(colour) if colour else Qt.BrushStyle.NoBrush)
