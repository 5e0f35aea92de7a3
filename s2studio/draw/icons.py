"""The icons of the window and of the report: one family of SVG files, drawn in the colour of the text beside them."""

from __future__ import annotations

from pathlib import Path

from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.resources import resource_path


def icon_names() -> tuple[str, ...]:
    """Return the names of all icons, sorted."""
    return tuple(sorted(path.stem for path in resource_path("icons").glob("*.svg")))


def icon_path(name: str) -> Path:
    """Return the file of the icon `name`; raises UsageError where there is none."""
    if name not in icon_names():
        raise UsageError(f"icon '{name}'", "not known", hint=nearest(name, icon_names()))
    return resource_path("icons", f"{name}.svg")


def icon_svg(name: str, colour: str) -> str:
    """Return the SVG text of the icon `name` in `colour`, `#rrggbb`, for programs that know no `currentColor`."""
    return icon_path(name).read_text("utf-8").replace("currentColor", colour)
