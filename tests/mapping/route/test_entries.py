from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from s2studio.mapping.mapping import Route
from s2studio.mapping.partition import Piece
from s2studio.mapping.route.entries import RouterEntry, entries_by_population, key_blocks, router_entries

KEY_MASK = 2**32 - 1


def routes_to(*targets: tuple[int, ...]) -> list[Route]:
    return [Route(reached, 1, {}, 1 if reached else 0) for reached in targets]


def pieces_of(population: str, *sizes: int) -> list[Piece]:
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    return [Piece(population, start, start + size) for start, size in zip(starts, sizes, strict=True)]


def looked_up(key: int, entries: tuple[RouterEntry, ...]) -> list[tuple[int, ...]]:
    return [entry.targets for entry in entries if key & entry.mask == entry.key]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Piece], list[Route]]:
    """Draw up to four populations of slices that send to few different sets of targets."""
    pieces: list[Piece] = []
    for name in "abcd"[: draw(st.integers(1, 4))]:
        pieces += pieces_of(name, *draw(st.lists(st.integers(1, 300), min_size=1, max_size=20)))
    sets = st.sampled_from([(), (0,), (1,), (0, 1)])
    return pieces, routes_to(*(draw(sets) for _ in pieces))


@given(table=tables())
def test_that_every_neurons_key_finds_its_own_targets_once_and_nothing_else(
    table: tuple[list[Piece], list[Route]],
) -> None:
    pieces, routes = table
    keys, entries = key_blocks(pieces), router_entries(pieces, routes)
    seen: dict[str, int] = {}
    for piece, route in zip(pieces, routes, strict=True):
        index = seen[piece.population] = seen.get(piece.population, -1) + 1
        first = keys[piece.population].first + index * keys[piece.population].width
        for key in (first, first + piece.size - 1):
            # A slice that sends nothing may lie in the run of an entry: no packet has its keys.
            assert looked_up(key, entries) == [route.targets] or not route.targets


@given(table=tables())
def test_that_there_are_never_more_entries_than_slices_that_send(table: tuple[list[Piece], list[Route]]) -> None:
    pieces, routes = table
    entries = router_entries(pieces, routes)
    sending = {piece.population for piece, route in zip(pieces, routes, strict=True) if route.targets}
    different = {
        (piece.population, route.targets) for piece, route in zip(pieces, routes, strict=True) if route.targets
    }

    assert len(different) <= len(entries) <= sum(1 for route in routes if route.targets)
    assert set(entries_by_population(entries)) == sending
    assert sum(entries_by_population(entries).values()) == len(entries)


@given(table=tables())
def test_that_key_blocks_do_not_overlap_and_are_aligned(table: tuple[list[Piece], list[Route]]) -> None:
    blocks = list(key_blocks(table[0]).values())
    for before, after in pairwise(blocks):
        assert before.first + before.width * before.blocks <= after.first
    assert all(block.first % (block.width * block.blocks) == 0 for block in blocks)


def test_that_slices_with_equal_targets_and_adjacent_aligned_keys_share_an_entry() -> None:
    pieces = pieces_of("a", 250, 250, 250, 250)

    assert router_entries(pieces, routes_to((9,), (9,), (9,), (9,))) == (RouterEntry("a", 0, KEY_MASK - 1023, (9,)),)
    assert [entry.key for entry in router_entries(pieces, routes_to((9,), (9,), (8,), (9,)))] == [0, 512, 768]


def test_that_equal_targets_in_the_middle_of_unequal_ones_are_not_aligned_and_stay_apart() -> None:
    assert len(router_entries(pieces_of("a", 1, 1, 1, 1), routes_to((8,), (9,), (9,), (7,)))) == 4


def test_that_a_run_may_hold_blocks_that_nobody_uses() -> None:
    assert len(router_entries(pieces_of("a", *[10] * 5), routes_to(*[(9,)] * 5))) == 1


def test_that_populations_do_not_share_entries_and_core_to_core_has_none() -> None:
    pieces = [*pieces_of("a", 4), *pieces_of("b", 4)]
    direct = [Route((0,), 1, {}, 0), Route((0,), 1, {}, 0)]

    assert [entry.population for entry in router_entries(pieces, routes_to((0,), (0,)))] == ["a", "b"]
    assert router_entries(pieces, direct) == ()


def test_that_the_heaviest_population_comes_first() -> None:
    pieces = [*pieces_of("light", 1), *pieces_of("heavy", 1, 1, 1)]
    entries = router_entries(pieces, routes_to((0,), (1,), (2,), (3,)))

    assert list(entries_by_population(entries).items()) == [("heavy", 3), ("light", 1)]
