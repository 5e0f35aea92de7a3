"""What the workbench tells whoever watches it: typed events, the same for the command line and the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s2studio.mapping.mapping import ChipMapping


@dataclass(frozen=True)
class StageStarted:
    """A stage (`open`, `lower`, `map`, `run`, `export`) begins its work."""

    stage: str


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units of a stage's work are done (ticks for `run`, rows or files elsewhere)."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class CostFound:
    """A search that is one of several (`name`: `anneal, seed 3`) has done `done` of `total` and found `cost` so far."""

    stage: str
    name: str
    done: int
    total: int
    cost: float


@dataclass(frozen=True)
class RunBegan:
    """A run begins, on `mapping`, whose memory is that of this run; whoever gave a ring may take its name away."""

    mapping: ChipMapping


Event = StageStarted | Progress | CostFound
Listener = Callable[[Event], None]
