"""The roofline of a deep network: what each layer multiplies per byte and per second, below what the chip allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from s2studio.chip.layer_costs import LayerCosts, layer_costs
from s2studio.chip.spec import ChipSpec
from s2studio.draw.frame import Column, Look, content, empty, estimates, framed, heading, table
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Item, Line, Picture, Rect, Text
from s2studio.draw.scale import Scale, powers, quantity
from s2studio.draw.text import fitted
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, SPACE_PX, Theme
from s2studio.mapping.layers.mapping import LayerMapping
from s2studio.sim.layers.ends import LayerEnds, Pair
from s2studio.sim.layers.timeline import LayerTimeline
from s2studio.units import estimated

_LEFT_PX, _AXIS_PX, _SIDE_PX, _POINT_PX = 72, 44, 470, 7.0


@dataclass(frozen=True)
class Roof:
    """What no layer can pass: multiplications per s of all arrays, bytes per s of the DRAM, with both ends of it."""

    macs_per_s: float
    bytes_per_s: float
    bytes_per_s_ends: Pair

    @property
    def dram_text(self) -> str:
        """The rate of the DRAM with its unit and its ends."""
        return f"DRAM {estimated(self.bytes_per_s, *self.bytes_per_s_ends, 'B/s')}"

    @property
    def ridge(self) -> float:
        """From so many multiplications per byte on, the arrays are the limit, not the DRAM."""
        return self.macs_per_s / self.bytes_per_s

    def at(self, intensity: float) -> float:
        """Return the multiplications per s that `intensity` per byte allows."""
        return min(self.macs_per_s, intensity * self.bytes_per_s)


@dataclass(frozen=True)
class RoofPoint:
    """A layer: its index, multiplications per byte of DRAM and per s, and whether the DRAM bounds it."""

    layer: int
    intensity: float
    macs_per_s: float
    is_dram_bound: bool


def roof_of(mapping: LayerMapping, spec: ChipSpec) -> Roof:
    """Return the roof of the PEs that `mapping` may use, at its level and its rate of the DRAM."""
    rate = mapping.options.dram_bytes_per_s
    costs, *ends = (layer_costs(spec, rate, end) for end in (None, "high", "low"))
    clock_hz = spec.levels[mapping.options.level].clock_hz
    return Roof(len(mapping.available) * costs.rows * costs.columns * clock_hz, costs.dram_bytes_per_s, _rates(ends))


def _rates(ends: Sequence[LayerCosts]) -> Pair:
    low, high = (each.dram_bytes_per_s for each in ends)
    return low, high


def roof_points(timeline: LayerTimeline, roof: Roof) -> list[RoofPoint]:
    """Return the layers that multiply and move bytes."""
    totals = timeline.totals
    points = []
    for number in np.flatnonzero(totals.macs > 0):
        moved = int(totals.read_bytes[number] + totals.written_bytes[number])
        seconds = float(totals.time_s[number])
        if moved and seconds > 0:
            macs = int(totals.macs[number])
            points.append(RoofPoint(int(number), macs / moved, macs / seconds, macs / moved < roof.ridge))
    return points


def roofline_picture(timeline: LayerTimeline, ends: LayerEnds, roof: Roof, look: Look, subtitle: str) -> Picture:
    """Return the layers that multiply below the roof, both axes by powers of ten, and a table of the longest layers."""
    points = roof_points(timeline, roof)
    if not points:
        return empty(look, "Layers", subtitle, "No layer multiplies")
    theme, whole = look.theme, content(look)
    side = min(_SIDE_PX, whole.width * 0.42)
    box = Box(whole.x + _LEFT_PX, whole.y + FAR_PX, whole.width - _LEFT_PX - side - FAR_PX, 0)
    box = Box(box.x, box.y, box.width, whole.height - FAR_PX - _AXIS_PX)
    x, y = _scales(points, roof, box)
    items = [
        *heading(theme, box.x, box.y - NEAR_PX - 4, "Roofline", "each layer that multiplies", box.width),
        *_axes(theme, box, x, y),
        *_roof(theme, roof, x, y),
        *(_point(theme, timeline, point, x, y) for point in points),
        *_longest(theme, timeline, ends, Box(whole.right - side, whole.y, side, whole.height)),
    ]
    return framed(look, "Layers", f"{subtitle} · estimate", items)


def _scales(points: list[RoofPoint], roof: Roof, box: Box) -> tuple[Scale, Scale]:
    low = min(*(point.intensity for point in points), roof.ridge / 10)
    high = max(*(point.intensity for point in points), roof.ridge * 10)
    x = Scale(_floor(low), _floor(high) * 10, box.x, box.right, is_log=True)
    slowest = min(point.macs_per_s for point in points)
    y = Scale(_floor(slowest), _floor(roof.macs_per_s) * 10, box.bottom, box.y, is_log=True)
    return x, y


def _floor(value: float) -> float:
    return 10.0 ** math.floor(math.log10(value))


def _axes(theme: Theme, box: Box, x: Scale, y: Scale) -> list[Item]:
    items: list[Item] = []
    for value in powers(x.low, x.high):
        at = x.px(value)
        items.append(Line((at, box.y), (at, box.bottom), theme.grid))
        items.append(Text((at, box.bottom + SMALL_PX + NEAR_PX), f"{value:g}", theme.muted, SMALL_PX, "middle"))
    for value in powers(y.low, y.high):
        at = y.px(value)
        items.append(Line((box.x, at), (box.right, at), theme.grid))
        items.append(Text((box.x - NEAR_PX, at + 4), quantity(value, "MAC/s"), theme.muted, SMALL_PX, "end"))
    below = (box.x + box.width / 2, box.bottom + 2 * SMALL_PX + 2 * NEAR_PX)
    items.append(Text(below, "multiplications per byte of DRAM", theme.muted, SMALL_PX, "middle"))
    return items


def _roof(theme: Theme, roof: Roof, x: Scale, y: Scale) -> list[Item]:
    """Return the two lines of the roof, each with what it stands for."""
    start = max(x.low, y.low / roof.bytes_per_s)
    slope = ((x.px(start), y.px(roof.at(start))), (x.px(roof.ridge), y.px(roof.macs_per_s)))
    flat = (slope[1], (x.last, slope[1][1]))
    return [
        *(Line(*ends, theme.muted, 1.5) for ends in (slope, flat)),
        Text(
            (x.last, flat[0][1] - NEAR_PX),
            f"MAC arrays {quantity(roof.macs_per_s, 'MAC/s')}",
            theme.muted,
            SMALL_PX,
            "end",
        ),
        Text(
            ((slope[0][0] + slope[1][0]) / 2 - SPACE_PX, (slope[0][1] + slope[1][1]) / 2 - NEAR_PX),
            roof.dram_text,
            theme.muted,
            SMALL_PX,
            "end",
        ),
    ]


def _point(theme: Theme, timeline: LayerTimeline, point: RoofPoint, x: Scale, y: Scale) -> Item:
    half = _POINT_PX / 2
    at = Box(x.px(point.intensity) - half, y.px(point.macs_per_s) - half, _POINT_PX, _POINT_PX)
    colour = theme.warning if point.is_dram_bound else theme.good
    return Rect(at, colour, theme.surface, 1.0, half, note=timeline.layers[point.layer])


def _longest(theme: Theme, timeline: LayerTimeline, ends: LayerEnds, box: Box) -> list[Item]:
    totals = timeline.totals
    room = max(1, int((box.height - 2 * FAR_PX) / 20))
    order = np.argsort(-totals.time_s, kind="stable")[:room]
    columns = (
        Column("Longest layers", [fitted(timeline.layers[number], 160, SMALL_PX + 2) for number in order]),
        replace(estimates([(float(totals.time_s[number]), *_of(ends, number), "s") for number in order]), title="Time"),
        Column("DRAM", [quantity(float(totals.dram_share[number]), "%") for number in order]),
        Column("MAC array", [_share(float(totals.mla_utilisation[number])) for number in order]),
    )
    return list(table(theme, box.x, box.y + SPACE_PX, box.width, columns))


def _of(ends: LayerEnds, number: int) -> Pair:
    low_s, high_s = ends.time_s[:, number].tolist()
    return low_s, high_s


def _share(value: float) -> str:
    return "–" if math.isnan(value) else quantity(value, "%")
