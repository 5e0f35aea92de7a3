"""The mesh: which slice sits on which PE, by population or by a metric, and the load of the links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2studio.chip.machine import PE, Machine
from s2studio.draw.colours import apply, colour_map, population_colours, ramp
from s2studio.draw.frame import ROW_PX, Column, Look, colour_bar, content, framed, heading, table
from s2studio.draw.mesh import Box, MeshLayout
from s2studio.draw.metrics import Metric, Values
from s2studio.draw.picture import Item, Picture, Polyline, Rect, Text
from s2studio.draw.scale import axis_unit, quantity
from s2studio.draw.text import width_px
from s2studio.draw.theme import (
    FAR_PX,
    NEAR_PX,
    SMALL_PX,
    SPACE_PX,
    TIGHT_PX,
    Theme,
    hex_colour,
    mixed,
    readable_on,
)
from s2studio.mapping.mapping import ChipMapping, Link
from s2studio.session.profile import Profile

_SIDE_PX = 300
_LABEL_PX = 18.0


@dataclass(frozen=True, eq=False)
class MeshSubject:
    """What a mesh shows: `names` are the populations in the network's order, `profile` None without a run."""

    machine: Machine
    mapping: ChipMapping
    names: tuple[str, ...]
    profile: Profile | None = None

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each population."""
        return population_colours(self.names)

    @property
    def link_loads(self) -> Mapping[Link, float]:
        """Flits per tick over each link in the run; without one, if every neuron spikes once."""
        if self.profile is None:
            return self.mapping.link_loads
        loads = self.profile.flits / max(1, self.profile.pe_ticks)
        return dict(zip(self.profile.links, loads.tolist(), strict=True))

    @property
    def link_unit(self) -> str:
        """What `link_loads` are in."""
        return "flits/tick" if self.profile is not None else "flits if every neuron spikes once"


def mesh_picture(subject: MeshSubject, look: Look, subtitle: str, metric: Metric | None = None) -> Picture:
    """Return the mesh of `subject`, its PEs by `metric`, or by population where that is None."""
    area = content(look)
    side = min(_SIDE_PX, area.width * 0.34)
    left = Box(area.x + FAR_PX, area.y, area.width - side - 2 * FAR_PX, area.height - FAR_PX)
    right = Box(area.right - side, area.y, side, area.height)
    values = None if metric is None else metric.of(subject.mapping, subject.profile, subject.machine.spec)
    fills = _fills(subject, metric, values)
    drawn = _Mesh(subject, look.theme, left)
    items = [
        *drawn.holes(),
        *drawn.links(),
        *drawn.pes(fills, metric, values),
        *drawn.names(),
        *_legend(subject, look.theme, right, metric, values),
    ]
    title = "Placement on the chip" if metric is None else metric.title
    return framed(look, title, subtitle, items)


class _Mesh:
    """Turns the layout's units into px, as large as `box` allows, and draws the parts."""

    def __init__(self, subject: MeshSubject, theme: Theme, box: Box) -> None:
        self.subject, self.theme = subject, theme
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
        shades = _link_map(self.theme)
        items: list[Item] = []
        for link, load in sorted(loads.items(), key=lambda entry: entry[1]):
            if load > 0 and link in self.layout.links:
                share = load / highest
                colour = hex_colour(*apply(np.array(share), 0.0, 1.0, shades).tolist())
                items.append(self._arrow(link, colour, share))
        return items

    def _arrow(self, link: Link, colour: str, share: float) -> Polyline:
        """Return a slim arrow along the line of `link`, wider for more load."""
        start, stop = (np.array([self.x + x * self.scale, self.y + y * self.scale]) for x, y in self.layout.links[link])
        along = (stop - start) / np.linalg.norm(stop - start)
        across = np.array([-along[1], along[0]]) * self.scale * (0.12 + 0.5 * share)
        neck = stop - along * self.scale * 1.8
        head = np.array([-along[1], along[0]]) * self.scale * 0.95
        points = [start - across, neck - across, neck - head, stop, neck + head, neck + across, start + across]
        return Polyline(np.array(points), fill=colour)

    def pes(self, fills: Mapping[PE, str], metric: Metric | None, values: Values | None) -> list[Item]:
        theme, mapping = self.theme, self.subject.mapping
        items: list[Item] = []
        factor = 1.0
        if metric is not None and values is not None:
            factor, _ = axis_unit(limits(metric, values, self.subject.machine)[1], metric.unit)
        reserved = self.subject.machine.reserved_pes
        held = {piece.pe: number for number, piece in enumerate(mapping.slices)}
        colours = self.subject.colours
        for pe, unit_box in self.layout.pes.items():
            box = self.px(unit_box)
            number = held.get(pe)
            if number is None:
                note = f"{pe}: reserved by the runtime" if pe in reserved else f"{pe}: free"
                look = None if pe in reserved else theme.raised
                items.append(Rect(box, look, theme.border if pe in reserved else None, radius=3, note=note))
                continue
            piece = mapping.slices[number]
            what = f"{pe}: {piece.population}[{piece.start}:{piece.stop}], {piece.size:,} neurons"
            if metric is not None and values is not None:
                what += f", {metric.title.lower()} {quantity(float(values[number]), metric.unit)}"
            items.append(Rect(box, fills[pe], radius=3, note=what))
            label = str(piece.size) if metric is None or values is None else _label(float(values[number]), factor)
            if metric is not None:
                strip = Box(box.x, box.bottom - 0.16 * box.height, box.width, 0.16 * box.height)
                items.append(Rect(strip, colours[piece.population], radius=2))
            items += self._written(box, label, fills[pe], metric is not None)
        return items

    def _written(self, box: Box, label: str, fill: str, has_strip: bool) -> list[Item]:
        size = min(float(SMALL_PX), 0.3 * box.height)
        if box.width < _LABEL_PX or width_px(label, size) > box.width - 2:
            return []
        middle = box.centre[1] + size * 0.36 - (0.08 * box.height if has_strip else 0)
        return [Text((box.centre[0], middle), label, readable_on(fill), size, "middle")]

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


