"""Where the boxes of a directed graph go so that none overlap: layers from left to right, few crossings (Sugiyama)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from s2studio.draw.mesh import Box

Point = tuple[float, float]
_SWEEPS = 6
# Of an edge that passes a layer without stopping: the height it takes there.
_LANE = 16.0


class Edge(NamedTuple):
    """An edge by the numbers of its nodes."""

    source: int
    target: int


@dataclass(frozen=True)
class GraphLayout:
    """The box of each node, the points each edge runs through, and the size of it all.

    An edge against the direction of the layers runs below all boxes; an edge from a node to itself has no points.
    """

    boxes: tuple[Box, ...]
    ways: Mapping[Edge, tuple[Point, ...]]
    width: float
    height: float


def layered(sizes: Sequence[Point], edges: Sequence[Edge], gap: Point) -> GraphLayout:
    """Return a layout of nodes of `sizes` (width, height), `gap` apart between layers and within one."""
    onward, backward = _directions(len(sizes), [edge for edge in edges if edge.source != edge.target])
    layers = _layers(len(sizes), onward)
    rows, chains = _rows(layers, onward, len(sizes))
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    rows = _ordered(rows, links)
    boxes = _placed(rows, sizes, gap)
    ways = {edge: _way([boxes[node] for node in chain]) for edge, chain in chains.items()}
    height = max((box.bottom for box in boxes.values()), default=0.0)
    for lane, edge in enumerate(backward, 1):
        ways[edge] = _way_back(boxes[edge.source], boxes[edge.target], height + lane * _LANE, gap[0], lane)
    return GraphLayout(
        tuple(boxes[node] for node in range(len(sizes))),
        ways,
        max((box.right for box in boxes.values()), default=0.0) + (gap[0] / 2 if backward else 0.0),
        height + (len(backward) + 1) * _LANE * bool(backward),
    )


def _directions(count: int, edges: Sequence[Edge]) -> tuple[list[Edge], list[Edge]]:
    """Return the edges that go onward and those that close a cycle, as a walk from the first nodes meets them."""
    targets: list[list[int]] = [[] for _ in range(count)]
    entered = [False] * count
    for edge in dict.fromkeys(edges):
        targets[edge.source].append(edge.target)
        entered[edge.target] = True
    # Nodes that nothing leads to come first, so that a cycle is entered where the network enters it.
    starts = sorted(range(count), key=lambda node: entered[node])
    state = [0] * count
    backward: list[Edge] = []
    for start in starts:
        stack = [(start, iter(targets[start]))] if not state[start] else []
        state[start] = max(state[start], 1)
        while stack:
            node, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                state[node] = 2
                stack.pop()
            elif state[target] == 1:
                backward.append(Edge(node, target))
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(targets[target])))
    against = set(backward)
    return [edge for edge in dict.fromkeys(edges) if edge not in against], backward


def _layers(count: int, edges: Sequence[Edge]) -> list[int]:
    """Return the layer of each node: one behind the last of those that lead to it."""
    import networkx

    graph: Any = networkx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(edges)
    layer = [0] * count
    for node in networkx.topological_sort(graph):
        for target in graph.successors(node):
            layer[target] = max(layer[target], layer[node] + 1)
    return layer


def _rows(
    layers: Sequence[int], edges: Sequence[Edge], count: int
) -> tuple[list[list[int]], dict[Edge, tuple[int, ...]]]:
    """Return the nodes of each layer, with one more for each layer an edge passes, and the nodes along each edge."""
    rows: list[list[int]] = [[] for _ in range(max(layers, default=-1) + 1)]
    for node, layer in enumerate(layers):
        rows[layer].append(node)
    chains: dict[Edge, tuple[int, ...]] = {}
    for edge in edges:
        chain = [edge.source]
        for layer in range(layers[edge.source] + 1, layers[edge.target]):
            rows[layer].append(count)
            chain.append(count)
            count += 1
        chains[edge] = (*chain, edge.target)
    return rows, chains


def _ordered(rows: list[list[int]], links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return `rows`, each sorted by the mean place of its neighbours, from left to right and back."""
    before: dict[int, list[int]] = {}
    behind: dict[int, list[int]] = {}
    for source, target in links:
        before.setdefault(target, []).append(source)
        behind.setdefault(source, []).append(target)
    ordered = [list(row) for row in rows]
    place = {node: index / max(1, len(row) - 1) for row in ordered for index, node in enumerate(row)}
    for sweep in range(_SWEEPS):
        near = behind if sweep % 2 else before
        for row in reversed(ordered) if sweep % 2 else ordered:
            row.sort(key=lambda node: _mean([place[other] for other in near.get(node, [node])]))
            place.update((node, index / max(1, len(row) - 1)) for index, node in enumerate(row))
    return ordered


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _placed(rows: Sequence[Sequence[int]], sizes: Sequence[Point], gap: Point) -> dict[int, Box]:
    """Return a box for each node, the layers centred on one line."""
    real = range(len(sizes))
    heights = [sum(sizes[node][1] if node in real else _LANE for node in row) + gap[1] * (len(row) - 1) for row in rows]
    tallest = max(heights, default=0.0)
    boxes, x = {}, 0.0
    for row, height in zip(rows, heights, strict=True):
        widest = max(sizes[node][0] for node in row if node in real)
        y = (tallest - height) / 2
        for node in row:
            tall = sizes[node][1] if node in real else _LANE
            boxes[node] = Box(x, y, widest, tall)
            y += tall + gap[1]
        x += widest + gap[0]
    return boxes


def _way(boxes: Sequence[Box]) -> tuple[Point, ...]:
    points: list[Point] = [(boxes[0].right, boxes[0].centre[1])]
    for box in boxes[1:-1]:
        points += [(box.x, box.centre[1]), (box.right, box.centre[1])]
    return (*points, (boxes[-1].x, boxes[-1].centre[1]))


def _way_back(source: Box, target: Box, lane_y: float, gap: float, lane: int) -> tuple[Point, ...]:
    beside = gap / (2.0 + 0.4 * lane)
    right, left = source.right + beside, target.x - beside
    out, into = source.centre[1] + source.height / 4, target.centre[1] + target.height / 4
    return ((source.right, out), (right, out), (right, lane_y), (left, lane_y), (left, into), (target.x, into))
