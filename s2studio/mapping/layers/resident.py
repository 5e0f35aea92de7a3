"""Chooses whose weights stay in the PEs between inferences: what saves most time for its bytes, as long as it helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from s2studio.mapping.layers.tiling import Tiling
from s2studio.mapping.layers.work import LayerWork

if TYPE_CHECKING:
    from s2studio.mapping.layers.map import Search

Progress = Callable[[int, int], None]
Choice = tuple[frozenset[int], list[Tiling]]


def choose_resident(search: Search, works: Sequence[LayerWork], progress: Progress) -> Choice:
    """Return the layers whose weights stay, and the tilings of all layers with what room that leaves.

    Raises MappingError where a layer fits with none staying.
    """
    tilings: list[Tiling] = []
    for number, work in enumerate(works):
        progress(number, len(works))
        tiling = search.tiling(work)
        if tiling is None:
            raise search.refusal(work)
        tilings.append(tiling)
    best: Choice = (frozenset(), tilings)
    if not search.keeps_weights:
        return best
    least = sum(tiling.estimate_s for tiling in tilings)
    ranked = _ranked(search, works)
    count = len(ranked)
    while count:
        found = _with_resident(search, works, ranked[:count])
        if found is not None:
            choice, seconds = found
            if seconds < least:
                best, least = choice, seconds
        count //= 2
    return best


def _ranked(search: Search, works: Sequence[LayerWork]) -> list[int]:
    """Return the layers that could keep their weights, those first that save most time for a byte of each PE."""
    gains: list[tuple[float, int]] = []
    for number, work in enumerate(works):
        if work.weight_bytes and work.has_weights and work.kind in ("matmul", "convolution"):
            tiling = search.tiling(work, 0, True)
            if tiling is not None:
                gains.append((work.weight_bytes / tiling.weight_bytes, number))
    return [number for _, number in sorted(gains, key=lambda gain: (-gain[0], gain[1]))]


def _with_resident(search: Search, works: Sequence[LayerWork], numbers: Sequence[int]) -> tuple[Choice, float] | None:
    """Return the tilings with the weights of as many of `numbers` kept as fit, and the time of a later inference."""
    kept: dict[int, Tiling] = {}
    taken = 0
    for number in numbers:
        tiling = search.tiling(works[number], taken, True)
        if tiling is not None and taken + tiling.sram.total <= search.data_bytes:
            kept[number] = tiling
            taken += tiling.weight_bytes
    tilings: list[Tiling] = []
    seconds = 0.0
    for number, work in enumerate(works):
        # A layer that keeps its weights works where they already are: only the others' are in its way.
        own = kept[number].weight_bytes if number in kept else 0
        tiling = search.tiling(work, taken - own, number in kept)
        if tiling is None or (number in kept and tiling.weight_bytes > own):
            return None
        tilings.append(tiling)
        saved = work.weight_bytes / search.costs.dram_bytes_per_s if number in kept else 0.0
        seconds += tiling.estimate_s - saved
    return (frozenset(kept), tilings), seconds
