"""How a picture that a command draws is to look: palette and size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from s2studio.documents import nearest
from s2studio.errors import UsageError

if TYPE_CHECKING:
    from s2studio.draw.frame import Look

_SIZE = re.compile(r"(\d{1,5})[xX×](\d{1,5})")
SIZE = "1280x800"

ThemeName = Annotated[str, typer.Option("--theme", metavar="dark|light", help="Palette of the picture.")]
Size = Annotated[str, typer.Option("--size", metavar="WxH", help="Size of the picture in px.")]


def look_of(theme: str, size: str) -> Look:
    """Return the look that the options say; raises UsageError where there is none such."""
    from s2studio.draw.frame import Look
    from s2studio.draw.theme import THEMES

    if theme not in THEMES:
        raise UsageError("--theme", f"'{theme}'", hint=nearest(theme, THEMES))
    found = _SIZE.fullmatch(size)
    if found is None:
        raise UsageError("--size", f"'{size}'", "a width and a height in px are expected", "for example 1280x800")
    return Look(THEMES[theme], int(found.group(1)), int(found.group(2)))
