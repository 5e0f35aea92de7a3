"""Deadlines: in every tick the PE that works longest, as a share of the tick, and which PEs those are."""

from __future__ import annotations

import numpy as np

from s2studio.chip.spec import ChipSpec
from s2studio.draw.colours import population_colours
from s2studio.draw.frame import Column, Look, content, empty, framed, heading, table, time_axis, value_axis
from s2studio.draw.mesh import Box
from s2studio.draw.metrics import metric, slice_means
from s2studio.draw.picture import Image, Item, Line, Picture, Polyline, Text
from s2studio.draw.scale import Scale
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, SPACE_PX, TIGHT_PX, Theme, rgb
from s2studio.draw.views.curves import area, steps
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.profile import Profile
from s2studio.sim.timing import smallest_safe_tick_s
from s2studio.units import estimated, numbered, with_unit

_LEFT_PX, _AXIS_PX, _SIDE_PX, _STRIP_PX = 56, 40, 430, 12
# Below this share of the tick a linear axis up to the deadline shows a flat line.
_SMALL = 0.1
_NOTE = "slowest PE of each tick; at 100 % the next one starts"


def deadline_picture(
    profile: Profile, mapping: ChipMapping, names: tuple[str, ...], spec: ChipSpec, look: Look, subtitle: str
) -> Picture:
    """Return the worst time done of each bin as a share of the tick, the PE that sets it, and the worst PEs."""
    if not profile.ticks:
        return empty(look, "Deadline", subtitle, "The run has no ticks")
    theme, whole, colours = look.theme, content(look), population_colours(names)
    side = min(_SIDE_PX, whole.width * 0.36)
    x, width = whole.x + _LEFT_PX, whole.width - _LEFT_PX - side - FAR_PX
    strip = Box(x, whole.bottom - _AXIS_PX - _STRIP_PX, width, _STRIP_PX)
    box = Box(x, whole.y + FAR_PX, width, strip.y - whole.y - 2 * FAR_PX - NEAR_PX)
    time = Scale(float(profile.edges_s[0]), float(profile.edges_s[-1]), x, x + width)
    items = [
        *heading(theme, box.x, box.y - NEAR_PX - TIGHT_PX, "Worst time done / tick", _NOTE, box.width),
        *_curve(profile, theme, box, time),
        *time_axis(theme, strip, time),
        *_setters(profile, mapping, colours, theme, strip),
        *_numbers(profile, mapping, colours, spec, theme, Box(whole.right - side, whole.y, side, whole.height)),
    ]
    return framed(look, "Deadline", f"{subtitle} · estimate", items)


def _curve(profile: Profile, theme: Theme, box: Box, time: Scale) -> list[Item]:
    worst = profile.worst_s / profile.tick_s
    highest = max(float(worst.max()), 1.0)
    is_log = worst.max() < _SMALL
    positive = worst[worst > 0]
    lowest = 10.0 ** np.floor(np.log10(positive.min())) if is_log and len(positive) else 0.01
    up = Scale(float(lowest), 2.0, box.bottom, box.y, True) if is_log else Scale(0.0, 1.12 * highest, box.bottom, box.y)
    items: list[Item] = [*time_axis(theme, box, time, labelled=False), *value_axis(theme, box, up, "%")]
    base = np.full(len(worst), up.low)
    items.append(Polyline(area(profile.edges_s, base, worst, time, up), fill=theme.accent, opacity=0.18))
    items.append(Polyline(steps(profile.edges_s, worst, time, up), theme.accent))
    is_late = profile.late > 0
    if is_late.any():
        over = np.where(is_late, worst, np.minimum(worst, 1.0))
        limit = np.minimum(over, 1.0)
        items.append(Polyline(area(profile.edges_s, limit, over, time, up), fill=theme.bad, opacity=0.85))
    y = up.px(1.0)
    items.append(Line((box.x, y), (box.right, y), theme.bad, 1.5))
    return items


def _setters(profile: Profile, mapping: ChipMapping, colours: dict[str, str], theme: Theme, strip: Box) -> list[Item]:
    shades = np.array([rgb(colours[mapping.slices[number].population]) for number in profile.worst_slice], np.uint8)
    label = Text((strip.x - NEAR_PX, strip.bottom - 2), "set by", theme.muted, SMALL_PX, "end")
    return [Image(strip, shades[None]), label]


def _numbers(
    profile: Profile, mapping: ChipMapping, colours: dict[str, str], spec: ChipSpec, theme: Theme, box: Box
) -> list[Item]:
    worst = float(profile.time_done_max_s.max())
    late = int(profile.late_ticks.sum())
    safe = with_unit(smallest_safe_tick_s(profile.work_pessimistic_s, spec), "s")
    facts = (
        Column("", ["Longest time done", "Smallest safe tick", "PE ticks late"]),
        Column(
            "",
            [
                estimated(worst, *profile.worst_ends_s, "s"),
                safe,
                numbered(late, *profile.late_ends),
            ],
            short=[with_unit(worst, "s"), safe, f"{late:,}"],
        ),
    )
    room = max(1, int((box.height - 5 * 20 - FAR_PX) / 20))
    order = np.argsort(-profile.time_done_max_s, kind="stable")[: min(room, 20)]
    pieces = [mapping.slices[number] for number in order]
    means, shown = slice_means(profile), metric("time_done")
    share, short = (shown.texts(mapping, means, spec, has_ends) for has_ends in (True, False))
    late_ends = profile.late_ticks_ends.T.tolist()
    columns = (
        Column("Slowest PEs", [str(piece.pe) for piece in pieces]),
        Column("Population", [piece.population for piece in pieces], is_number=False),
        Column("Worst", [share[number] for number in order], short=[short[number] for number in order]),
        Column(
            "Late",
            [numbered(int(profile.late_ticks[number]), *late_ends[number]) for number in order],
            short=[f"{int(profile.late_ticks[number]):,}" for number in order],
        ),
    )
    y = box.y + SMALL_PX
    return [
        *table(theme, box.x, y - SPACE_PX, box.width, facts),
        *table(theme, box.x, y + 3 * 20 + FAR_PX, box.width, columns, [colours[piece.population] for piece in pieces]),
    ]
