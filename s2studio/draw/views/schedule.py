"""The schedule of a deep network: what every PE does when, layer after layer, and how busy the DRAM is."""

from __future__ import annotations

import numpy as np

from s2studio.draw.frame import Column, Look, content, framed, heading, table, time_axis, upward, value_axis
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Image, Item, Line, Picture, Polyline, Rect, Text
from s2studio.draw.scale import Scale, quantity
from s2studio.draw.stages import stage_colours, stage_pixels
from s2studio.draw.text import width_px
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, SPACE_PX, Theme
from s2studio.sim.layers.columns import TimelineColumns, timeline_columns
from s2studio.sim.layers.stages import SLEEP, STAGES, TITLES
from s2studio.sim.layers.timeline import LayerTimeline
from s2studio.units import NS_PER_S

_LEFT_PX, _AXIS_PX, _SIDE_PX, _NAMES_PX, _DRAM_SHARE = 84, 40, 260, 20, 0.2


def schedule_picture(
    timeline: LayerTimeline, look: Look, subtitle: str, start_ns: float = 0.0, stop_ns: float | None = None
) -> Picture:
    """Return PE x time coloured by stage, the rate of the DRAM below, from `start_ns` to `stop_ns` (None: the end)."""
    theme, whole = look.theme, content(look)
    side = min(_SIDE_PX, whole.width * 0.3)
    x, width = whole.x + _LEFT_PX, whole.width - _LEFT_PX - side - FAR_PX
    low = (whole.height - _AXIS_PX - FAR_PX) * _DRAM_SHARE
    top = Box(x, whole.y + FAR_PX + _NAMES_PX, width, whole.height - low - _AXIS_PX - 3 * FAR_PX - _NAMES_PX)
    below = Box(x, top.bottom + 2 * FAR_PX, width, low)
    stop_ns = float(timeline.end_ns) if stop_ns is None else stop_ns
    shown = timeline_columns(timeline, start_ns, stop_ns, max(1, int(width * look.scale)))
    time = Scale(start_ns / NS_PER_S, stop_ns / NS_PER_S, x, x + width)
    items = [
        *heading(theme, x, top.y - _NAMES_PX - NEAR_PX, "PEs over time", f"{len(timeline.pes)} PEs, a row each", width),
        *time_axis(theme, top, time, labelled=False),
        Image(top, stage_pixels(shown.stage, theme)),
        *_layers(timeline, theme, top, time),
        *_rows(theme, top, whole.x),
        *_dram(shown, theme, below, time),
        *_numbers(shown, timeline, theme, Box(whole.right - side, whole.y, side, whole.height)),
    ]
    return framed(look, "Schedule", f"{subtitle} · estimate", items)


def _layers(timeline: LayerTimeline, theme: Theme, box: Box, time: Scale) -> list[Item]:
    """Return what parts the layers, and the names of those that are wide enough."""
    items: list[Item] = []
    starts, stops = timeline.totals.start_ns / NS_PER_S, timeline.totals.stop_ns / NS_PER_S
    for number, name in enumerate(timeline.layers):
        left, right = (max(box.x, min(box.right, time.px(float(moment[number])))) for moment in (starts, stops))
        if right <= left:
            continue
        if right - left >= 6:
            items.append(Line((left, box.y - NEAR_PX), (left, box.bottom), theme.border))
        if width_px(name, SMALL_PX) + NEAR_PX <= right - left:
            items.append(Text(((left + right) / 2, box.y - NEAR_PX), name, theme.muted, SMALL_PX, "middle"))
    return items


def _rows(theme: Theme, box: Box, left: float) -> list[Item]:
    return [
        Text((left, box.y + SMALL_PX), "scheduler", theme.muted, SMALL_PX),
        Text((left, box.y + box.height / 2), "workers", theme.muted, SMALL_PX),
    ]


def _dram(shown: TimelineColumns, theme: Theme, box: Box, time: Scale) -> list[Item]:
    """Return the rate of the DRAM as an area."""
    scale = upward(box, float(shown.dram_rate.max(initial=0.0)))
    middles = (shown.edges_ns[1:] + shown.edges_ns[:-1]) / 2 / NS_PER_S
    xs = np.array([time.px(float(moment)) for moment in middles])
    ys = np.array([scale.px(float(rate)) for rate in shown.dram_rate])
    outline = np.column_stack((np.concatenate((xs[:1], xs, xs[-1:])), np.concatenate(([box.bottom], ys, [box.bottom]))))
    return [
        *heading(theme, box.x, box.y - NEAR_PX - SMALL_PX, "DRAM", "bytes moved per second", box.width),
        *time_axis(theme, box, time),
        *value_axis(theme, box, scale, "B/s"),
        Polyline(outline, fill=stage_colours(theme)["input"], opacity=0.8),
    ]


def _numbers(shown: TimelineColumns, timeline: LayerTimeline, theme: Theme, box: Box) -> list[Item]:
    """Return the share of the PEs' time in each stage, which is the legend too."""
    mean = shown.busy.mean(axis=1) / max(1, len(timeline.pes))
    stages = [number for number in np.argsort(-mean, kind="stable") if mean[number] > 0 and number != SLEEP]
    numbers = [*stages, SLEEP]
    colours = stage_colours(theme)
    columns = (
        Column("Stage", [TITLES[STAGES[number]] for number in numbers]),
        Column("Of PE time", [quantity(float(mean[number]), "%") for number in numbers]),
    )
    y = box.y + SPACE_PX
    return [
        *heading(theme, box.x, y, "What PEs do"),
        *table(theme, box.x, y + FAR_PX, box.width, columns, [colours[STAGES[number]] for number in numbers]),
        Rect(Box(box.x - SPACE_PX, box.y, 1, box.height), theme.border),
    ]
