"""Compiled: the traffic of a placement kept up to date while slices are put on and taken off QPEs."""

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


class Graph(NamedTuple):
    """Who sends to whom: slice i sends to `targets[first_target[i]:first_target[i + 1]]`, and hears likewise.

    `spikes` (slices,) is what each sends.
    """

    spikes: FloatArray
    first_target: Int32
    targets: Int32
    first_source: Int32
    sources: Int32


class Load(NamedTuple):
    """The traffic of the slices that are placed; the kernels below change it.

    `cell_of` (slices,) is the QPE of each slice, -1 where it has none; `heard` (slices, cells) how many of a slice's
    targets sit there; `copies` (slices, branches) how many QPEs its spikes reach over a branch; `flits` (links,) the
    flits over each link, `hops` (1,) their sum.
    """

    cell_of: Int32
    heard: Int32
    copies: Int32
    flits: FloatArray
    hops: FloatArray


@kernel
def put(index: int, cell: int, load: Load, graph: Graph, ways: Ways) -> None:
    """Put the slice `index`, which sits nowhere, on the QPE `cell`."""
    for at in range(graph.first_source[index], graph.first_source[index + 1]):
        source = graph.sources[at]
        load.heard[source, cell] += 1
        if load.heard[source, cell] == 1 and load.cell_of[source] >= 0:
            _add_way(source, load.cell_of[source], cell, 1, load, graph, ways)
    load.cell_of[index] = cell
    _add_sender(index, cell, 1, load, graph, ways)


@kernel
def put_all(cells: Int32, load: Load, graph: Graph, ways: Ways) -> None:
    """Put every slice, none of which sits anywhere, on its QPE of `cells` (slices,), -1 for one that waits."""
    for index in range(cells.size):
        if cells[index] >= 0:
            put(index, cells[index], load, graph, ways)


@kernel
def take(index: int, load: Load, graph: Graph, ways: Ways) -> None:
    """Take the slice `index` off its QPE."""
    cell = load.cell_of[index]
    _add_sender(index, cell, -1, load, graph, ways)
    load.cell_of[index] = -1
    for at in range(graph.first_source[index], graph.first_source[index + 1]):
        source = graph.sources[at]
        load.heard[source, cell] -= 1
        if load.heard[source, cell] == 0 and load.cell_of[source] >= 0:
            _add_way(source, load.cell_of[source], cell, -1, load, graph, ways)


@kernel
def _add_sender(index: int, cell: int, sign: int, load: Load, graph: Graph, ways: Ways) -> None:
    """Add (`sign` 1) or remove (-1) all that the spikes of a slice on `cell` do."""
    if graph.spikes[index] == 0:
        return
    flits = sign * graph.spikes[index]
    for link in ways.into[cell]:
        if link < 0:
            break
        load.flits[link] += flits
        load.hops[0] += flits
    for target in range(load.heard.shape[1]):
        if load.heard[index, target] > 0:
            _add_way(index, cell, target, sign, load, graph, ways)


@kernel
def _add_way(index: int, cell: int, target: int, sign: int, load: Load, graph: Graph, ways: Ways) -> None:
    """Add or remove the copies of a slice's spikes from `cell` to `target`."""
    flits = sign * graph.spikes[index]
    if flits == 0:
        return
    way = ways.out[0, target] if ways.shares else ways.out[cell, target]
    for branch in way:
        if branch < 0:
            break
        if ways.shares:
            before = load.copies[index, branch]
            load.copies[index, branch] += sign
            if before + load.copies[index, branch] != 1:
                continue
        load.flits[ways.link_of[branch]] += flits
        load.hops[0] += flits


@kernel
def cost(load: Load, worst_weight: float) -> float:
    """Return flit-hops + `worst_weight` x flits over the busiest link."""
    worst = 0.0
    for flits in load.flits:
        worst = max(worst, flits)
    return float(load.hops[0] + worst_weight * worst)


