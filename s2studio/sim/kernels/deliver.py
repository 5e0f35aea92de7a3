"""Delivers the spikes of the tick before: their rows go to the sums of the neurons that a thread advances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.compiled.prefetch import prefetch
from s2studio.sim.kernels.convolution import add_kernels
from s2studio.sim.kernels.dense import Share, add_dense_rows, add_dense_rows_apart
from s2studio.sim.kernels.sparse import add_row, add_row_with_delays
from s2studio.sim.places import Conv
from s2studio.sim.program import Populations
from s2studio.sim.rows import DENSE, SPARSE, SPARSE_DELAYS, Rows
from s2studio.sim.sent import Sent
from s2studio.snn.fan_out import IntArray

# A row is asked for while so many synapses before it are being added: about as long as memory takes to answer.
AHEAD = 384
# Where every other neuron spikes, rows follow each other, and the processor fetches them by itself.
CLOSE = 2
# Of neurons this far apart, the numbers that say where rows begin are in different cache lines: those of a spike are
# asked for so many spikes before its row.
FAR, LOOKUPS = 8, 8


@inner_kernel
def deliver(
    tick: int,
    row: int,
    mine: int,
    populations: Populations,
    rows: Rows,
    shares: IntArray,
    sent: Sent,
    sums: NDArray[np.int32],
) -> None:
    """Add the rows of the spikes in `row` of `sent` to the sums of the neurons of thread `mine`."""
    for p in range(populations.update.size):
        for j in range(rows.first_of[p], rows.first_of[p + 1]):
            post = rows.post[j]
            share = (shares[mine, post, 0], shares[mine, post, 1])
            if share[0] == share[1]:
                continue
            ring = sums[populations.first_sum[post] : populations.first_sum[post + 1]]
            width = ring.size // populations.slots[post]
            now = (tick + rows.delay[j]) % populations.slots[post] * width
            for thread in range(sent.log.shape[0]):
                sources = sent.log[thread, place_of(p, thread, row, sent)]
                if sources.size:
                    add_rows(sources, rows, j, ring, now, width, populations.inputs[post], share, mine)


@inner_kernel
def place_of(p: int, thread: int, row: int, sent: Sent) -> slice:
    """Return where the log of `thread` has the spikes of population `p` in `row`."""
    return slice(sent.start[thread, row, p], sent.start[thread, row, p + 1])


@inner_kernel
def add_rows(
    sources: NDArray[np.int32],
    rows: Rows,
    j: int,
    ring: NDArray[np.int32],
    now: int,
    width: int,
    inputs: int,
    share: Share,
    mine: int,
) -> None:
    """Add what the rows of `sources` in projection `j` hold for the neurons of `share`, which is thread `mine`'s.

    It goes to the slot at `now`, `width` sums wide, or around the ring from there.
    """
    slot = ring[now : now + width]
    if rows.kind[j] == SPARSE or rows.kind[j] == SPARSE_DELAYS:
        add_sparse(sources, rows, j, ring, now, width, mine)
    elif rows.kind[j] == DENSE and inputs == 1:
        add_dense_rows(slot, sources, rows.dense[rows.start[j] :], share)
    elif rows.kind[j] == DENSE:
        add_dense_rows_apart(slot, sources, rows.dense[rows.start[j] :], share)
    else:
        add_kernels(slot, sources, rows.dense[rows.start[j] :], conv_of(rows, j), rows.places, share)


@inner_kernel
def conv_of(rows: Rows, j: int) -> Conv:
    """Return the numbers of the convolution of projection `j`."""
    g = rows.geometry[j]
    return Conv(g[0], g[1], g[2], g[3], g[4], g[5])


@inner_kernel
def add_sparse(
    sources: NDArray[np.int32], rows: Rows, j: int, ring: NDArray[np.int32], now: int, width: int, mine: int
) -> None:
    """Add what the sparse rows of `sources` in projection `j` hold for thread `mine`.

    It goes to the slot at `now`, or around the ring from there.
    """
    slot = ring[now : now + width]
    starts, step = rows.row_start[rows.start[j] + mine :], rows.row_step[j]
    apart = (sources[sources.size - 1] - sources[0]) // sources.size
    asked, ahead = sources.size if apart < CLOSE else 0, np.int64(0)
    looked_up = sources.size - LOOKUPS if apart >= FAR else 0
    for source in sources:
        while asked < sources.size and ahead < AHEAD:
            place = sources[asked] * step
            if asked < looked_up:
                later = sources[asked + LOOKUPS] * step
                prefetch(starts, later, later + 1)
            fetch_row(rows, starts[place], starts[place + 1])
            ahead += starts[place + 1] - starts[place]
            asked += 1
        first, last = starts[source * step], starts[source * step + 1]
        ahead -= last - first
        if rows.kind[j] == SPARSE:
            add_row(slot, rows.target[first:last], rows.weight[first:last])
        else:
            add_row_with_delays(ring, now, rows.target[first:last], rows.weight[first:last])


@inner_kernel
def fetch_row(rows: Rows, first: int, last: int) -> None:
    """Have the row first:last brought near: rows of spikes lie far apart, and waiting for them is most of the work."""
    prefetch(rows.target, first, last)
    prefetch(rows.weight, first, last)
