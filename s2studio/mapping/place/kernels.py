"""Compiled: the traffic of a placement kept up to date while slices are put on QPEs and change places.

Every index is 64 bits wide and no argument is a whole number written out, so that numba compiles each kernel once and
not anew for each mixture of widths and each number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.mapping.place.noc import Ways

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

# More QPEs than a SpiNNaker2 has; on a larger mesh it keeps the time about linear in slices.
MOST_PLACES = 64


class Graph(NamedTuple):
    """Who sends to whom: slice i hears `sources[first_source[i]:first_source[i + 1]]`, ascending.

    `spikes` (slices,) is what each sends.
    """

    spikes: FloatArray
    first_source: Int64
    sources: Int64


class Load(NamedTuple):
    """The traffic of the slices that are placed; the kernels below change it.

    `cell_of` (slices,) is the QPE of each slice, -1 where it has none; `heard` (slices, cells) how many of a slice's
    targets sit there; `copies` (slices, branches) how many QPEs its spikes reach over a branch, whether it is placed
    itself or not; `flits` (links,) the flits over each link, `hops` (1,) their sum.
    """

    cell_of: Int64
    heard: Int32
    copies: Int32
    flits: FloatArray
    hops: FloatArray


@kernel
def put_all(cells: Int64, load: Load, graph: Graph, ways: Ways) -> None:
    """Put each slice that has a QPE in `cells` (slices,), -1 for one that has none, there; it sat nowhere."""
    for index in range(cells.size):
        if cells[index] >= 0:
            _put(index, cells[index], load, graph, ways)


@kernel
def place_next(order: Int64, room: Int64, load: Load, graph: Graph, ways: Ways) -> None:
    """Put each slice of `order` on the QPE with `room` (cells,) where hops then are fewest; the first of equals.

    Of more than `MOST_PLACES` QPEs with room, only so many, the most central, are tried.
    """
    for index in order:
        best, least, tried = room.size, np.inf, 0
        for cell in range(room.size):
            if room[cell] == 0:
                continue
            tried += 1
            if tried > MOST_PLACES:
                break
            hops = _hops_more(index, cell, load, graph, ways)
            # Hops that differ by rounding alone are equal.
            if hops < least - 1e-9 * abs(least) or best == room.size:
                best, least = cell, hops
        _put(index, best, load, graph, ways)
        room[best] -= 1


@kernel
def _put(index: int, cell: int, load: Load, graph: Graph, ways: Ways) -> None:
    """Put the slice `index`, which sits nowhere, on the QPE `cell`."""
    for at in range(graph.first_source[index], graph.first_source[index + 1]):
        source = graph.sources[at]
        load.heard[source, cell] += 1
        if load.heard[source, cell] == 1:
            _add_way(source, cell, 1.0, load, graph, ways)
    load.cell_of[index] = cell
    _add_sender(index, 1.0, load, graph, ways)


@kernel
def _hops_more(index: int, cell: int, load: Load, graph: Graph, ways: Ways) -> float:
    """Return the flit-hops that `_put` would add."""
    hops = graph.spikes[index] * _length(ways.into[cell])
    if not ways.shares:
        for target in range(load.heard.shape[1]):
            if load.heard[index, target] > 0:
                hops += graph.spikes[index] * _length(ways.out[cell, target])
    for at in range(graph.first_source[index], graph.first_source[index + 1]):
        if load.heard[graph.sources[at], cell] == 0:
            hops += _way_more(graph.sources[at], cell, load, graph, ways)
    return float(hops)


@kernel
def _way_more(source: int, target: int, load: Load, graph: Graph, ways: Ways) -> float:
    """Return the flit-hops that `_add_way` would add."""
    flits, home = graph.spikes[source], load.cell_of[source]
    if not ways.shares:
        return float(flits * _length(ways.out[home, target]) if home >= 0 else 0.0)
    new = 0
    for branch in ways.out[0, target]:
        if branch < 0:
            break
        new += load.copies[source, branch] == 0
    return float(flits * new)


@kernel
def _length(way: Int64) -> int:
    """Return the number of entries before -1."""
    length = 0
    while way[length] >= 0:
        length += 1
    return length


@kernel
def _add_sender(index: int, sign: float, load: Load, graph: Graph, ways: Ways) -> None:
    """Add (`sign` 1) or remove (-1) what the spikes of a slice do because of where it sits itself."""
    cell, flits = load.cell_of[index], sign * graph.spikes[index]
    if flits == 0:
        return
    for link in ways.into[cell]:
        if link < 0:
            break
        load.flits[link] += flits
        load.hops[0] += flits
    if not ways.shares:
        for target in range(load.heard.shape[1]):
            if load.heard[index, target] > 0:
                _add_way(index, target, sign, load, graph, ways)


@kernel
def _add_way(source: int, target: int, sign: float, load: Load, graph: Graph, ways: Ways) -> None:
    """Add or remove the copies of a slice's spikes to the QPE `target`; only shared ways start before it is placed."""
    flits = sign * graph.spikes[source]
    row = 0 if ways.shares else load.cell_of[source]
    if flits == 0 or row < 0:
        return
    # The sum is kept here, not in memory: the next addition need not wait for it.
    hops = 0.0
    for branch in ways.out[row, target]:
        if branch < 0:
            break
        if ways.shares:
            before = load.copies[source, branch]
            load.copies[source, branch] += 1 if sign > 0 else -1
            if before + load.copies[source, branch] != 1:
                continue
        load.flits[ways.link_of[branch]] += flits
        hops += flits
    load.hops[0] += hops


