"""A projection: the synapses from one population to another."""

from __future__ import annotations

from dataclasses import dataclass

from s2studio.snn.connectivity import Connectivity


@dataclass(frozen=True)
class Projection:
    """Synapses from the population `pre` to the population `post` (names)."""

    pre: str
    post: str
    connectivity: Connectivity
