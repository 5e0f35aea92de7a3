"""What a placer is asked: which slices, who sends how much to whom, and which PEs there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE, Machine
from s2studio.mapping.mapping import MappingOptions
from s2studio.mapping.partition import Piece
from s2studio.mapping.place.available import available_pes

Progress = Callable[[int, int], None]
"""Told of work done and all work; may raise `errors.Cancelled`, which ends the placing."""


CostListener = Callable[[int, int, float], None]
"""Told of work done, all work, and the least cost found so far, in flit-hops."""


def no_progress(done: int, total: int) -> None:
    """Do nothing."""


def no_cost(done: int, total: int, cost: float) -> None:
    """Do nothing."""


@dataclass(frozen=True, eq=False)
class Task:
    """Slices to place. `targets` holds for each slice the indices of the slices that its spikes reach.

    `traffic` is the spikes of each slice, shape (slices,) (None: every neuron once); only their ratios matter.
    `pinned` is the PE that a slice (by index) must have; each is available and no two are the same.
    """

    slices: Sequence[Piece]
    targets: Sequence[tuple[int, ...]]
    machine: Machine
    options: MappingOptions
    traffic: NDArray[np.float64] | None = None
    pinned: Mapping[int, PE] = field(default_factory=dict)
    progress: Progress = no_progress
    cost: CostListener = no_cost

    @property
    def spikes(self) -> NDArray[np.float64]:
        """The spikes that each slice sends, shape (slices,): none where nobody listens."""
        traffic = np.array([piece.size for piece in self.slices]) if self.traffic is None else self.traffic
        return np.array([bool(reached) for reached in self.targets]) * traffic.astype(np.float64)

    @property
    def free_pes(self) -> tuple[PE, ...]:
        """The PEs in logical order for the slices that are not pinned."""
        taken = set(self.pinned.values())
        return tuple(pe for pe in available_pes(self.machine, self.options) if pe not in taken)

    @property
    def open_slices(self) -> tuple[int, ...]:
        """The indices of the slices that are not pinned."""
        return tuple(index for index in range(len(self.slices)) if index not in self.pinned)

    def along(self, pes: Sequence[PE]) -> tuple[PE, ...]:
        """Return the PE of each slice if those that are not pinned take `pes` one after the other."""
        return tuple(self.pes_of(dict(zip(self.open_slices, pes, strict=False))))

    def pes_of(self, placed: Mapping[int, PE]) -> tuple[PE, ...]:
        """Return the PE of each slice, of which `placed` are those that are not pinned."""
        every = {**self.pinned, **placed}
        return tuple(every[index] for index in range(len(self.slices)))
