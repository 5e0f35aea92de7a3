"""Icons from `resources/icons`, drawn in the colour of the theme."""

from __future__ import annotations

import zlib
from pathlib import Path

import platformdirs
from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from s2studio.draw.icons import icon_svg
from s2studio.draw.theme import Theme
from s2studio.resources import resource_path
from s2studio.whole_file import write_whole

SIZES = (16, 20, 24, 32, 48)


def icon(name: str, theme: Theme) -> QIcon:
    """Return the icon `name` (a file of `resources/icons`) in the theme's text colour, muted where disabled."""
    found = QIcon()
    for mode, colour in ((QIcon.Mode.Normal, theme.text), (QIcon.Mode.Disabled, theme.border)):
        renderer = QSvgRenderer(QByteArray(icon_svg(name, colour).encode()))
        for size in SIZES:
            found.addPixmap(_pixmap(renderer, size), mode)
    return found


def icon_file(name: str, colour: str) -> str:
    """Return the path of the icon `name` in `colour`, for style sheets, which take files only."""
    source = icon_svg(name, colour)
    folder = Path(platformdirs.user_cache_dir("s2studio")) / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{colour.lstrip('#')}-{zlib.crc32(source.encode()):08x}.svg"
    if not path.exists():
        write_whole(path, lambda unfinished: unfinished.write_text(source, encoding="utf-8"))
    return path.as_posix()


def application_icon() -> QIcon:
    """Return the icon of the application."""
    path = resource_path("icon.svg")
    renderer = QSvgRenderer(str(path))
    found = QIcon()
    for size in (*SIZES, 64, 128, 256):
        found.addPixmap(_pixmap(renderer, size))
    return found


def _pixmap(renderer: QSvgRenderer, size: int) -> QPixmap:
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    return pixmap
