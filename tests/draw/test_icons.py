"""The icons are one family: the same grid, the same stroke, and no colour of their own."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from s2studio.draw.icons import icon_names, icon_path, icon_svg
from s2studio.errors import UsageError
from s2studio.resources import resource_path

# Marks inside controls are shown at half the size, so their stroke is heavier.
MARKS = ("check", "chevron-down", "chevron-up")


@pytest.mark.parametrize("name", icon_names())
def test_that_an_icon_stands_on_the_grid_of_24_px_with_the_stroke_of_the_family(name: str) -> None:
    icon = ET.fromstring(icon_path(name).read_text("utf-8"))

    assert icon.get("viewBox") == "0 0 24 24"
    assert (icon.get("stroke"), icon.get("stroke-width")) == ("currentColor", "2.4" if name in MARKS else "1.6")
    assert {part.get("fill") for part in icon} <= {None, "currentColor"}


def test_that_no_two_icons_look_the_same() -> None:
    assert len({icon_path(name).read_text("utf-8") for name in icon_names()}) == len(icon_names()) >= 34


def test_that_an_icon_takes_the_colour_it_is_given() -> None:
    svg = icon_svg("run", "#123456")

    assert 'stroke="#123456"' in svg
    assert "currentColor" not in svg


def test_that_an_icon_that_does_not_exist_is_named() -> None:
    with pytest.raises(UsageError, match="icon 'rum': not known; did you mean"):
        icon_svg("rum", "#000000")


def test_that_the_application_has_an_icon() -> None:
    assert ET.fromstring(resource_path("icon.svg").read_text("utf-8")).get("viewBox") == "0 0 256 256"
