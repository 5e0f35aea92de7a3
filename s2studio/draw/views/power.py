"""Power over time, stacked by what it is spent on: all of it, and enlarged what the network adds to an idle chip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from s2studio.draw.frame import (
    Column,
    Look,
    content,
    empty,
    estimates,
    framed,
    heading,
    table,
    time_axis,
    upward,
    value_axis,
)
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Item, Line, Picture, Polyline
from s2studio.draw.scale import Scale
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, TIGHT_PX, Theme
from s2studio.draw.views.curves import FloatArray, area, steps
from s2studio.session.profile import Profile
from s2studio.sim.channels import CHANNELS
from s2studio.sim.energy import ENERGY_KINDS, spent_on
from s2studio.sim.energy_ends import TOTAL
from s2studio.units import interval, with_unit

_LEFT_PX, _AXIS_PX, _SIDE_PX = 56, 40, 390
# What is spent whether a network runs or not.
_IDLE = ("always_on", "asleep")
KIND_COLOURS: Mapping[str, str] = {
    "always_on": "#7c8796",
    "asleep": "#aab3c0",
    "neurons": "#4f93dc",
    "synapses": "#eaa82b",
    "packets": "#4bca85",
    "recording": "#d97bad",
    "switching": "#37b8c4",
    "noc": "#8962e4",
    "router": "#d66001",
}


def power_picture(profile: Profile, look: Look, subtitle: str) -> Picture:
    """Return power over time by kind, with mean, peak and the energy of each kind."""
    if not profile.ticks:
        return empty(look, "Power", subtitle, "The run has no ticks")
    theme, whole = look.theme, content(look)
    side = min(_SIDE_PX, whole.width * 0.34)
    x, width = whole.x + _LEFT_PX, whole.width - _LEFT_PX - side - FAR_PX
    height = (whole.height - 2 * FAR_PX - _AXIS_PX - FAR_PX) / 2
    top = Box(x, whole.y + FAR_PX, width, height)
    below = Box(x, top.bottom + 2 * FAR_PX, width, height)
    time = Scale(float(profile.edges_s[0]), float(profile.edges_s[-1]), x, x + width)
    busy = [kind for kind in ENERGY_KINDS if kind not in _IDLE]
    items = [
        *_stack(profile, ENERGY_KINDS, theme, top, time, profile.power_peak_w),
        *heading(
            theme, top.x, top.y - NEAR_PX - TIGHT_PX, "The whole chip", "line: highest tick; dashed: mean", top.width
        ),
        *_stack(profile, busy, theme, below, time),
        *heading(
            theme, below.x, below.y - NEAR_PX - TIGHT_PX, "What work adds", "without always on and asleep", below.width
        ),
        *_numbers(profile, theme, Box(whole.right - side, whole.y, side, whole.height)),
    ]
    return framed(look, "Power", f"{subtitle} · estimate", items)


def total_w(profile: Profile) -> FloatArray:
    """Return the power of the whole chip in W, mean of each bin."""
    return sum(profile.power_w.values(), np.zeros(len(profile.edges) - 1))


def mean_w(profile: Profile) -> float:
    """Return the mean power of the whole chip in W."""
    return float(np.average(total_w(profile), weights=np.diff(profile.edges)))


def energy_j(profile: Profile) -> dict[str, float]:
    """Return the energy in J of each kind over the whole profile, all samples together."""
    spans_s = np.diff(profile.edges) * profile.tick_s * profile.samples
    return {kind: float((power * spans_s).sum()) for kind, power in profile.power_w.items()}


def _stack(
    profile: Profile, kinds: Sequence[str], theme: Theme, box: Box, time: Scale, peak: FloatArray | None = None
) -> list[Item]:
    powers = [profile.power_w[kind] for kind in kinds]
    sums = np.cumsum([np.zeros(len(profile.edges) - 1), *powers], axis=0)
    highest = float(sums[-1].max() if peak is None else max(sums[-1].max(), peak.max()))
    up = upward(box, highest)
    items: list[Item] = [*time_axis(theme, box, time, labelled=peak is None), *value_axis(theme, box, up, "W")]
    # Each area starts at zero and lies over the one above it, so that no seam shows between them.
    for kind, low, high in reversed(list(zip(kinds, sums[:-1], sums[1:], strict=True))):
        if (high > low).any():
            items.append(Polyline(area(profile.edges_s, sums[0], high, time, up), fill=KIND_COLOURS[kind]))
    if peak is not None:
        items.append(Polyline(steps(profile.edges_s, peak, time, up), theme.text, 1.0))
        y = up.px(mean_w(profile))
        items.append(Line((box.x, y), (box.right, y), theme.text, 1.0, (4.0, 4.0)))
    return items


def _numbers(profile: Profile, theme: Theme, box: Box) -> list[Item]:
    energy = energy_j(profile)
    total, seconds = sum(energy.values()), profile.pe_ticks * profile.tick_s
    low_j, high_j = profile.energy_low_j[TOTAL], profile.energy_high_j[TOTAL]
    kinds = spent_on(energy)[::-1]
    columns = (
        Column("Spent on", [CHANNELS[f"chip.{kind}"].title for kind in kinds]),
        Column("Energy", [with_unit(energy[kind], "J") for kind in kinds]),
        Column("Share", [_share(energy[kind] / total) for kind in kinds]),
        Column("Both ends", [_ends(profile, kind) for kind in kinds]),
    )
    shown = columns if box.width >= _SIDE_PX else (columns[0], columns[-1])
    y = box.y + SMALL_PX
    facts = (
        Column("", ["Mean power", "Highest tick", "Energy"]),
        estimates(
            [
                (mean_w(profile), low_j / seconds, high_j / seconds, "W"),
                (float(profile.power_peak_w.max()), *profile.power_peak_ends_w, "W"),
                (total, low_j, high_j, "J"),
            ]
        ),
    )
    return [
        *table(theme, box.x, y, box.width, shown, [KIND_COLOURS[kind] for kind in kinds]),
        *table(theme, box.x, y + 20 * (len(kinds) + 1) + NEAR_PX, box.width, facts),
    ]


def _ends(profile: Profile, kind: str) -> str:
    return interval(profile.energy_low_j[kind], profile.energy_high_j[kind], "J")


def _share(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 or share == 0 else "<0.1 %"
