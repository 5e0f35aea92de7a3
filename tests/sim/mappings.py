"""A small network placed by hand, whose traffic can be worked out on paper."""

from __future__ import annotations

import numpy as np

from s2studio.chip.machine import PE
from s2studio.mapping.mapping import ChipMapping, Demand, Link, MappingOptions, Node, Route, Slice
from s2studio.snn.connectivity import DenseWeights
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

ROUTER = Node(0, 0, 4, 4, is_router=True)
LINKS = tuple(
    Link(source, target)
    for source, target in (
        (Node(0, 0, 4, 5), ROUTER),
        (ROUTER, Node(0, 0, 4, 5)),
        (ROUTER, Node(0, 0, 3, 4)),
        (Node(0, 0, 3, 4), Node(0, 0, 2, 4)),
    )
)


def small_network() -> ChipNetwork:
    """Return 3 sources, each with a synapse to each of 8 neurons."""
    populations = (Population("input", 3, "spike_list"), Population("output", 8, "lif_no_delay"))
    projection = Projection("input", "output", DenseWeights(np.ones((3, 8), np.int8)))
    return ChipNetwork("small", SpikingPart(populations, (projection,), ("output",)))


def small_mapping(record: frozenset[str] = frozenset()) -> ChipMapping:
    """Return the input on QPE(4, 5), half of the output there, half on QPE(2, 4); spikes go through the router."""
    slices = (
        Slice("input", 0, 3, PE(0, 0, 4, 5, 0), {}),
        Slice("output", 0, 4, PE(0, 0, 4, 5, 1), {}),
        Slice("output", 4, 8, PE(0, 0, 2, 4, 0), {}),
    )
    silent = Route((), 0, {}, 0)
    routes = (Route((1, 2), 1, dict.fromkeys(LINKS, 1), 1), silent, silent)
    demand = Demand(10, {"output": record})
    return ChipMapping("small", "", "", "", "py-spinnaker2", MappingOptions(), demand, slices, routes)
