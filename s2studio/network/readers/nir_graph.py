"""NIR graphs that are in memory already, made by the `nir` package: read, listed, and given another output."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.graph import Network
from s2studio.network.readers.nir import network_of


def read_graph(graph: Any, name: str = "nir") -> Network:
    """Return the network in a `nir.NIRGraph`. Raises NetworkError that names the node where it is malformed."""
    if not hasattr(graph, "nodes") or not hasattr(graph, "edges") or not hasattr(graph, "to_dict"):
        raise NetworkError(name, f"a {type(graph).__name__}", "a nir.NIRGraph is expected")
    return network_of(Path(f"{name}.nir"), _plain(graph.to_dict()))


def add_output(graph: Any, node: str, name: str) -> None:
    """Add the Output node `name` behind `node` to a `nir.NIRGraph`, in place."""
    import nir

    if node not in graph.nodes:
        raise NetworkError(f"node '{node}'", "it is not in the graph", f"its nodes are {', '.join(graph.nodes)}")
    if name in graph.nodes:
        raise NetworkError(f"node '{name}'", "there is one with this name already", hint="choose another name")
    graph.nodes[name] = nir.Output(output_type=graph.nodes[node].output_type)
    graph.edges.append((node, name))


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a graph as a file holds it: edges as an array of texts, shapes as arrays."""
    plain: dict[str, Any] = {}
    for key, entry in value.items():
        if key == "edges":
            plain[key] = np.array([[str(end) for end in edge] for edge in entry]).reshape(-1, 2)
        elif isinstance(entry, Mapping):
            plain[key] = _plain(entry)
        else:
            plain[key] = entry
    return plain
