"""The chip with a deep network: its scheduler, its workers and how long they are awake, and who shares the chip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from s2studio.chip.machine import PE, Machine
from s2studio.draw.frame import ROW_PX, Column, Look, colour_bar, content, framed, heading, table
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Item, Picture, Rect, Text
from s2studio.draw.scale import quantity
from s2studio.draw.stages import stage_colours
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, SPACE_PX, Theme
from s2studio.draw.views.chip_frame import ROUND_PX, ChipFrame
from s2studio.draw.views.shading import link_map
from s2studio.mapping.layers.mapping import LayerMapping
from s2studio.mapping.mapping import Link
from s2studio.sim.layers.stages import SLEEP
from s2studio.sim.layers.timeline import LayerTimeline

_SIDE_PX, _SCALE_PX = 300, 64


def layer_mesh_picture(
    mapping: LayerMapping, machine: Machine, timeline: LayerTimeline, look: Look, subtitle: str
) -> Picture:
    """Return the PEs of a deep network by their role, each with the share of the inference that it is awake."""
    area = content(look)
    side = min(_SIDE_PX, area.width * 0.34)
    left = Box(area.x + FAR_PX, area.y, area.width - side - 2 * FAR_PX, area.height - FAR_PX)
    right = Box(area.right - side, area.y, side, area.height)
    sums = timeline.link_bytes.sum(axis=0)
    loads = {link: float(size) for link, size in zip(timeline.links, sums, strict=True)}
    drawn, roles = ChipFrame(machine, look.theme, left), _roles(mapping, look.theme)
    items = [*drawn.holes(), *drawn.links(loads), *_pes(drawn, mapping, timeline, roles), *drawn.names()]
    legend = _legend(mapping, look.theme, right, loads, roles)
    return framed(look, "Placement on the chip", f"{subtitle} \u00b7 estimate", [*items, *legend])


def _roles(mapping: LayerMapping, theme: Theme) -> dict[str, str]:
    """Return the colour of each role."""
    colours, beside = stage_colours(theme), mapping.options.beside
    roles = {"scheduler": colours["schedule"], "worker": colours["mla"]}
    return roles if beside is None else {**roles, beside.network: theme.muted}


def _pes(drawn: ChipFrame, mapping: LayerMapping, timeline: LayerTimeline, roles: Mapping[str, str]) -> list[Item]:
    beside, awake = mapping.options.beside, awake_shares(timeline)
    others = {} if beside is None else dict(zip(beside.pes, beside.names, strict=True))
    items: list[Item] = []
    for pe, unit_box in drawn.layout.pes.items():
        box = drawn.px(unit_box)
        if pe in awake:
            role = "scheduler" if pe == mapping.scheduler else "worker"
            note, label = f"{pe}: {role}, awake {awake[pe]:.1%} of the inference", f"{awake[pe]:.0%}"
        elif beside is not None and pe in others:
            role, note, label = beside.network, f"{pe}: {others[pe]} of {beside.network}", ""
        else:
            items.append(drawn.empty(pe, box))
            continue
        items += [Rect(box, roles[role], radius=ROUND_PX, note=note), *drawn.label(box, label, roles[role], 0.0)]
    return items


def awake_shares(timeline: LayerTimeline) -> dict[PE, float]:
    """Return the share of the inference that each PE is awake."""
    awake = timeline.stage != SLEEP
    lasted = np.where(awake, timeline.stop_ns - timeline.start_ns, 0)
    spent = np.bincount(timeline.pe, lasted, len(timeline.pes)) / max(1, timeline.end_ns)
    return dict(zip(timeline.pes, spent.tolist(), strict=True))


def _legend(
    mapping: LayerMapping, theme: Theme, box: Box, loads: Mapping[Link, float], roles: Mapping[str, str]
) -> list[Item]:
    y, items = box.y + SPACE_PX, list[Item]()
    highest = max(loads.values(), default=0.0)
    if highest > 0:
        items += heading(theme, box.x, y, "Links, per inference")
        bar = Box(box.x, y + NEAR_PX, box.width, SPACE_PX)
        items += colour_bar(theme, bar, link_map(theme), "0", quantity(highest, "B"))
        y += _SCALE_PX
    beside = mapping.options.beside
    counts = [1, len(mapping.pes) - 1, *([] if beside is None else [len(beside.pes)])]
    columns = (Column("Role", list(roles)), Column("PEs", [f"{count:,}" for count in counts]))
    items += table(theme, box.x, y, box.width, columns, list(roles.values()))
    y += (len(roles) + 1) * ROW_PX + NEAR_PX
    return [*items, Text((box.x, y), "Number in a PE: share of the inference awake", theme.muted, SMALL_PX)]
