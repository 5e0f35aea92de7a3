"""The order in which py-spinnaker2 makes populations and projections of a NIR graph: that of its nodes and edges."""

from __future__ import annotations

from collections.abc import Sequence

from s2studio.network.graph import Network
from s2studio.snn.projection import Projection


def population_order(graph: Network, names: Sequence[str]) -> list[str]:
    """Return the populations `names` in the order of the graph's nodes: they are placed in it."""
    place = {node: index for index, node in enumerate(graph.layers)}
    return sorted(names, key=lambda name: place[name])


def projection_order(graph: Network, projections: Sequence[Projection]) -> list[Projection]:
    """Return `projections` in the order of the edges with which their ways begin."""
    populations = {end for projection in projections for end in (projection.pre, projection.post)}
    reached = [(source, _populations_behind(graph, target, populations)) for source, target in graph.edges]

    def place(projection: Projection) -> int:
        return next(
            (
                index
                for index, (source, behind) in enumerate(reached)
                if source == projection.pre and projection.post in behind
            ),
            len(reached),
        )

    return sorted(projections, key=place)


def _populations_behind(graph: Network, node: str, populations: set[str]) -> set[str]:
    """Return the populations that a spike entering `node` reaches first."""
    ahead, seen, found = [node], {node}, set()
    while ahead:
        current = ahead.pop()
        if current in populations:
            found.add(current)
            continue
        new = [target for target in graph.targets_of(current) if target not in seen]
        seen.update(new)
        ahead += new
    return found
