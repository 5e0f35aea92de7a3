"""The two palettes: every text can be read on everything it may stand on."""

from __future__ import annotations

import itertools

import pytest

from s2studio.draw.theme import THEMES, contrast, mixed, readable_on, rgb

TEXTS = ("text", "muted", "accent", "good", "warning", "bad")
GROUNDS = ("background", "surface", "raised", "hover")


@pytest.mark.parametrize(("theme", "text", "ground"), [*itertools.product(THEMES, TEXTS, GROUNDS)])
def test_that_text_has_the_contrast_wcag_asks_for(theme: str, text: str, ground: str) -> None:
    palette = THEMES[theme]

    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_that_text_on_the_accent_and_on_a_selection_can_be_read(theme: str) -> None:
    palette = THEMES[theme]

    assert contrast(palette.on_accent, palette.accent) >= 4.5
    assert contrast(palette.text, palette.selection) >= 4.5


def test_that_a_theme_knows_whether_it_is_dark() -> None:
    assert THEMES["dark"].is_dark
    assert not THEMES["light"].is_dark


def test_that_contrast_runs_from_1_to_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#777777") == 1.0


@pytest.mark.parametrize("colour", ["#000000", "#4f93dc", "#eaa82b", "#ffffff", "#7f7f7f"])
def test_that_black_or_white_can_be_read_on_any_colour(colour: str) -> None:
    assert contrast(readable_on(colour), colour) >= 4.5


def test_that_a_mixture_goes_from_one_colour_to_the_other() -> None:
    assert [mixed("#102030", "#f0e0d0", share) for share in (0.0, 0.5, 1.0)] == ["#102030", "#808080", "#f0e0d0"]
    assert rgb("#102030") == (16, 32, 48)
