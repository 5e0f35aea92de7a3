"""Colours with a meaning: one per population, the same in every panel, and colour maps for measured values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.documents import nearest
from s2studio.draw.theme import mixed, rgb
from s2studio.errors import UsageError
from s2studio.resources import resource_path

ColourMap = NDArray[np.uint8]

# Chosen by a search that keeps every pair apart in OKLab for normal sight, protanopia, deuteranopia and tritanopia
# (Machado 2009), and each at least 2:1 in contrast to the surfaces of both themes; the first few are the calmest.
POPULATION_COLOURS = (
    "#4f93dc",
    "#eaa82b",
    "#4bca85",
    "#934078",
    "#d66001",
    "#adb4d6",
    "#8962e4",
    "#b71c0e",
    "#89a163",
    "#1b71a3",
    "#d97bad",
    "#886b54",
    "#6d42c2",
    "#ad7681",
)
STEPS = 256
# Colour maps by name: a file of resources/colour_maps, or the colours that are blended.
COLOUR_MAPS: Mapping[str, tuple[str, ...]] = {
    "viridis": (),
    "cividis": (),
    "difference": ("#1f5fa8", "#7fb0dd", "#e8e8e6", "#e5a26b", "#b4500c"),
}


def population_colours(names: Iterable[str]) -> dict[str, str]:
    """Return the colour `#rrggbb` of each population, by the order in which a network lists them.

    Beyond as many as `POPULATION_COLOURS` has, the same hues come again lighter, then darker.
    """
    return {name: _nth_colour(index) for index, name in enumerate(dict.fromkeys(names))}


@cache
def colour_map(name: str = "viridis") -> ColourMap:
    """Return the map `name` of `COLOUR_MAPS`, shape (256, 3), lowest value first, read-only; raises UsageError."""
    if name not in COLOUR_MAPS:
        raise UsageError(f"colour map '{name}'", "not known", hint=nearest(name, COLOUR_MAPS))
    if COLOUR_MAPS[name]:
        return ramp(*COLOUR_MAPS[name])
    table = np.loadtxt(resource_path("colour_maps", f"{name}.csv"), np.uint8, delimiter=",")
    table.flags.writeable = False
    return table


def ramp(*colours: str) -> ColourMap:
    """Return a map, shape (256, 3), read-only, that runs evenly through `colours`, each `#rrggbb`."""
    stops = np.linspace(0, STEPS - 1, len(colours))
    parts = np.array([rgb(colour) for colour in colours], np.float64)
    channels = [np.interp(np.arange(STEPS), stops, parts[:, channel]) for channel in range(3)]
    table = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    table.flags.writeable = False
    return table


def apply(values: NDArray[Any], low: float, high: float, table: ColourMap) -> NDArray[np.uint8]:
    """Return the colours of `values`, shape (..., 3): `low` and below the first, `high` and above the last of `table`.

    Values that are not numbers (NaN) get the first colour, and so does everything where `high` is not above `low`.
    """
    span = high - low
    share = (np.asarray(values, np.float64) - low) / span if span > 0 else np.zeros(np.shape(values))
    steps = len(table)
    index = np.clip(np.nan_to_num(share, posinf=1.0, neginf=0.0) * steps, 0, steps - 1).astype(np.intp)
    colours: NDArray[np.uint8] = table[index]
    return colours


def css_gradient(table: ColourMap, stops: int = 16) -> list[tuple[float, str]]:
    """Return `stops` + 1 pairs of offset (0..1) and `#rrggbb` along `table`, for a legend's bar."""
    picked = np.linspace(0, len(table) - 1, stops + 1).round().astype(int)
    return [(step / stops, "#{:02x}{:02x}{:02x}".format(*table[row])) for step, row in enumerate(picked)]


def _nth_colour(index: int) -> str:
    turn, place = divmod(index, len(POPULATION_COLOURS))
    towards = "#ffffff" if turn % 2 else "#000000"
    return mixed(POPULATION_COLOURS[place], towards, 1 - 0.6 ** ((turn + 1) // 2))