def _fills(subject: MeshSubject, metric: Metric | None, values: Values | None) -> dict[PE, str]:
    slices = subject.mapping.slices
    if metric is None or values is None:
        return {piece.pe: subject.colours[piece.population] for piece in slices}
    low, high = limits(metric, values, subject.machine)
    shades = apply(values, low, high, colour_map(metric.colours))
    return {piece.pe: hex_colour(*shade) for piece, shade in zip(slices, shades.tolist(), strict=True)}


def limits(metric: Metric, values: Values, machine: Machine) -> tuple[float, float]:
    """Return the values at which the scale of `metric` starts and ends."""
    largest = float(values.max(initial=0.0))
    lowest = metric.lowest(machine.spec) if metric.lowest else 0.0
    return lowest, max(metric.highest(machine.spec), largest) if metric.highest else largest


def _legend(subject: MeshSubject, theme: Theme, box: Box, metric: Metric | None, values: Values | None) -> list[Item]:
    items: list[Item] = []
    y = box.y + SPACE_PX
    if metric is not None and values is not None:
        low, high = limits(metric, values, subject.machine)
        items += heading(theme, box.x, y, metric.title)
        bar = Box(box.x, y + NEAR_PX, box.width, SPACE_PX)
        ends = quantity(low, metric.unit), quantity(high, metric.unit)
        items += colour_bar(theme, bar, colour_map(metric.colours), *ends)
        range_ = f"{quantity(float(values.min()), metric.unit)} to {quantity(float(values.max()), metric.unit)}"
        known = "estimate" if metric.is_estimate else "exact"
        items.append(Text((box.x, y + 52), f"here {range_} ({known})", theme.muted, SMALL_PX))
        y += 52 + 2 * FAR_PX
    loads = subject.link_loads
    highest = max(loads.values(), default=0.0)
    if highest > 0:
        items += heading(theme, box.x, y, "Links")
        bar = Box(box.x, y + NEAR_PX, box.width, SPACE_PX)
        items += colour_bar(theme, bar, _link_map(theme), "0", quantity(highest, subject.link_unit))
        y += 52 + FAR_PX
    in_pe = (
        "neurons"
        if metric is None or values is None
        else axis_unit(limits(metric, values, subject.machine)[1], metric.unit)[1]
    )
    return [*items, *_populations(subject, theme, Box(box.x, y, box.width, box.bottom - y), in_pe)]


def _populations(subject: MeshSubject, theme: Theme, box: Box, in_pe: str) -> list[Item]:
    """Return the list of populations with neurons and PEs, and how many PEs are free; what does not fit is counted."""
    mapping, machine = subject.mapping, subject.machine
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
    free = len(machine.usable_pes) - mapping.pes_used
    y += NEAR_PX
    for fill, stroke, text in (
        (theme.raised, None, f"{free:,} of {len(machine.usable_pes):,} PEs are free"),
        (None, theme.border, f"{len(machine.reserved_pes):,} reserved by {machine.runtime.title}"),
        (None, None, f"Number in a PE: {in_pe}"),
    ):
        items.append(Rect(Box(box.x, y - 9, 10, 10), fill, stroke, radius=2))
        items.append(Text((box.x + SPACE_PX + TIGHT_PX, y), text, theme.muted, SMALL_PX))
        y += ROW_PX
    return items


def _cut(names: Sequence[str], room: int) -> tuple[list[str], int]:
    if len(names) <= room:
        return list(names), 0
    return list(names[: room - 1]), len(names) - room + 1


def _label(value: float, factor: float) -> str:
    """Return `value` as short as a PE is wide; its unit stands in the legend."""
    number = value / factor
    return f"{number:,.0f}" if number >= 10 or number == 0 else f"{number:.1f}" if number >= 0.05 else "<0.1"


def _link_map(theme: Theme) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return ramp(mixed(theme.surface, theme.muted, 0.45), theme.warning, theme.bad)
