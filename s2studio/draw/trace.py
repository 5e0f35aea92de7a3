"""Packets that came to a PE in a tick, traced back over the mesh: who sent them, by which links, and why it matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from s2studio.chip.machine import PE
from s2studio.draw.mesh import MeshLayout, Point
from s2studio.mapping.mapping import Link


class Load(NamedTuple):
    """The flits over a link in the tick in which the packets were sent, and how long one waits for it, in s."""

    flits: int
    waiting_s: float


@dataclass(frozen=True)
class Way:
    """The links over which `packets` packets came from a slice of `population` on `source`, and their time, in s."""

    source: PE
    population: str
    packets: int
    links: tuple[Link, ...]
    unloaded_s: float
    waiting_s: float


@dataclass(frozen=True, eq=False)
class Trace:
    """What came to `receiver` for `tick`, by `ways`, most packets first; `cause` says in a sentence what came of it.

    `is_bad`: the PE was late or lost packets. `loads` are those of every link on a way.
    """

    tick: int
    receiver: PE
    is_bad: bool
    cause: str
    ways: tuple[Way, ...]
    loads: Mapping[Link, Load]

    @cached_property
    def most_flits(self) -> int:
        """The flits over the busiest of the links."""
        return max((load.flits for load in self.loads.values()), default=0)

    def only(self, way: int | None) -> Trace:
        """Return the same with the way number `way` alone, None: with all."""
        if way is None:
            return self
        kept = self.ways[way]
        loads = {link: self.loads[link] for link in kept.links}
        return Trace(self.tick, self.receiver, self.is_bad, self.cause, (kept,), loads)


def points(layout: MeshLayout, trace: Trace, way: Way) -> list[Point]:
    """Return the line of a way in units of `layout`: from the sender along its links to the receiver."""
    lines = [layout.links[link] for link in way.links if link in layout.links]
    through = [point for line in lines for point in line]
    return [layout.pes[way.source].centre, *through, layout.pes[trace.receiver].centre]
