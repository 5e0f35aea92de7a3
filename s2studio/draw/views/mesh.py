"""The mesh: which slice sits on which PE, by population or by a metric, and the load of the links."""

from __future__ import annotations

import numpy as np

from s2studio.chip.machine import PE
from s2studio.draw.frame import Look, content, framed
from s2studio.draw.mesh import Box, MeshLayout
from s2studio.draw.metrics import Metric
from s2studio.draw.picture import Item, Picture, Polyline, Rect, Text
from s2studio.draw.text import width_px
from s2studio.draw.theme import FAR_PX, SMALL_PX, TIGHT_PX, Theme, readable_on
from s2studio.draw.views.mesh_legend import mesh_legend
from s2studio.draw.views.shading import MeshSubject, Shading, link_colour, shading
from s2studio.mapping.mapping import Link

_SIDE_PX = 300
_LABEL_PX = 18.0
_ROUND_PX = 3.0
# Of a PE's height: the strip in its population's colour under a metric.
_STRIP = 0.16


def mesh_picture(subject: MeshSubject, look: Look, subtitle: str, metric: Metric | None = None) -> Picture:
    """Return the mesh of `subject`, its PEs by `metric`, or by population where that is None."""
    area = content(look)
    side = min(_SIDE_PX, area.width * 0.34)
    left = Box(area.x + FAR_PX, area.y, area.width - side - 2 * FAR_PX, area.height - FAR_PX)
    right = Box(area.right - side, area.y, side, area.height)
    shown = None if metric is None else shading(subject, metric)
    drawn = _Mesh(subject, look.theme, left)
    items = [
        *drawn.holes(),
        *drawn.links(),
        *drawn.pes(shown),
        *drawn.names(),
        *mesh_legend(subject, look.theme, right, shown),
    ]
    title = "Placement on the chip" if metric is None else metric.title
    return framed(look, title, subtitle, items)


class _Mesh:
    """Turns the layout's units into px, as large as `box` allows, and draws the parts."""

    def __init__(self, subject: MeshSubject, theme: Theme, box: Box) -> None:
        self.subject, self.theme = subject, theme
        self.colours = subject.colours
        self.layout = MeshLayout(subject.machine)
        bounds = self.layout.bounds
        self.scale = min(box.width / bounds.width, box.height / bounds.height)
        self.x = box.x + (box.width - bounds.width * self.scale) / 2 - bounds.x * self.scale
        self.y = box.y - bounds.y * self.scale

    def px(self, box: Box) -> Box:
        return Box(
            self.x + box.x * self.scale, self.y + box.y * self.scale, box.width * self.scale, box.height * self.scale
        )

    def holes(self) -> list[Item]:
        items: list[Item] = []
        for hole in self.layout.holes:
            box = self.px(hole.box)
            items.append(Rect(box, self.theme.raised, radius=TIGHT_PX))
            if width_px(hole.name, SMALL_PX) < box.width:
                middle = (box.centre[0], box.centre[1] + SMALL_PX / 3)
                items.append(Text(middle, hole.name, self.theme.muted, SMALL_PX, "middle"))
        return items

    def links(self) -> list[Item]:
        loads = self.subject.link_loads
        highest = max(loads.values(), default=0.0) or 1.0
        return [
            self._arrow(link, load / highest)
            for link, load in sorted(loads.items(), key=lambda entry: entry[1])
            if load > 0 and link in self.layout.links
        ]

    def _arrow(self, link: Link, share: float) -> Polyline:
        """Return a slim arrow along the line of `link`, wider for more load."""
        start, stop = (np.array([self.x + x * self.scale, self.y + y * self.scale]) for x, y in self.layout.links[link])
        along = (stop - start) / np.linalg.norm(stop - start)
        across = np.array([-along[1], along[0]]) * self.scale * (0.12 + 0.5 * share)
        neck = stop - along * self.scale * 1.8
        head = np.array([-along[1], along[0]]) * self.scale * 0.95
        points = [start - across, neck - across, neck - head, stop, neck + head, neck + across, start + across]
        return Polyline(np.array(points), fill=link_colour(self.theme, share))

    def pes(self, shown: Shading | None) -> list[Item]:
        held = {piece.pe: number for number, piece in enumerate(self.subject.mapping.slices)}
        reserved = self.subject.machine.reserved_pes
        items: list[Item] = []
        for pe, unit_box in self.layout.pes.items():
            box = self.px(unit_box)
            items += self._slice(held[pe], box, shown) if pe in held else [self._empty(pe, box, pe in reserved)]
        return items

    def _empty(self, pe: PE, box: Box, is_reserved: bool) -> Rect:
        if is_reserved:
            return Rect(box, None, self.theme.border, radius=_ROUND_PX, note=f"{pe}: reserved by the runtime")
        return Rect(box, self.theme.raised, radius=_ROUND_PX, note=f"{pe}: free")

    def _slice(self, number: int, box: Box, shown: Shading | None) -> list[Item]:
        piece = self.subject.mapping.slices[number]
        colour = self.colours[piece.population]
        note = f"{piece.pe}: {piece.population}[{piece.start}:{piece.stop}], {piece.size:,} neurons"
        if shown is None:
            return [Rect(box, colour, radius=_ROUND_PX, note=note), *self._label(box, str(piece.size), colour, 0.0)]
        note += f", {shown.metric.title.lower()} {shown.written(float(shown.values[number]))}"
        high = _STRIP * box.height
        return [
            Rect(box, shown.fills[number], radius=_ROUND_PX, note=note),
            Rect(Box(box.x, box.bottom - high, box.width, high), colour, radius=2),
            *self._label(box, shown.label(number), shown.fills[number], high),
        ]

    def _label(self, box: Box, label: str, fill: str, below: float) -> list[Item]:
        """Return what stands in a PE above its lowest `below` px, nothing where it is too small."""
        size = min(float(SMALL_PX), 0.3 * box.height)
        if box.width < _LABEL_PX or width_px(label, size) > box.width - 2:
            return []
        return [
            Text((box.centre[0], box.centre[1] + size * 0.36 - below / 2), label, readable_on(fill), size, "middle")
        ]

    def names(self) -> list[Item]:
        """Return the columns' and rows' numbers of the first chip, or of each chip its place."""
        if len(self.subject.machine.chips) > 1:
            boxes = {chip: self.px(box) for chip, box in self.layout.chips.items()}
            return [
                Text((box.x, box.y - TIGHT_PX), f"chip ({x}, {y})", self.theme.muted, SMALL_PX)
                for (x, y), box in boxes.items()
            ]
        bounds = self.px(self.layout.bounds)
        cells = {(node.x, node.y): self.px(box) for node, box in self.layout.cells.items()}
        columns = {x: box.centre[0] for (x, _), box in cells.items()}
        rows = {y: box.centre[1] for (_, y), box in cells.items()}
        return [
            *(
                Text((at, bounds.bottom + SMALL_PX), str(x), self.theme.muted, SMALL_PX, "middle")
                for x, at in sorted(columns.items())
            ),
            *(
                Text((bounds.x - TIGHT_PX, at + SMALL_PX / 3), str(y), self.theme.muted, SMALL_PX, "end")
                for y, at in sorted(rows.items())
            ),
        ]