@kernel
def _move_target(source: int, cell: int, other: int, load: Load, graph: Graph, ways: Ways) -> None:
    """Move one of the targets of `source` from `cell` to `other`."""
    load.heard[source, cell] -= 1
    if load.heard[source, cell] == 0:
        _add_way(source, cell, -1.0, load, graph, ways)
    load.heard[source, other] += 1
    if load.heard[source, other] == 1:
        _add_way(source, other, 1.0, load, graph, ways)


@kernel
def exchange(one: int, two: int, cell: int, other: int, load: Load, graph: Graph, ways: Ways) -> None:
    """Bring slice `one` from `cell` to `other` and `two` the other way; -1 is no slice.

    Who sends to both still sends to both QPEs, so only the slices that send to one of them matter.
    """
    at, end, by, stop = 0, 0, 0, 0
    if one >= 0:
        at, end = graph.first_source[one], graph.first_source[one + 1]
        _add_sender(one, -1.0, load, graph, ways)
        load.cell_of[one] = -1
    if two >= 0:
        by, stop = graph.first_source[two], graph.first_source[two + 1]
        _add_sender(two, -1.0, load, graph, ways)
        load.cell_of[two] = -1
    while at < end or by < stop:
        if at < end and by < stop and graph.sources[at] == graph.sources[by]:
            at, by = at + 1, by + 1
        elif by >= stop or (at < end and graph.sources[at] < graph.sources[by]):
            _move_target(graph.sources[at], cell, other, load, graph, ways)
            at += 1
        else:
            _move_target(graph.sources[by], other, cell, load, graph, ways)
            by += 1
    if one >= 0:
        load.cell_of[one] = other
        _add_sender(one, 1.0, load, graph, ways)
    if two >= 0:
        load.cell_of[two] = cell
        _add_sender(two, 1.0, load, graph, ways)


@kernel
def _worst(load: Load) -> float:
    """Return the flits over the busiest link."""
    worst = 0.0
    for flits in load.flits:
        worst = max(worst, flits)
    return worst


@kernel
def _copy(source: Int64 | FloatArray, target: Int64 | FloatArray) -> None:
    """Copy `source` into `target`; by `target[:] = source` numba compiles the text of an error first, for 2 s."""
    for index in range(target.size):
        target[index] = source[index]


@kernel
def anneal(
    picks: Int64,
    wholes: Bools,
    chances: FloatArray,
    temperatures: FloatArray,
    worst_weight: float,
    slots: Int64,
    first_slot: Int64,
    holder: Int64,
    best: Int64,
    least: float,
    load: Load,
    graph: Graph,
    ways: Ways,
) -> tuple[float, float]:
    """Try one exchange for each row of `picks` (tries, 2), two slots; return the least cost met, and all changes of it.

    A slot is a PE that an open slice may have: `slots` (slots,) is its QPE, `holder` the slice there, -1 for none; the
    slots of QPE c are `first_slot[c]` to `first_slot[c + 1]` (excluded). Where `wholes`, the two slots' QPEs exchange
    all they hold. The cost is flit-hops + `worst_weight` x flits over the busiest link; one worse by d is accepted if
    `chances` < exp(-d / `temperatures`). `best` becomes the holders at the least cost. Changes, up or down, are summed
    over the accepted.
    """
    now, changes = load.hops[0] + worst_weight * _worst(load), 0.0
    for step in range(len(picks)):
        one, other, count = picks[step, 0], picks[step, 1], 1
        cell, second = slots[one], slots[other]
        if cell == second or (holder[one] < 0 and holder[other] < 0):
            continue
        if wholes[step]:
            one, other = first_slot[cell], first_slot[second]
            count = min(first_slot[cell + 1] - one, first_slot[second + 1] - other)
        for at in range(count):
            exchange(holder[one + at], holder[other + at], cell, second, load, graph, ways)
        limit = now - temperatures[step] * np.log(chances[step])
        then = load.hops[0]
        # Hops alone are often too many already.
        if then <= limit:
            then += worst_weight * _worst(load)
        if then <= limit:
            changes += abs(then - now)
            now = then
            for at in range(count):
                holder[one + at], holder[other + at] = holder[other + at], holder[one + at]
            if now < least * (1 - 1e-12):
                least = now
                _copy(holder, best)
        else:
            for at in range(count):
                exchange(holder[other + at], holder[one + at], cell, second, load, graph, ways)
    return least, changes


@kernel
def try_places(
    index: int, cells: Int64, others: Int64, bytes_of: Int64, each: int, load: Load, graph: Graph, ways: Ways
) -> tuple[FloatArray, FloatArray, Int64]:
    """Return flit-hops, flits over the busiest link and most bytes in a PE for each place that a slice may go to.

    The places are on the QPEs `cells` (places,); the slice there, of `others` (-1: none), takes the place of `index`.
    A slice has `bytes_of` (slices,) bytes and `each` more for every QPE it sends to. `load` is as before in the end.
    """
    home, before, hops_before = load.cell_of[index], load.flits.copy(), load.hops[0]
    hops, worst = np.zeros(cells.size), np.zeros(cells.size)
    fullest = np.zeros(cells.size, np.int64)
    for place in range(cells.size):
        other = others[place] if others[place] != index else -1
        exchange(index, other, home, cells[place], load, graph, ways)
        hops[place] = load.hops[0]
        worst[place] = _worst(load)
        for each_slice in range(bytes_of.size):
            qpes = 0
            for heard in load.heard[each_slice]:
                qpes += heard > 0
            fullest[place] = max(fullest[place], bytes_of[each_slice] + each * qpes)
        exchange(index, other, cells[place], home, load, graph, ways)
        # Sums that were added to and taken from may differ from those before by rounding.
        _copy(before, load.flits)
        load.hops[0] = hops_before
    return hops, worst, fullest
