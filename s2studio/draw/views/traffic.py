"""Traffic: packets that enter the network on the chip over time, and the links that carry most."""

from __future__ import annotations

import numpy as np

from s2studio.draw.frame import Column, Look, content, empty, framed, heading, table, time_axis, upward, value_axis
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Item, Picture, Polyline, Text
from s2studio.draw.scale import Scale, quantity
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, TIGHT_PX, Theme
from s2studio.draw.views.curves import area, steps
from s2studio.session.profile import IntArray, Profile

_LEFT_PX, _AXIS_PX, _SIDE_PX = 56, 40, 330
_WORST = 5
LINK_COLOURS = ("#d66001", "#4f93dc", "#4bca85", "#934078", "#eaa82b")


def traffic_picture(profile: Profile, look: Look, subtitle: str) -> Picture:
    """Return packets over time, the flits over the worst links, and the links in order of their load."""
    if not profile.ticks:
        return empty(look, "Traffic", subtitle, "The run has no ticks")
    theme, whole = look.theme, content(look)
    side = min(_SIDE_PX, whole.width * 0.36)
    x, width = whole.x + _LEFT_PX, whole.width - _LEFT_PX - side - FAR_PX
    height = (whole.height - 3 * FAR_PX - _AXIS_PX) / 2
    top = Box(x, whole.y + FAR_PX, width, height)
    below = Box(x, top.bottom + 2 * FAR_PX, width, height)
    time = Scale(float(profile.edges_s[0]), float(profile.edges_s[-1]), x, x + width)
    order = np.argsort(-profile.flits, kind="stable")
    items = [
        *heading(theme, top.x, top.y - NEAR_PX - TIGHT_PX, "Packets per tick", "line: highest tick", top.width),
        *_packets(profile, theme, top, time),
        *heading(
            theme,
            below.x,
            below.y - NEAR_PX - TIGHT_PX,
            "Flits per tick",
            "over the links that carry most",
            below.width,
        ),
        *_links(profile, order[:_WORST], theme, below, time),
        *_numbers(profile, order, theme, Box(whole.right - side, whole.y, side, whole.height)),
    ]
    return framed(look, "Traffic", subtitle, items)


def _packets(profile: Profile, theme: Theme, box: Box, time: Scale) -> list[Item]:
    peak = profile.packets_peak.astype(np.float64)
    up = upward(box, max(float(peak.max()), 1.0))
    nothing = np.zeros(len(peak))
    return [
        *time_axis(theme, box, time, labelled=False),
        *value_axis(theme, box, up, ""),
        Polyline(area(profile.edges_s, nothing, profile.packets_sent, time, up), fill=theme.accent, opacity=0.45),
        Polyline(steps(profile.edges_s, peak, time, up), theme.accent, 1.0),
    ]


def _links(profile: Profile, order: IntArray, theme: Theme, box: Box, time: Scale) -> list[Item]:
    loads = profile.link_flits[:, order]
    up = upward(box, max(float(loads.max(initial=0.0)), 1e-9))
    items: list[Item] = [*time_axis(theme, box, time), *value_axis(theme, box, up, "")]
    lines = [
        Polyline(steps(profile.edges_s, load, time, up), colour)
        for load, colour in zip(loads.T, LINK_COLOURS, strict=False)
    ]
    return [*items, *lines[::-1]]


def _numbers(profile: Profile, order: IntArray, theme: Theme, box: Box) -> list[Item]:
    y = box.y + SMALL_PX
    ticks = profile.pe_ticks
    facts = (
        Column("", ["Packets sent per tick", "Highest tick", "Flit-hops per tick", "Links in use"]),
        Column(
            "",
            [
                quantity(float(np.average(profile.packets_sent, weights=np.diff(profile.edges))), ""),
                f"{int(profile.packets_peak.max()):,}",
                quantity(float(profile.flits.sum() / ticks), ""),
                f"{int((profile.flits > 0).sum()):,}",
            ],
        ),
    )
    used = [number for number in order if profile.flits[number] > 0]
    shown = used[: max(1, min(24, int((box.height - 6 * 20 - FAR_PX) / 20)))]
    total = float(profile.flits.sum()) or 1.0
    columns = (
        Column("Busiest links", [_name(profile, number) for number in shown]),
        Column("Flits/tick", [quantity(float(profile.flits[number] / ticks), "") for number in shown]),
        Column("Share", [f"{100 * profile.flits[number] / total:.1f} %" for number in shown]),
    )
    colours = [LINK_COLOURS[row] if row < _WORST else theme.border for row in range(len(shown))]
    items = [*table(theme, box.x, y - 12, box.width, facts)]
    if not shown:
        return [*items, Text((box.x, y + 5 * 20 + FAR_PX), "No spike crossed a link", theme.muted)]
    return [*items, *table(theme, box.x, y + 4 * 20 + FAR_PX, box.width, columns, colours)]


def _name(profile: Profile, number: int) -> str:
    link = profile.links[number]
    return f"{link.source} → {link.target}".replace("QPE", "")
