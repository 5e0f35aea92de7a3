"""Why a PE was late or lost packets: the ways of what it received over the mesh, the load of the links, the cause."""

from __future__ import annotations

import numpy as np

from s2studio.draw.frame import ROW_PX, Column, Look, colour_bar, content, framed, heading, table
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Item, Picture, Polyline, Rect, Text
from s2studio.draw.text import wrapped
from s2studio.draw.theme import BODY_PX, FAR_PX, NEAR_PX, SMALL_PX, SPACE_PX, TIGHT_PX, Theme
from s2studio.draw.trace import Trace, Way, points
from s2studio.draw.views.chip_frame import ROUND_PX, ChipFrame
from s2studio.draw.views.shading import MeshSubject, link_map
from s2studio.units import counted, with_unit

_SIDE_PX, _SIDE_SHARE = 380, 0.4
_CAUSE_LINES, _MOST_LINKS = 9, 5
_SCALE_PX = 52
# How faint the line of a way becomes where there are many.
_FAINTEST = 0.25


def why_picture(subject: MeshSubject, trace: Trace, look: Look, subtitle: str) -> Picture:
    """Return the mesh of `subject` with the ways of `trace`, and beside it the cause, the senders and the links."""
    area = content(look)
    side = min(_SIDE_PX, area.width * _SIDE_SHARE)
    left = Box(area.x + FAR_PX, area.y, area.width - side - 3 * FAR_PX, area.height - FAR_PX)
    drawn = _Traced(subject, look.theme, left)
    items = [
        *drawn.holes(),
        *drawn.pes(trace),
        *drawn.ways(trace),
        *drawn.links({link: float(load.flits) for link, load in trace.loads.items()}),
        *drawn.packets(trace),
        *drawn.names(),
        *_legend(subject, trace, look.theme, Box(area.right - side, area.y, side, area.height)),
    ]
    return framed(look, f"Why: {trace.receiver} in tick {trace.tick:,}", subtitle, items)


class _Traced(ChipFrame):
    """The chip with the slices that sent and the one that received in their colours, all others faint."""

    def __init__(self, subject: MeshSubject, theme: Theme, box: Box) -> None:
        super().__init__(subject.machine, theme, box)
        self.subject = subject

    def pes(self, trace: Trace) -> list[Item]:
        """Return every PE, ringed where it received or sent."""
        held = {piece.pe: piece for piece in self.subject.mapping.slices}
        sent = {way.source: way for way in trace.ways}
        items: list[Item] = []
        for pe, unit_box in self.layout.pes.items():
            box = self.px(unit_box)
            if pe not in held:
                items.append(self.empty(pe, box))
                continue
            fill, way = self.subject.colours[held[pe].population], sent.get(pe)
            is_part = way is not None or pe == trace.receiver
            note = f"{pe}: {held[pe].population}" + (f", {counted(way.packets, 'packet')}" if way is not None else "")
            items.append(Rect(box, fill, radius=ROUND_PX, opacity=1.0 if is_part else 0.3, note=note))
            if way is not None:
                items.append(self._ring(box, self.theme.text, 1.2))
        return items

    def packets(self, trace: Trace) -> list[Item]:
        """Return the ring of the receiver and how many packets each sender sent, over the lines."""
        found = [(self.px(self.layout.pes[way.source]), way) for way in trace.ways]
        labels = [
            item
            for box, way in found
            for item in self.label(box, f"{way.packets:,}", self.subject.colours[way.population], 0.0)
        ]
        colour = self.theme.bad if trace.is_bad else self.theme.good
        return [self._ring(self.px(self.layout.pes[trace.receiver]), colour, 3.0), *labels]

    def ways(self, trace: Trace) -> list[Item]:
        """Return a line for each way."""
        return [self._line(trace, way) for way in trace.ways]

    def _line(self, trace: Trace, way: Way) -> Polyline:
        found = np.array(points(self.layout, trace, way)) * self.scale + (self.x, self.y)
        return Polyline(found, self.theme.text, 1.5, opacity=max(_FAINTEST, 1 / len(trace.ways)))

    def _ring(self, box: Box, colour: str, width: float) -> Rect:
        return Rect(Box(box.x - 1.5, box.y - 1.5, box.width + 3, box.height + 3), None, colour, width, ROUND_PX)


def _legend(subject: MeshSubject, trace: Trace, theme: Theme, box: Box) -> list[Item]:
    y = box.y + SPACE_PX
    items = heading(theme, box.x, y, "Cause (estimate)")
    for line in wrapped(trace.cause, box.width, BODY_PX, _CAUSE_LINES):
        y += ROW_PX
        items.append(Text((box.x, y), line, theme.text, BODY_PX))
    y += FAR_PX + ROW_PX
    if trace.most_flits:
        items += heading(theme, box.x, y, "Links", f"flits in tick {trace.tick - 1:,}")
        bar = Box(box.x, y + NEAR_PX, box.width, SPACE_PX)
        items += colour_bar(theme, bar, link_map(theme), "0", counted(trace.most_flits, "flit"))
        y += _SCALE_PX + SPACE_PX
        items += _links(trace, theme, box, y)
        y += (min(_MOST_LINKS, len(trace.loads)) + 2) * ROW_PX
    return [*items, *_senders(subject, trace, theme, Box(box.x, y, box.width, box.bottom - y))]


def _links(trace: Trace, theme: Theme, box: Box, y: float) -> list[Item]:
    busiest = sorted(trace.loads.items(), key=lambda entry: -entry[1].flits)[:_MOST_LINKS]
    columns = (
        Column("Busiest links", [f"{link.source} → {link.target}" for link, _ in busiest]),
        Column("Flits", [f"{load.flits:,}" for _, load in busiest]),
        Column("Waiting each", [with_unit(load.waiting_s, "s") for _, load in busiest]),
    )
    return table(theme, box.x, y, box.width, columns)


def _senders(subject: MeshSubject, trace: Trace, theme: Theme, box: Box) -> list[Item]:
    if not trace.ways:
        return [Text((box.x, box.y), "No packet came to it", theme.muted, SMALL_PX)]
    room = max(1, int(box.height / ROW_PX) - 2)
    shown = trace.ways[:room]
    columns = (
        Column("Sender", [f"{way.population} on {way.source}" for way in shown]),
        Column("Packets", [f"{way.packets:,}" for way in shown]),
        Column("Links", [f"{len(way.links)}" for way in shown]),
        Column("Under way", [with_unit(way.unloaded_s + way.waiting_s, "s") for way in shown]),
    )
    items = table(theme, box.x, box.y, box.width, columns, [subject.colours[way.population] for way in shown])
    if len(trace.ways) > len(shown):
        below = (box.x, box.y + (len(shown) + 1) * ROW_PX - TIGHT_PX)
        items.append(Text(below, f"and {len(trace.ways) - len(shown):,} more", theme.muted, SMALL_PX))
    return items
