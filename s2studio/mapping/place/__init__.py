"""Placement: which PE each slice sits on. One algorithm per file, one row here; all share one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from s2studio.chip.machine import PE
from s2studio.mapping.place.hilbert import place_hilbert
from s2studio.mapping.place.sequential import place_sequential
from s2studio.mapping.place.task import Task

Placer = Callable[[Task], tuple[PE, ...]]
"""task -> the PE of each slice.

A placer gives every slice a PE of its own among the task's free ones, pinned slices theirs; there are at least as many
as slices. Nothing but the task decides, `options.seed` included.
"""


def place_greedy(task: Task) -> tuple[PE, ...]:
    """Return what `greedy.place_greedy` does, whose compiled code is loaded only when it is used."""
    from s2studio.mapping.place.greedy import place_greedy as place

    return place(task)


def place_anneal(task: Task) -> tuple[PE, ...]:
    """Return what `anneal.place_anneal` does, whose compiled code is loaded only when it is used."""
    from s2studio.mapping.place.anneal import place_anneal as place

    return place(task)


PLACERS: Mapping[str, Placer] = {
    "sequential": place_sequential,
    "hilbert": place_hilbert,
    "greedy": place_greedy,
    "anneal": place_anneal,
}
SEEDED = frozenset({"anneal"})
"""The placers that draw from `options.seed`: with any other, every seed gives the same PEs."""
