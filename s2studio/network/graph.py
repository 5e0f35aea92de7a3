"""A float network as the user's file describes it: layers joined by edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from s2studio.network.layers import Layer

# Of all populations together: more than a board of 48 chips has room for; a line in a file can ask for any number.
MAX_NEURONS = 10**7


@dataclass(frozen=True)
class Repair:
    """Something in a file that was mended while it was read: which node, and what was done."""

    node: str
    action: str


@dataclass(frozen=True)
class Network:
    """A directed graph of float layers. Edges join node names (source, target) and may form cycles."""

    name: str
    layers: Mapping[str, Layer]
    edges: tuple[tuple[str, str], ...]
    repairs: tuple[Repair, ...] = ()

    def sources_of(self, node: str) -> tuple[str, ...]:
        """Return the nodes with an edge into `node`, in file order."""
        return tuple(source for source, target in self.edges if target == node)

    def targets_of(self, node: str) -> tuple[str, ...]:
        """Return the nodes that `node` has an edge to, in file order."""
        return tuple(target for source, target in self.edges if source == node)