@kernel
def place_next(order: Int32, room: Int32, load: Load, graph: Graph, ways: Ways) -> None:
    """Put each slice of `order` on the QPE with `room` (cells,) where hops then are fewest; the first of equals."""
    for index in order:
        best, least = -1, np.inf
        for cell in range(room.size):
            if room[cell] == 0:
                continue
            put(index, cell, load, graph, ways)
            hops = load.hops[0]
            take(index, load, graph, ways)
            # Hops that differ by rounding alone are equal.
            if hops < least - 1e-9 * abs(least) or best < 0:
                best, least = cell, hops
        put(index, best, load, graph, ways)
        room[best] -= 1


@kernel
def anneal(
    picks: Int32,
    wholes: Bools,
    chances: FloatArray,
    temperatures: FloatArray,
    worst_weight: float,
    slots: Int32,
    first_slot: Int32,
    holder: Int32,
    best: Int32,
    least: float,
    load: Load,
    graph: Graph,
    ways: Ways,
) -> float:
    """Try one exchange for each row of `picks` (tries, 2), two slots; return the least cost met.

    A slot is a PE that an open slice may have: `slots` (slots,) is its QPE, `holder` the slice there, -1 for none; the
    slots of QPE c are `first_slot[c]` to `first_slot[c + 1]` (excluded). Where `wholes`, the two slots' QPEs exchange
    all they hold. A worse cost by d is accepted if `chances` < exp(-d / `temperatures`). `best` becomes the holders at
    the least cost.
    """
    now = cost(load, worst_weight)
    for step in range(len(picks)):
        one, other, count = picks[step, 0], picks[step, 1], 1
        if slots[one] == slots[other] or (holder[one] < 0 and holder[other] < 0):
            continue
        if wholes[step]:
            cell, second = slots[one], slots[other]
            one, other = first_slot[cell], first_slot[second]
            count = min(first_slot[cell + 1] - one, first_slot[second + 1] - other)
        _exchange_slots(one, other, count, slots, holder, load, graph, ways)
        then = cost(load, worst_weight)
        if then <= now or chances[step] < np.exp((now - then) / temperatures[step]):
            now = then
            if now < least * (1 - 1e-12):
                least = now
                best[:] = holder
        else:
            _exchange_slots(one, other, count, slots, holder, load, graph, ways)
    return least


@kernel
def _exchange_slots(
    one: int, other: int, count: int, slots: Int32, holder: Int32, load: Load, graph: Graph, ways: Ways
) -> None:
    """Exchange what `count` slots from `one` and from `other` on hold."""
    for _ in range(count):
        _exchange(holder[one], holder[other], slots[one], slots[other], load, graph, ways)
        holder[one], holder[other] = holder[other], holder[one]
        one, other = one + 1, other + 1


@kernel
def _exchange(first: int, second: int, cell: int, other: int, load: Load, graph: Graph, ways: Ways) -> None:
    """Bring `first` from `cell` to `other` and `second` the other way; -1 is no slice."""
    if first >= 0:
        take(first, load, graph, ways)
    if second >= 0:
        take(second, load, graph, ways)
        put(second, cell, load, graph, ways)
    if first >= 0:
        put(first, other, load, graph, ways)


@kernel
def try_places(
    index: int, cells: Int32, others: Int32, bytes_of: Int64, each: int, load: Load, graph: Graph, ways: Ways
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
        _exchange(index, other, home, cells[place], load, graph, ways)
        hops[place] = load.hops[0]
        for flits in load.flits:
            worst[place] = max(worst[place], flits)
        for each_slice in range(bytes_of.size):
            qpes = 0
            for heard in load.heard[each_slice]:
                qpes += heard > 0
            fullest[place] = max(fullest[place], bytes_of[each_slice] + each * qpes)
        _exchange(index, other, cells[place], home, load, graph, ways)
        # Sums that were added to and taken from may differ from those before by rounding.
        load.flits[:] = before
        load.hops[0] = hops_before
    return hops, worst, fullest
