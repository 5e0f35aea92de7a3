"""The result of mapping: which slice sits on which PE, what its memory holds, and the way its packets take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE

Routing = Literal["mc", "c2c"]
REGIONS = (
    "ring",
    "input_buffers",
    "state",
    "params",
    "pop_table",
    "synapses",
    "record",
    "routing",
    "log",
    "fifo",
    "stack",
)


@dataclass(frozen=True, eq=False)
class Demand:
    """What a run asks of the PEs' memory beside the network itself.

    `record` is what the board records of each population (missing: nothing); `stored_spikes` the number of spikes of
    each neuron of a population that plays back a stimulus, shape (size,) (missing: none).
    """

    steps: int
    record: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stored_spikes: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Demand):
            return NotImplemented
        return (
            (self.steps, self.record) == (other.steps, other.record)
            and self.stored_spikes.keys() == other.stored_spikes.keys()
            and all(np.array_equal(spikes, other.stored_spikes[name]) for name, spikes in self.stored_spikes.items())
        )

    def __hash__(self) -> int:
        return hash((self.steps, *sorted(self.record), *sorted(self.stored_spikes)))


@dataclass(frozen=True)
class MappingOptions:
    """How to map: placer by name, routing, seed, neurons per PE by population, PEs that must stay empty.

    `pinned` is the PE that a slice must have, the slice written `POP[2]` for the third of population POP.
    """

    placer: str = "sequential"
    routing: Routing = "mc"
    seed: int = 0
    neurons_per_pe: Mapping[str, int] = field(default_factory=dict)
    forbidden: frozenset[PE] = frozenset()
    pinned: Mapping[str, PE] = field(default_factory=dict)


class Node(NamedTuple):
    """An end of a NoC link: the mesh switch of cell (x, y) on a chip, or the chip's event router."""

    chip_x: int
    chip_y: int
    x: int
    y: int
    is_router: bool = False

    def __str__(self) -> str:
        numbers = (self.x, self.y)
        if (self.chip_x, self.chip_y) == (0, 0):
            return "ROUTER" if self.is_router else f"QPE({numbers[0]}, {numbers[1]})"
        if self.is_router:
            return f"ROUTER({self.chip_x}, {self.chip_y})"
        return f"QPE({self.chip_x}, {self.chip_y}, {self.x}, {self.y})"


class Link(NamedTuple):
    """One direction of a NoC connection between neighbours."""

    source: Node
    target: Node


@dataclass(frozen=True)
class Slice:
    """The neurons `start` to `stop` (excluded) of a population on `pe`, with its memory in bytes by region."""

    population: str
    start: int
    stop: int
    pe: PE
    bytes: Mapping[str, int]

    @property
    def size(self) -> int:
        """The number of neurons."""
        return self.stop - self.start


@dataclass(frozen=True)
class Route:
    """Where one spike of a slice goes.

    `targets` are indices of the slices it reaches; `packets` how many packets enter the NoC for it; `flits` how many
    of them cross each link; `router_lookups` how many look-ups the event router makes.
    """

    targets: tuple[int, ...]
    packets: int
    flits: Mapping[Link, int]
    router_lookups: int

    @property
    def hops(self) -> int:
        """Flit-hops per spike."""
        return sum(self.flits.values())


@dataclass(frozen=True)
class ChipMapping:
    """A network placed on a machine. `routes[i]` belongs to `slices[i]`; a population's slices stand in order.

    `network_digest` and `chip_digest` tell which network and which chip file it was made for; `demand` is the run its
    memory was worked out for.
    """

    network: str
    network_digest: str
    chip: str
    chip_digest: str
    runtime: str
    options: MappingOptions
    demand: Demand
    slices: tuple[Slice, ...]
    routes: tuple[Route, ...]

    @property
    def pes_used(self) -> int:
        """The number of PEs that hold a slice."""
        return len({piece.pe for piece in self.slices})

    @property
    def routing_entries(self) -> int:
        """Entries in the event router, after those of slices with equal targets and adjacent keys are merged."""
        from s2studio.mapping.route.entries import router_entries  # here, for it needs the types of this module

        return len(router_entries(self.slices, self.routes))

    @property
    def weighted_hops(self) -> int:
        """Flit-hops if every neuron spiked once."""
        return sum(piece.size * route.hops for piece, route in zip(self.slices, self.routes, strict=True))

    @property
    def link_loads(self) -> dict[Link, int]:
        """Flits over each link if every neuron spiked once."""
        loads: dict[Link, int] = {}
        for piece, route in zip(self.slices, self.routes, strict=True):
            for link, flits in route.flits.items():
                loads[link] = loads.get(link, 0) + flits * piece.size
        return loads

    @property
    def max_link_load(self) -> int:
        """Flits over the busiest link if every neuron spiked once."""
        return max(self.link_loads.values(), default=0)
