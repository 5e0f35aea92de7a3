"""The chip to scale: blocks that hold no PE, links by their load, PEs without work, names of columns and rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from s2studio.chip.machine import PE, Machine
from s2studio.draw.mesh import Box, MeshLayout
from s2studio.draw.picture import Item, Polyline, Rect, Text
from s2studio.draw.text import width_px
from s2studio.draw.theme import SMALL_PX, TIGHT_PX, Theme, readable_on
from s2studio.draw.views.shading import link_colour
from s2studio.mapping.mapping import Link

_LABEL_PX = 18.0
ROUND_PX = 3.0


class ChipFrame:
    """Turns the layout's units into px, as large as `box` allows, and draws what every picture of the chip has."""

    def __init__(self, machine: Machine, theme: Theme, box: Box) -> None:
        self.machine, self.theme = machine, theme
        self.layout = MeshLayout(machine)
        bounds = self.layout.bounds
        self.scale = min(box.width / bounds.width, box.height / bounds.height)
        self.x = box.x + (box.width - bounds.width * self.scale) / 2 - bounds.x * self.scale
        self.y = box.y - bounds.y * self.scale

    def px(self, box: Box) -> Box:
        """Return a box of the layout in px."""
        return Box(
            self.x + box.x * self.scale, self.y + box.y * self.scale, box.width * self.scale, box.height * self.scale
        )

    def holes(self) -> list[Item]:
        """Return the router and the periphery."""
        items: list[Item] = []
        for hole in self.layout.holes:
            box = self.px(hole.box)
            items.append(Rect(box, self.theme.raised, radius=TIGHT_PX))
            if width_px(hole.name, SMALL_PX) < box.width:
                middle = (box.centre[0], box.centre[1] + SMALL_PX / 3)
                items.append(Text(middle, hole.name, self.theme.muted, SMALL_PX, "middle"))
        return items

    def links(self, loads: Mapping[Link, float]) -> list[Item]:
        """Return an arrow for each link in use, wider for more load."""
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

    def empty(self, pe: PE, box: Box) -> Rect:
        """Return a PE that holds nothing."""
        if pe in self.machine.reserved_pes:
            return Rect(box, None, self.theme.border, radius=ROUND_PX, note=f"{pe}: reserved by the runtime")
        return Rect(box, self.theme.raised, radius=ROUND_PX, note=f"{pe}: free")

    def label(self, box: Box, label: str, fill: str, below: float) -> list[Item]:
        """Return what stands in a PE above its lowest `below` px, nothing where it is too small."""
        size = min(float(SMALL_PX), 0.3 * box.height)
        if box.width < _LABEL_PX or width_px(label, size) > box.width - 2:
            return []
        return [
            Text((box.centre[0], box.centre[1] + size * 0.36 - below / 2), label, readable_on(fill), size, "middle")
        ]

    def names(self) -> list[Item]:
        """Return the columns' and rows' numbers of the first chip, or of each chip its place."""
        if len(self.machine.chips) > 1:
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
