"""One tick from its timer to the next: the power of the chip by kind, and below it the phases of every PE."""

from __future__ import annotations

import numpy as np

from s2studio.chip.spec import ChipSpec
from s2studio.draw.frame import Column, Look, content, framed, heading, table, time_axis, upward, value_axis
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Item, Line, Picture, Polyline, Rect, Text
from s2studio.draw.scale import Scale
from s2studio.draw.text import fitted
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, TIGHT_PX, Theme
from s2studio.draw.views.curves import area
from s2studio.draw.views.power import KIND_COLOURS
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.channels import CHANNELS
from s2studio.sim.energy import ENERGY_KINDS, spent_on
from s2studio.sim.energy_ends import TOTAL
from s2studio.sim.within_tick import PHASES, WithinTick
from s2studio.units import interval, with_unit

_LEFT_PX, _AXIS_PX, _SIDE_PX = 150, 40, 320
# Of the height, what the power takes; rows from so many px on carry the name of their PE.
_POWER_SHARE, _NAMED_PX = 0.4, 11
_MOST_ROW_PX = 22


def tick_picture(tick: WithinTick, mapping: ChipMapping, spec: ChipSpec, look: Look, subtitle: str) -> Picture:
    """Return the tick with the energy of each kind in it beside it."""
    theme, whole = look.theme, content(look)
    side = min(_SIDE_PX, whole.width * 0.3)
    box = Box(whole.x, whole.y, whole.width - side - FAR_PX, whole.height)
    items = [
        *tick_items(tick, mapping, spec, theme, box),
        *_numbers(tick, theme, Box(whole.right - side, whole.y, side, whole.height)),
    ]
    title = f"Within tick {tick.tick:,}"
    return framed(look, title, f"{subtitle} · estimate", items)


def tick_items(
    tick: WithinTick,
    mapping: ChipMapping,
    spec: ChipSpec,
    theme: Theme,
    box: Box,
) -> list[Item]:
    """Return the power and the phases within `box`."""
    left = _LEFT_PX if box.width > 4 * _LEFT_PX else _LEFT_PX / 2
    x, width = box.x + left, box.width - left
    room = box.height - 2 * FAR_PX - _AXIS_PX
    top = Box(x, box.y + FAR_PX, width, room * _POWER_SHARE)
    below = Box(x, top.bottom + FAR_PX, width, room - top.height)
    latest = max(tick.tick_s, float(tick.ends_s.max(initial=0.0)))
    time = Scale(0.0, latest, x, x + width)
    return [
        *time_axis(theme, Box(x, top.y, width, below.bottom - top.y), time),
        *_power(tick, theme, top, time),
        *heading(theme, x, top.y - NEAR_PX, "The whole chip", "power by kind", width),
        *heading(theme, x, below.y - NEAR_PX, "Every PE", "phases; asleep where there is none", width),
        *_rows(tick, mapping, spec, theme, below, time),
        *_timer(tick, theme, top, below, time),
    ]


def _power(tick: WithinTick, theme: Theme, box: Box, time: Scale) -> list[Item]:
    sums = np.cumsum([np.zeros(tick.power_w.shape[1]), *tick.power_w], axis=0)
    up = upward(box, float(sums[-1].max(initial=0.0)))
    items: list[Item] = [*value_axis(theme, box, up, "W")]
    # Each area starts at zero and lies over the one above it, so that no seam shows between them.
    for kind, high in reversed(list(zip(ENERGY_KINDS, sums[1:], strict=True))):
        items.append(Polyline(area(tick.edges_s, sums[0], high, time, up), fill=KIND_COLOURS[kind]))
    return items


def _rows(
    tick: WithinTick,
    mapping: ChipMapping,
    spec: ChipSpec,
    theme: Theme,
    box: Box,
    time: Scale,
) -> list[Item]:
    pieces, levels = mapping.slices, tuple(spec.levels)
    row = min(_MOST_ROW_PX, box.height / max(1, len(pieces)))
    gap = 1.0 if row >= 4 else 0.0
    items: list[Item] = []
    for number, piece in enumerate(pieces):
        y = box.y + number * row
        level = levels[int(tick.levels[number])]
        note = f"{piece.pe} {piece.population}[{piece.start}:{piece.stop}], level {level}"
        if row >= _NAMED_PX:
            text = fitted(f"{piece.pe}  {level}", box.x - NEAR_PX, SMALL_PX)
            items.append(Text((box.x - NEAR_PX, y + row / 2 + SMALL_PX / 3), text, theme.muted, SMALL_PX, "end"))
        items.append(Line((time.px(0.0), y + row / 2), (time.px(tick.tick_s), y + row / 2), theme.grid))
        start = float(tick.begins_s[number])
        if start:
            items.append(Rect(_bar(time, 0.0, start, y, row - gap), theme.muted, opacity=0.5, note=f"{note}: before"))
        for kind, stop in zip(PHASES, tick.ends_s[number].tolist(), strict=True):
            if stop > start:
                length = with_unit(stop - start, "s")
                bar = _bar(time, start, stop, y, row - gap)
                items.append(Rect(bar, KIND_COLOURS[kind], note=f"{note}: {kind} for {length}"))
            start = stop
    return items


def _bar(time: Scale, start: float, stop: float, y: float, height: float) -> Box:
    return Box(time.px(start), y, time.px(stop) - time.px(start), height)


def _timer(tick: WithinTick, theme: Theme, top: Box, below: Box, time: Scale) -> list[Item]:
    """Return the line of the next timer, where a PE works beyond it."""
    x = time.px(tick.tick_s)
    if time.high <= tick.tick_s:
        return []
    return [
        Line((x, top.y), (x, below.bottom), theme.bad, 1.5, (4.0, 4.0)),
        Text((x - TIGHT_PX, top.y + SMALL_PX), "next timer", theme.bad, SMALL_PX, "end"),
    ]


def _numbers(tick: WithinTick, theme: Theme, box: Box) -> list[Item]:
    energy = tick.energy_j
    kinds = spent_on(energy)[::-1]
    peak = float(tick.power_w.sum(axis=0).max(initial=0.0))
    longest = float(tick.ends_s.max(initial=0.0))
    columns = (
        Column("Spent on", [CHANNELS[f"chip.{kind}"].title for kind in kinds]),
        Column("In this tick", [with_unit(energy[kind], "J") for kind in kinds]),
        Column("Both ends", [_ends(tick, kind) for kind in kinds]),
    )
    facts = (
        Column("", ["Energy", "its ends", "Highest power", "Last PE done after", "its ends"]),
        Column(
            "",
            [
                with_unit(sum(energy.values()), "J"),
                _ends(tick, TOTAL),
                with_unit(peak, "W"),
                with_unit(longest, "s"),
                "" if tick.ends is None else interval(*tick.ends.done_s, "s"),
            ],
        ),
    )
    shown = columns if box.width >= _SIDE_PX else (columns[0], columns[-1])
    y = box.y + SMALL_PX
    return [
        *table(theme, box.x, y, box.width, shown, [KIND_COLOURS[kind] for kind in kinds]),
        *table(theme, box.x, y + 20 * (len(kinds) + 1) + NEAR_PX, box.width, facts),
    ]


def _ends(tick: WithinTick, kind: str) -> str:
    return "" if tick.ends is None else interval(*tick.ends.energy_j[kind], "J")
