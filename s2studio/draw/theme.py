"""The look of every picture and of the window: two palettes, one scale of type and one grid of spacing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

# Type, in px: each step is about a fifth larger than the one below.
SMALL_PX = 11
BODY_PX = 13
LARGE_PX = 16
TITLE_PX = 20
DISPLAY_PX = 28

# Spacing, in px: everything stands on a grid of 4.
GRID_PX = 4
TIGHT_PX = 4
NEAR_PX = 8
SPACE_PX = 12
WIDE_PX = 16
FAR_PX = 24
MARGIN_PX = 32

RADIUS_PX = 4
HAIRLINE_PX = 1
STROKE_PX = 1.6

FONT_FAMILY = "Inter, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', sans-serif"
MONO_FAMILY = "'JetBrains Mono', Consolas, Menlo, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Theme:
    """One palette, each colour `#rrggbb`.

    `background` lies behind everything, `surface` is a panel on it, `raised` what stands out from a panel (a field, an
    empty PE), `hover` the same under the mouse; `border` outlines, `grid` rules inside a plot. `text` and `muted` are
    read on all four, and so are `accent`, `good`, `warning` and `bad`; `on_accent` is text on `accent`. `selection`
    lies behind selected text and rows.
    """

    name: str
    background: str
    surface: str
    raised: str
    hover: str
    border: str
    grid: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    good: str
    warning: str
    bad: str

    @property
    def is_dark(self) -> bool:
        """Whether text is lighter than what it stands on."""
        return contrast(self.text, "#000000") > contrast(self.background, "#000000")


THEMES: Mapping[str, Theme] = {
    theme.name: theme
    for theme in (
        Theme(
            name="dark",
            background="#12151a",
            surface="#191d24",
            raised="#232932",
            hover="#2c333e",
            border="#363e4a",
            grid="#262d37",
            text="#e8ebf0",
            muted="#a3adbb",
            accent="#6cb2f0",
            on_accent="#0d1218",
            selection="#274563",
            good="#6fcf97",
            warning="#e8b64c",
            bad="#ff8f86",
        ),
        Theme(
            name="light",
            background="#f4f5f7",
            surface="#ffffff",
            raised="#eceff3",
            hover="#e3e7ed",
            border="#ced4dc",
            grid="#e6e9ee",
            text="#1b212a",
            muted="#535e6c",
            accent="#155fa0",
            on_accent="#ffffff",
            selection="#cfe2f5",
            good="#1c6b3f",
            warning="#7c5000",
            bad="#ac2a22",
        ),
    )
}


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue (0..255) of `#rrggbb`."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def hex_colour(red: float, green: float, blue: float) -> str:
    """Return `#rrggbb` of red, green and blue in 0..255, rounded."""
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}"


def mixed(colour: str, other: str, share: float) -> str:
    """Return `colour` with `share` (0..1) of `other` in it."""
    pairs = zip(rgb(colour), rgb(other), strict=True)
    return hex_colour(*((1 - share) * one + share * two for one, two in pairs))


def contrast(colour: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(colour), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@cache
def readable_on(colour: str) -> str:
    """Return black or white, whichever is easier to read on `colour`."""
    return max(("#ffffff", "#101318"), key=lambda text: contrast(text, colour))


def _luminance(colour: str) -> float:
    """Return the relative luminance of `colour` (WCAG 2.2)."""
    linear = (_linear(part / 255) for part in rgb(colour))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
