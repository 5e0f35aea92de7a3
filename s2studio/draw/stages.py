"""The colours of what a PE does in a layer: DRAM blue, MAC array green, ARM core orange, all else quiet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.draw.theme import Theme, rgb
from s2studio.sim.layers.stages import STAGES

_COLOURS = {
    "set_up": "#886b54",
    "schedule": "#934078",
    "config": "#8962e4",
    "input": "#4f93dc",
    "reorder": "#eaa82b",
    "weights": "#1b71a3",
    "mla": "#4bca85",
    "arm": "#d66001",
    "store": "#8fb4dc",
    "flag": "#d97bad",
    "clean_up": "#ad7681",
}


def stage_colours(theme: Theme) -> dict[str, str]:
    """Return the colour `#rrggbb` of each stage; a PE that is asleep looks like one that is not used."""
    return {stage: _COLOURS.get(stage, theme.raised) for stage in STAGES}


def stage_pixels(stage: NDArray[np.int8], theme: Theme) -> NDArray[np.uint8]:
    """Return the colours of `stage` (rows, columns), shape (rows, columns, 3); below 0 the theme's surface."""
    table = np.array([*map(rgb, stage_colours(theme).values()), rgb(theme.surface)], np.uint8)
    pixels: NDArray[np.uint8] = table[stage.astype(np.intp)]
    return pixels
