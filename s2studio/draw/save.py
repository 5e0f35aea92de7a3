"""Pictures into files: SVG, PNG and PDF, by the name's ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from s2studio.draw.painter import write_pdf, write_png
from s2studio.draw.picture import Picture
from s2studio.draw.svg import to_svg
from s2studio.errors import UsageError
from s2studio.whole_file import write_whole


def _write_svg(picture: Picture, path: Path) -> None:
    path.write_text(to_svg(picture), encoding="utf-8")


WRITERS: Mapping[str, Callable[[Picture, Path], None]] = {
    ".svg": _write_svg,
    ".png": write_png,
    ".pdf": write_pdf,
}


def check_picture_path(path: Path) -> None:
    """Raise UsageError where no picture can be written to `path` for its ending."""
    if path.suffix.lower() not in WRITERS:
        raise UsageError(str(path), f"a picture of kind '{path.suffix}'", f"known are {', '.join(WRITERS)}")


def save_picture(picture: Picture, path: Path) -> None:
    """Write `picture` to `path`, whole or not at all; PNG and PDF need Qt, but no display.

    Raises UsageError where the ending is unknown, Qt is missing, or the file cannot be written.
    """
    check_picture_path(path)
    write_whole(path, lambda unfinished: WRITERS[path.suffix.lower()](picture, unfinished), UsageError)
