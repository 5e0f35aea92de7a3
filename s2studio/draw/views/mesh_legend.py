"""What stands beside the mesh: scales of the metric and of the links, and the populations with their PEs."""

from __future__ import annotations

from collections.abc import Sequence

from s2studio.draw.colours import colour_map
from s2studio.draw.frame import ROW_PX, Column, colour_bar, heading, table
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Item, Rect, Text
from s2studio.draw.scale import quantity
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, SPACE_PX, TIGHT_PX, Theme
from s2studio.draw.views.shading import MeshSubject, Shading, link_map

# From the baseline of a scale's heading to the line below its ends.
_SCALE_PX = 52


def mesh_legend(subject: MeshSubject, theme: Theme, box: Box, shown: Shading | None) -> list[Item]:
    """Return the legend of a mesh that shows `shown`, None: populations."""
    items: list[Item] = []
    y = box.y + SPACE_PX
    if shown is not None:
        items += _metric(shown, theme, box, y)
        y += _SCALE_PX + 2 * FAR_PX
    highest = max(subject.link_loads.values(), default=0.0)
    if highest > 0:
        items += heading(theme, box.x, y, "Links")
        bar = Box(box.x, y + NEAR_PX, box.width, SPACE_PX)
        items += colour_bar(theme, bar, link_map(theme), "0", quantity(highest, subject.link_unit))
        y += _SCALE_PX + FAR_PX
    rest = Box(box.x, y, box.width, box.bottom - y)
    return [*items, *_populations(subject, theme, rest, "neurons" if shown is None else shown.unit[1])]


def _metric(shown: Shading, theme: Theme, box: Box, y: float) -> list[Item]:
    bar = Box(box.x, y + NEAR_PX, box.width, SPACE_PX)
    metric, ends = shown.metric, shown.ends
    span = f"{metric.text(float(shown.values.min()))} to {metric.text(float(shown.values.max()))}"
    return [
        *heading(theme, box.x, y, metric.title),
        *colour_bar(theme, bar, colour_map(), metric.text(ends.low), metric.text(ends.high)),
        Text((box.x, y + _SCALE_PX), f"here {span} ({metric.mark})", theme.muted, SMALL_PX),
        Text((box.x, y + _SCALE_PX + SMALL_PX + TIGHT_PX), shown.range, theme.muted, SMALL_PX),
    ]


def _populations(subject: MeshSubject, theme: Theme, box: Box, in_pe: str) -> list[Item]:
    """Return the list of populations with neurons and PEs, and how many PEs are free; what does not fit is counted."""
    mapping = subject.mapping
    pes = {name: sum(piece.population == name for piece in mapping.slices) for name in subject.names}
    neurons = {name: sum(piece.size for piece in mapping.slices if piece.population == name) for name in subject.names}
    room = max(1, int((box.height - 4 * ROW_PX - SPACE_PX) / ROW_PX))
    shown, rest = _cut(subject.names, room)
    columns = (
        Column("Population", shown),
        Column("Neurons", [f"{neurons[name]:,}" for name in shown]),
        Column("PEs", [f"{pes[name]:,}" for name in shown]),
    )
    items = table(theme, box.x, box.y, box.width, columns, [subject.colours[name] for name in shown])
    y = box.y + (len(shown) + 1) * ROW_PX
    if rest:
        items.append(Text((box.x, y), f"and {rest} more", theme.muted, SMALL_PX))
        y += ROW_PX
    return [*items, *_keys(subject, theme, box.x, y + NEAR_PX, in_pe)]


def _keys(subject: MeshSubject, theme: Theme, x: float, y: float, in_pe: str) -> list[Item]:
    """Return what the look of a PE without a slice, and the number in one with a slice, mean."""
    machine = subject.machine
    usable, reserved = len(machine.usable_pes), len(machine.reserved_pes)
    items: list[Item] = []
    for fill, stroke, text in (
        (theme.raised, None, f"{usable - subject.mapping.pes_used:,} of {usable:,} PEs are free"),
        (None, theme.border, f"{reserved:,} reserved by {machine.runtime.title}"),
        (None, None, f"Number in a PE: {in_pe}"),
    ):
        items.append(Rect(Box(x, y - 9, 10, 10), fill, stroke, radius=2))
        items.append(Text((x + SPACE_PX + TIGHT_PX, y), text, theme.muted, SMALL_PX))
        y += ROW_PX
    return items


def _cut(names: Sequence[str], room: int) -> tuple[list[str], int]:
    if len(names) <= room:
        return list(names), 0
    return list(names[: room - 1]), len(names) - room + 1
