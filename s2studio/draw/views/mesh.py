"""The mesh: which slice sits on which PE, by population or by a metric, and the load of the links."""

from __future__ import annotations

from s2studio.draw.frame import Look, content, framed
from s2studio.draw.mesh import Box
from s2studio.draw.metrics import Metric
from s2studio.draw.picture import Item, Picture, Rect
from s2studio.draw.theme import FAR_PX, Theme
from s2studio.draw.views.chip_frame import ROUND_PX, ChipFrame
from s2studio.draw.views.mesh_legend import mesh_legend
from s2studio.draw.views.shading import MeshSubject, Shading, shading

_SIDE_PX = 300
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
        *drawn.links(subject.link_loads),
        *drawn.pes(shown),
        *drawn.names(),
        *mesh_legend(subject, look.theme, right, shown),
    ]
    title = "Placement on the chip" if metric is None else metric.title
    return framed(look, title, subtitle, items)


class _Mesh(ChipFrame):
    """The chip with the slices of a spiking network."""

    def __init__(self, subject: MeshSubject, theme: Theme, box: Box) -> None:
        super().__init__(subject.machine, theme, box)
        self.subject, self.colours = subject, subject.colours

    def pes(self, shown: Shading | None) -> list[Item]:
        held = {piece.pe: number for number, piece in enumerate(self.subject.mapping.slices)}
        items: list[Item] = []
        for pe, unit_box in self.layout.pes.items():
            box = self.px(unit_box)
            items += self._slice(held[pe], box, shown) if pe in held else [self.empty(pe, box)]
        return items

    def _slice(self, number: int, box: Box, shown: Shading | None) -> list[Item]:
        piece = self.subject.mapping.slices[number]
        colour = self.colours[piece.population]
        note = f"{piece.pe}: {piece.population}[{piece.start}:{piece.stop}], {piece.size:,} neurons"
        if shown is None:
            return [Rect(box, colour, radius=ROUND_PX, note=note), *self.label(box, str(piece.size), colour, 0.0)]
        note += f", {shown.metric.title.lower()} {shown.text(number)}"
        high = _STRIP * box.height
        return [
            Rect(box, shown.fills[number], radius=ROUND_PX, note=note),
            Rect(Box(box.x, box.bottom - high, box.width, high), colour, radius=2),
            *self.label(box, shown.label(number), shown.fills[number], high),
        ]
