"""The shape of a chip network as a graph of populations: its outputs, and how long a spike travels to them."""

from __future__ import annotations

from typing import Any

from s2studio.snn.models import MODELS
from s2studio.snn.network import SpikingPart


def output_populations(part: SpikingPart) -> tuple[str, ...]:
    """Return what the user reads: what the network says, else the populations that lead to no other one.

    Sources are not outputs. Where every population leads on (a ring of them), all but the sources are.
    """
    if part.outputs:
        return part.outputs
    computing = [population.name for population in part.populations if MODELS[population.model].inputs]
    leading = {projection.pre for projection in part.projections if projection.pre != projection.post}
    return tuple(name for name in computing if name not in leading) or tuple(computing)


def longest_path_populations(part: SpikingPart) -> int:
    """Return the number of populations on the longest path from a source to an output.

    Populations that form a cycle count once each. Without projections it is 1.
    """
    import networkx

    graph: Any = networkx.DiGraph()
    graph.add_nodes_from(population.name for population in part.populations)
    graph.add_edges_from((projection.pre, projection.post) for projection in part.projections)
    cycles = networkx.condensation(graph)
    sources = {population.name for population in part.populations if not MODELS[population.model].inputs}
    outputs = set(output_populations(part))
    longest: dict[int, int] = {}
    for node in networkx.topological_sort(cycles):
        members = cycles.nodes[node]["members"]
        before = max((longest[previous] for previous in cycles.predecessors(node) if previous in longest), default=0)
        if before or members & sources or not sources:
            longest[node] = before + len(members)
    return max((longest[node] for node in longest if cycles.nodes[node]["members"] & outputs), default=1)
