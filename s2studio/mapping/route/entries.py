"""The event router's table: a key and mask for each slice, and what is left of them after merging equals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from s2studio.mapping.mapping import Route, Slice
from s2studio.mapping.partition import Piece


class RouterEntry(NamedTuple):
    """A line of the table: a packet whose key & `mask` is `key` goes to the PEs of the slices `targets`.

    `population` is whose keys it holds; a neuron's key is the key of its slice plus its place in the slice.
    """

    population: str
    key: int
    mask: int
    targets: tuple[int, ...]


class KeyBlock(NamedTuple):
    """The keys of a population: slice i has those from `first` + i * `width` on; `blocks` are set aside for it."""

    first: int
    width: int
    blocks: int


_KEY_BITS = 32


def key_blocks(pieces: Sequence[Piece | Slice]) -> dict[str, KeyBlock]:
    """Return the keys of every population, in the order of `pieces`.

    A slice's block is a power of two with room for the population's largest slice, and so is a population's, aligned
    to its size: any aligned run of blocks is then one key and mask.
    """
    sizes: dict[str, list[int]] = {}
    for piece in pieces:
        sizes.setdefault(piece.population, []).append(piece.size)
    found, free = {}, 0
    for population, of_slices in sizes.items():
        width, blocks = _power_of_two(max(of_slices)), _power_of_two(len(of_slices))
        first = -(-free // (width * blocks)) * width * blocks
        found[population] = KeyBlock(first, width, blocks)
        free = first + width * blocks
    return found


def router_entries(pieces: Sequence[Piece | Slice], routes: Sequence[Route]) -> tuple[RouterEntry, ...]:
    """Return the least entries by which aligned runs of key blocks send every spike to where its route goes.

    Slices with equal targets share an entry where their blocks are an aligned run; a run may hold blocks that no
    packet uses. Routes that do not use the router have no entry.
    """
    targets: dict[str, list[tuple[int, ...] | None]] = {}
    for piece, route in zip(pieces, routes, strict=True):
        targets.setdefault(piece.population, []).append(route.targets if route.router_lookups else None)
    return tuple(
        entry
        for population, keys in key_blocks(pieces).items()
        for entry in _merged(population, keys, targets[population], 0, keys.blocks)
    )


def entries_by_population(entries: Sequence[RouterEntry]) -> Mapping[str, int]:
    """Return how many of `entries` each population takes, the heaviest first."""
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.population] = counts.get(entry.population, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _merged(
    population: str, keys: KeyBlock, targets: Sequence[tuple[int, ...] | None], start: int, stop: int
) -> Iterator[RouterEntry]:
    """Yield the entries of the blocks `start` to `stop` (excluded), an aligned run."""
    wanted = {reached for reached in targets[start:stop] if reached is not None}
    if len(wanted) > 1:
        middle = (start + stop) // 2
        yield from _merged(population, keys, targets, start, middle)
        yield from _merged(population, keys, targets, middle, stop)
    elif wanted:
        mask = 2**_KEY_BITS - (stop - start) * keys.width
        yield RouterEntry(population, keys.first + start * keys.width, mask, wanted.pop())


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()
