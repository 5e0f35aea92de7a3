"""What all have in common that know a network and its mapping: the tables with which counts become time and traffic."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.timing import SliceWork, slice_work
from s2studio.sim.traffic import Traffic, traffic
from s2studio.snn.network import ChipNetwork


class _Placed(Protocol):
    @property
    def network(self) -> ChipNetwork: ...

    @property
    def mapping(self) -> ChipMapping: ...


class Placed:
    """Gives a class with `network` and `mapping`, which do not change, the tables that follow from them."""

    @cached_property
    def work(self: _Placed) -> SliceWork:
        """What each slice does the same way in every tick."""
        return slice_work(self.network, self.mapping)

    @cached_property
    def traffic(self: _Placed) -> Traffic:
        """What one spike of each slice puts on the NoC."""
        return traffic(self.mapping)
