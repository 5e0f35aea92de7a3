"""How the kernels are compiled: a user's first placement waits for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FOR_TWO_TYPES = {"_copy"}
# In a process of its own: other tests call kernels with types that s2studio does not use.
SCRIPT = """
import json
from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.edit_cost import EditCost
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.mapping.place import kernels
from tests.mapping.networks import all_to_all

network, machine = all_to_all(60, 35), make_machine(load_chip())
for routing in ("mc", "c2c"):
    options = MappingOptions(placer="anneal", routing=routing, neurons_per_pe={"input": 20, "hidden": 7})
    mapping = map_network(network, machine, options, Demand(1))
    cost = EditCost(mapping, network, machine)
    cost.places(0)
    cost.forbid(mapping.slices[0].pe)
print(json.dumps({name: len(each.signatures) for name, each in vars(kernels).items() if hasattr(each, "signatures")}))
"""


def test_that_every_kernel_is_compiled_once_whoever_calls_it(repository: Path) -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT], cwd=repository, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    compiled = json.loads(run.stdout)

    assert compiled["anneal"] == compiled["try_places"] == 1
    # A kernel that came from the cache with its caller counts as none.
    assert {name for name, count in compiled.items() if count > 1} <= FOR_TWO_TYPES
