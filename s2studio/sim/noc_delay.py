"""How long a packet is under way on the NoC."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import ChipMapping, Node, Route

FloatArray = NDArray[np.float64]


def hop_s(spec: ChipSpec) -> float:
    """Return the time of a hop over one link, in s."""
    return _number(spec, "noc.cycles_per_hop") / (_number(spec, "clocks.noc") * 1e6)


def router_latency_s(spec: ChipSpec) -> float:
    """Return the time of a look-up in the event router that waits for nobody, in s."""
    return _number(spec, "event_router.latency") * 1e-9


def route_latencies_s(mapping: ChipMapping, spec: ChipSpec) -> FloatArray:
    """Return how long a packet is under way from the row's slice to the column's PE where nothing is in its way, in s.

    Shape (slices, slices), NaN where none goes. A packet to the sender's own QPE crosses its switch: one hop.
    """
    nodes = [Node(piece.pe.chip_x, piece.pe.chip_y, piece.pe.x, piece.pe.y) for piece in mapping.slices]
    table = np.full((len(nodes), len(nodes)), np.nan)
    hop, lookup = hop_s(spec), router_latency_s(spec)
    for number, route in enumerate(mapping.routes):
        depth = _depths(route, nodes[number])
        for target in route.targets:
            hops = max(1, depth.get(nodes[target], 0) if not route.router_lookups else depth[nodes[target]])
            table[number, target] = hops * hop + (lookup if route.router_lookups else 0.0)
    return table


def _depths(route: Route, source: Node) -> dict[Node, int]:
    """Return how many links of `route` lie before each node; behind the event router they are counted from there on."""
    ways: dict[Node, list[Node]] = {}
    for link in route.flits:
        ways.setdefault(link.source, []).append(link.target)
    inward = _walk(ways, source)
    router = next((node for node in inward if node.is_router), None)
    if router is None:
        return inward
    # The tree of copies may pass cells of the way in: what counts is the way through the router.
    outward = _walk(ways, router)
    return {node: inward[router] + depth for node, depth in outward.items()}


def _walk(ways: dict[Node, list[Node]], start: Node) -> dict[Node, int]:
    depth, waiting = {start: 0}, deque([start])
    while waiting:
        node = waiting.popleft()
        for near in ways.get(node, ()):
            if near not in depth:
                depth[near] = depth[node] + 1
                waiting.append(near)
    return depth


def _number(spec: ChipSpec, key: str) -> float:
    return float(str(spec.quantities[key].value))
