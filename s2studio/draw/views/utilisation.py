"""Utilisation: for every PE a row over time, the share of its ticks that it works, and the busiest PEs."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from s2studio.chip.spec import ChipSpec
from s2studio.draw.colours import apply, colour_map, population_colours
from s2studio.draw.frame import Column, Look, colour_bar, content, empty, framed, heading, table, time_axis
from s2studio.draw.mesh import Box
from s2studio.draw.metrics import metric, slice_means
from s2studio.draw.picture import Image, Item, Line, Picture, Rect, Text
from s2studio.draw.scale import Scale
from s2studio.draw.text import fitted
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, SPACE_PX, Theme
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.profile import Profile
from s2studio.units import estimated

_LEFT_PX, _AXIS_PX, _SIDE_PX = 132, 40, 400


def utilisation_picture(
    profile: Profile, mapping: ChipMapping, names: tuple[str, ...], spec: ChipSpec, look: Look, subtitle: str
) -> Picture:
    """Return PE x time, the rows in the order of the populations' slices."""
    if not profile.ticks:
        return empty(look, "Utilisation", subtitle, "The run has no ticks")
    theme, whole, colours = look.theme, content(look), population_colours(names)
    side = min(_SIDE_PX, whole.width * 0.34)
    x, width = whole.x + _LEFT_PX, whole.width - _LEFT_PX - side - FAR_PX
    box = Box(x, whole.y + FAR_PX, width, whole.height - FAR_PX - _AXIS_PX)
    time = Scale(float(profile.edges_s[0]), float(profile.edges_s[-1]), x, x + width)
    highest = float(profile.utilisation.max()) or 1.0
    pixels = apply(profile.utilisation.T, 0.0, highest, colour_map("viridis"))
    items = [
        *time_axis(theme, box, time),
        Image(box, pixels),
        *heading(theme, box.x, box.y - NEAR_PX - 4, "PE over time", "share of the tick at work", box.width),
        *_groups(mapping, colours, theme, box, whole.x),
        *_numbers(
            profile, mapping, colours, spec, theme, Box(whole.right - side, whole.y, side, whole.height), highest
        ),
    ]
    return framed(look, "Utilisation", f"{subtitle} · estimate", items)


def _groups(mapping: ChipMapping, colours: dict[str, str], theme: Theme, box: Box, left: float) -> list[Item]:
    """Return the populations' names beside their rows, where they are tall enough, and what parts them."""
    row = box.height / len(mapping.slices)
    items: list[Item] = []
    first, last_text = 0, -1e9
    for name, pieces in groupby(mapping.slices, key=lambda piece: piece.population):
        count = len(list(pieces))
        part = Box(box.x, box.y + first * row, box.width, count * row)
        items.append(Rect(Box(part.x - 7, part.y, 3, part.height), colours[name]))
        y = part.centre[1] + SMALL_PX / 3
        if y - last_text >= SMALL_PX + 3:
            items.append(Text((left, y), fitted(name, part.x - left - 3 * NEAR_PX, 12), theme.text, 12))
            last_text = y
        if first:
            items.append(Line((part.x, part.y), (part.right, part.y), theme.surface, min(2.0, row / 4)))
        first += count
    return items


def _numbers(
    profile: Profile,
    mapping: ChipMapping,
    colours: dict[str, str],
    spec: ChipSpec,
    theme: Theme,
    box: Box,
    highest: float,
) -> list[Item]:
    y = box.y + SPACE_PX
    means, shown = slice_means(profile), metric("utilisation")
    busy, short = (shown.texts(mapping, means, spec, has_ends) for has_ends in (True, False))
    order = np.argsort(-means.busy, kind="stable")[: max(1, min(20, int((box.height - 120) / 20)))]
    pieces = [mapping.slices[number] for number in order]
    columns = (
        Column("Busiest PEs", [str(piece.pe) for piece in pieces]),
        Column("Population", [piece.population for piece in pieces], is_number=False),
        Column("Mean", [busy[number] for number in order], short=[short[number] for number in order]),
    )
    return [
        *heading(theme, box.x, y, "Share of the tick"),
        *colour_bar(
            theme,
            Box(box.x, y + NEAR_PX, box.width, SPACE_PX),
            colour_map(),
            "0 %",
            estimated(highest, *profile.utilisation_peak_ends, "%"),
        ),
        *table(theme, box.x, y + 52 + FAR_PX, box.width, columns, [colours[piece.population] for piece in pieces]),
    ]
