"""The network as a graph: a box for each population with its model, size and shape, and what comes into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from s2studio.draw.colours import population_colours
from s2studio.draw.frame import Look, content, empty, framed
from s2studio.draw.graph import Edge, GraphLayout, layered
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Curve, Group, Item, Line, Picture, Polyline, Rect, Text
from s2studio.draw.text import fitted, width_px
from s2studio.draw.theme import BODY_PX, FAR_PX, NEAR_PX, RADIUS_PX, SMALL_PX, SPACE_PX, Theme
from s2studio.snn.connectivity import kind_of, weight_count
from s2studio.snn.network import SpikingPart
from s2studio.units import counted

_GAP = (44.0, 28.0)
_LINE_PX = 17.0
_WIDEST_PX, _NARROWEST_PX = 240.0, 110.0
_INCOMING = 4


@dataclass(frozen=True)
class Input:
    """What comes into a population: from which one, by what kind of weights and how many (None: not known)."""

    source: str
    kind: str = ""
    weights: int | None = None

    @property
    def what(self) -> str:
        """The kind and number of the weights, empty where they are not known."""
        parts = [self.kind, counted(self.weights, "weight") if self.weights is not None else ""]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Node:
    """A population as the graph shows it."""

    name: str
    model: str
    size: int
    shape: tuple[int, ...] | None
    is_output: bool
    inputs: tuple[Input, ...]


def nodes_of(part: SpikingPart) -> tuple[Node, ...]:
    """Return the populations of `part` with their projections."""
    inputs: dict[str, list[Input]] = {population.name: [] for population in part.populations}
    for projection in part.projections:
        weights = projection.connectivity
        inputs[projection.post].append(Input(projection.pre, kind_of(weights), weight_count(weights)))
    return tuple(
        Node(
            population.name,
            population.model,
            population.size,
            population.shape,
            population.name in part.outputs,
            tuple(inputs[population.name]),
        )
        for population in part.populations
    )


def network_picture(nodes: Sequence[Node], look: Look, subtitle: str) -> Picture:
    """Return the graph of `nodes`, as large as it fits, at most in natural size."""
    if not nodes:
        return empty(look, "Network", subtitle, "The network has no populations")
    area, theme = content(look), look.theme
    number = {node.name: index for index, node in enumerate(nodes)}
    edges = [Edge(number[entry.source], number[node.name]) for node in nodes for entry in node.inputs]
    layout = layered([_size(node) for node in nodes], edges, _GAP)
    scale = min(1.4, area.width / layout.width, area.height / (layout.height + FAR_PX))
    offset = (
        area.x + (area.width - scale * layout.width) / 2,
        area.y + FAR_PX / 2 + max(0.0, (area.height - FAR_PX - scale * layout.height) * 0.4),
    )
    items = _edges(layout, edges, theme)
    colours = population_colours(node.name for node in nodes)
    for node, box in zip(nodes, layout.boxes, strict=True):
        items += _box(node, box, colours[node.name], theme)
    neurons = counted(sum(node.size for node in nodes), "neuron")
    words = f"{subtitle} · {counted(len(nodes), 'population')}, {neurons}"
    return framed(look, "Network", words, (Group(tuple(items), offset, scale),))


@dataclass(frozen=True)
class _Line:
    """A line in a box: `is_about` it or of what comes in, of which only the first line names the source."""

    text: str
    is_about: bool
    is_muted: bool = True


def _lines(node: Node) -> list[_Line]:
    """Return what a box says of the population, then of what comes into it."""
    about = [node.model, counted(node.size, "neuron")]
    if node.shape is not None and len(node.shape) > 1:
        about.append(" × ".join(map(str, node.shape)))
    lines = [_Line(text, True) for text in about]
    shown = node.inputs if len(node.inputs) <= _INCOMING else node.inputs[: _INCOMING - 1]
    for entry in shown:
        lines.append(_Line(f"← {entry.source}", False, is_muted=False))
        lines += [_Line(entry.what, False)] if entry.what else []
    if len(shown) < len(node.inputs):
        lines.append(_Line(f"← and {len(node.inputs) - len(shown)} more", False, is_muted=False))
    return lines


def _size(node: Node) -> tuple[float, float]:
    lines = _lines(node)
    name = width_px(node.name, BODY_PX, True) + (width_px("output", SMALL_PX) + SPACE_PX if node.is_output else 0.0)
    widest = max(name, *(width_px(line.text, SMALL_PX) for line in lines))
    rule = SPACE_PX if node.inputs else 0.0
    height = 2 * SPACE_PX + BODY_PX + len(lines) * _LINE_PX + rule
    return min(_WIDEST_PX, max(_NARROWEST_PX, widest + 2 * SPACE_PX + NEAR_PX)), height


def _box(node: Node, box: Box, colour: str, theme: Theme) -> list[Item]:
    x, y = box.x + SPACE_PX + NEAR_PX / 2, box.y + SPACE_PX + BODY_PX
    room = box.right - x - SPACE_PX
    tag = width_px("output", SMALL_PX) + SPACE_PX if node.is_output else 0.0
    items: list[Item] = [
        Rect(box, theme.raised, theme.border, radius=RADIUS_PX),
        Rect(Box(box.x, box.y, 4, box.height), colour, radius=2),
        Text((x, y), fitted(node.name, room - tag, BODY_PX, True), theme.text, BODY_PX, is_bold=True),
    ]
    if node.is_output:
        items.append(Text((box.right - SPACE_PX, y), "output", theme.accent, SMALL_PX, "end"))
    was_about = True
    for line in _lines(node):
        if was_about and not line.is_about:
            items.append(Line((x, y + NEAR_PX), (box.right - SPACE_PX, y + NEAR_PX), theme.border))
            y += SPACE_PX
        was_about = line.is_about
        y += _LINE_PX
        ink = theme.muted if line.is_muted else theme.text
        items.append(Text((x, y), fitted(line.text, room, SMALL_PX), ink, SMALL_PX))
    return items


def _edges(layout: GraphLayout, edges: Sequence[Edge], theme: Theme) -> list[Item]:
    items: list[Item] = []
    for edge in dict.fromkeys(edges):
        if edge.source == edge.target:
            items += _loop(layout.boxes[edge.source], theme.muted)
            continue
        points = layout.ways[edge]
        is_onward = points[-1][0] > points[0][0]
        if is_onward:
            items.append(Curve(points[0], tuple(_bent(one, two) for one, two in pairwise(points)), theme.muted))
        else:
            items.append(Polyline(np.array(points), theme.muted))
        items.append(_head(points[-1], theme.muted))
    return items


def _bent(
    start: tuple[float, float], stop: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Return a curve that leaves and arrives level."""
    middle = (start[0] + stop[0]) / 2
    return (middle, start[1]), (middle, stop[1]), stop


def _loop(box: Box, colour: str) -> list[Item]:
    """Return an arrow from the top of `box` back to it."""
    x, y, high = box.right - 2 * SPACE_PX, box.y, 16.0
    down = np.array([(x - 24 - 4, y - 6), (x - 24 + 4, y - 6), (x - 24, y)])
    return [
        Curve((x, y), (((x, y - high), (x - 24, y - high), (x - 24, y)),), colour),
        Polyline(down, fill=colour),
    ]


def _head(tip: tuple[float, float], colour: str) -> Polyline:
    x, y = tip
    return Polyline(np.array([(x, y), (x - 7, y - 4), (x - 7, y + 4)]), fill=colour)
