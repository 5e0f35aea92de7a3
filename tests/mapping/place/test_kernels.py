"""How the kernels are compiled: a user's first placement waits for it."""

from __future__ import annotations

from s2studio.chip.machine import Machine
from s2studio.mapping.edit_cost import EditCost
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions, Routing
from s2studio.mapping.place import kernels
from tests.mapping.networks import all_to_all

ROUTINGS: tuple[Routing, ...] = ("mc", "c2c")
FOR_TWO_TYPES = {"_copy"}


def test_that_every_kernel_is_compiled_once_whoever_calls_it(machine: Machine) -> None:
    network = all_to_all(60, 35)
    for routing in ROUTINGS:
        options = MappingOptions(placer="anneal", routing=routing, neurons_per_pe={"input": 20, "hidden": 7})
        mapping = map_network(network, machine, options, Demand(1))
        cost = EditCost(mapping, network, machine)
        cost.places(0)
        cost.forbid(mapping.slices[0].pe)
    compiled = {name: len(each.signatures) for name, each in vars(kernels).items() if hasattr(each, "signatures")}

    assert compiled["anneal"] == compiled["try_places"] == 1
    # A kernel that came from the cache with its caller counts as none.
    assert {name for name, count in compiled.items() if count > 1} <= FOR_TWO_TYPES
