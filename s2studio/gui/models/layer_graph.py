"""A deep network as a graph of boxes, as its file has it or with layers fused as the chip runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from s2studio.draw.colours import POPULATION_COLOURS
from s2studio.gui.models.network_graph import GraphEdge, GraphNode, NetworkGraph
from s2studio.gui.translation import tr
from s2studio.units import counted

# Layers of the MAC arrays stand out; tensors that the user gives have a colour of their own.
_INPUT, _PRODUCT, _OTHER = POPULATION_COLOURS[0], POPULATION_COLOURS[2], POPULATION_COLOURS[5]


def layer_graph(about: Mapping[str, Any], is_fused: bool) -> NetworkGraph:
    """Return the boxes of a network of which `about` is what `s2studio info` says, before or after fusion."""
    rows: Sequence[Mapping[str, Any]] = about["fused" if is_fused else "layers"]
    nodes = [GraphNode(one["name"], (tr("input"), _shape(one["shape"])), (), _INPUT) for one in about["inputs"]]
    maker = {one["name"]: number for number, one in enumerate(about["inputs"])}
    outputs = {one["name"] for one in about["outputs"]}
    edges = []
    for row in rows:
        place = len(nodes)
        kind = _PRODUCT if row["macs"] else _OTHER
        lines = [row["operator"], _shape(row["shape"])]
        if row["parameters"]:
            lines.append(counted(row["parameters"], "parameter"))
        nodes.append(GraphNode(row["name"], tuple(lines), (row["name"],), kind, "", row["output"] in outputs))
        edges += [GraphEdge(maker[name], place, (), "") for name in dict.fromkeys(row["inputs"]) if name in maker]
        maker[row["output"]] = place
    return NetworkGraph(tuple(nodes), tuple(edges))


def _shape(shape: Sequence[int] | None) -> str:
    return "?" if shape is None else " × ".join(map(str, shape))
