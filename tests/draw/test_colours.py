"""Colours: populations stay apart for every kind of sight, in both themes; maps run evenly from low to high."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from s2studio.draw.colours import (
    COLOUR_MAPS,
    POPULATION_COLOURS,
    apply,
    colour_map,
    css_gradient,
    population_colours,
    ramp,
)
from s2studio.draw.theme import THEMES, contrast, rgb
from s2studio.errors import UsageError

# Simulation of sight without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1.
SIGHT = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def oklab(colours: NDArray[np.uint8], sight: str) -> NDArray[np.float64]:
    """Return `colours` as `sight` sees them in OKLab (Ottosson 2020), where distance is difference."""
    part = colours / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(SIGHT[sight]).T, 0, 1)
    cones = (
        seen
        @ np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        ).T
    )
    mixing = [
        [0.2104542553, 0.793617785, -0.0040720468],
        [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
    ]
    return np.asarray(np.cbrt(cones) @ np.array(mixing).T)


@pytest.mark.parametrize("sight", SIGHT)
def test_that_any_two_populations_differ_for_every_kind_of_sight(sight: str) -> None:
    seen = oklab(np.array([rgb(colour) for colour in POPULATION_COLOURS], np.uint8), sight)
    distances = [float(np.linalg.norm(one - two)) for one, two in itertools.combinations(seen, 2)]

    assert len(POPULATION_COLOURS) >= 12
    assert min(distances) > 0.07  # 0.02 is a difference that is just seen


@pytest.mark.parametrize("theme", THEMES)
def test_that_every_population_stands_out_from_the_surface(theme: str) -> None:
    assert min(contrast(colour, THEMES[theme].surface) for colour in POPULATION_COLOURS) >= 2


def test_that_colours_go_by_the_order_of_the_network_and_stay_when_it_grows() -> None:
    few, more = population_colours(["input", "hidden"]), population_colours(["input", "hidden", "output"])

    assert few == {name: more[name] for name in few}
    assert len(set(more.values())) == 3


def test_that_sixty_populations_have_sixty_colours() -> None:
    assert len(set(population_colours(str(number) for number in range(60)).values())) == 60


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_that_a_map_is_a_table_of_256_colours_without_jumps(name: str) -> None:
    table = colour_map(name)

    assert table.shape == (256, 3)
    assert table.dtype.name == "uint8"
    assert np.abs(np.diff(table.astype(int), axis=0)).max() <= 5
    assert not table.flags.writeable


@pytest.mark.parametrize(("name", "sight"), [*itertools.product(["viridis", "cividis"], SIGHT)])
def test_that_a_map_for_sizes_only_gets_lighter_for_every_kind_of_sight(name: str, sight: str) -> None:
    lightness = oklab(colour_map(name), sight)[::8, 0]

    assert (np.diff(lightness) > 0).all()


def test_that_a_map_that_does_not_exist_is_named() -> None:
    with pytest.raises(UsageError, match="colour map 'virids': not known; did you mean"):
        colour_map("virids")


def test_that_values_beyond_the_scale_get_its_ends() -> None:
    table = ramp("#000000", "#ffffff")
    values = np.array([[-np.inf, -1.0, 0.0], [1.0, 2.0, np.inf], [np.nan, 0.5, 0.25]])

    assert apply(values, 0.0, 1.0, table)[..., 0].tolist() == [[0, 0, 0], [255, 255, 255], [0, 128, 64]]


def test_that_a_scale_without_width_gives_the_first_colour() -> None:
    table = colour_map()

    assert (apply(np.array([3.0, 3.0]), 3.0, 3.0, table) == table[0]).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_that_larger_values_never_get_an_earlier_colour(values: list[float]) -> None:
    shades = apply(np.array(sorted(values)), 0.0, 1.0, ramp("#000000", "#ffffff"))[:, 0]

    assert (np.diff(shades.astype(int)) >= 0).all()


def test_that_a_gradient_begins_and_ends_with_its_map() -> None:
    stops = css_gradient(ramp("#102030", "#405060"), 4)

    assert [stops[0], stops[-1]] == [(0.0, "#102030"), (1.0, "#405060")]
