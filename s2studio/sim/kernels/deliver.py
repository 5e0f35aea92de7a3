"""Delivers the spikes of the tick before: rows to the sums, synaptic events and packets to the counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.compiled.prefetch import prefetch
from s2studio.compiled.vectors import LANES, load, store, to_int32, zeros
from s2studio.sim.kernels.convolution import add_kernels, pixel_of
from s2studio.sim.kernels.dense import add_dense_rows, add_dense_rows_apart
from s2studio.sim.kernels.sparse import add_row, add_row_with_delays
from s2studio.sim.places import Conv
from s2studio.sim.program import Packets, Populations
from s2studio.sim.rows import CONVOLUTION, DENSE, SPARSE, SPARSE_DELAYS, Rows
from s2studio.snn.fan_out import IntArray

# A row is asked for while so many synapses before it are being added: about as long as memory takes to answer.
AHEAD = 384


@inner_kernel
def deliver(
    tick: int,
    spikes: NDArray[np.int32],
    start: IntArray,
    populations: Populations,
    rows: Rows,
    sums: NDArray[np.int32],
    events: NDArray[np.int32],
    scratch: NDArray[np.int32],
) -> None:
    """Add the rows of the spikes of the tick before to the sums, and their synaptic events to `events` (slices,).

    `scratch` is room for a number per slice and LANES more.
    """
    for p in range(populations.update.size):
        sources = spikes[start[p] : start[p + 1]]
        if sources.size == 0:
            continue
        for j in range(rows.first_of[p], rows.first_of[p + 1]):
            post = rows.post[j]
            ring = sums[populations.first_sum[post] : populations.first_sum[post + 1]]
            width = ring.size // populations.slots[post]
            now = (tick + rows.delay[j]) % populations.slots[post] * width
            if rows.kind[j] == SPARSE or rows.kind[j] == SPARSE_DELAYS:
                add_sparse(sources, rows, j, ring, now, width)
            elif rows.kind[j] == DENSE:
                weight = rows.dense[rows.start[j] :]
                if populations.inputs[post] == 1:
                    add_dense_rows(ring[now : now + width], sources, weight)
                else:
                    add_dense_rows_apart(ring[now : now + width], sources, weight)
            else:
                add_kernels(
                    ring[now : now + width], sources, rows.dense[rows.start[j] :], conv_of(rows, j), rows.places
                )
            slices = slice(populations.first_slice[post], populations.first_slice[post + 1])
            count_events(sources, rows, j, events[slices], scratch)


@inner_kernel
def conv_of(rows: Rows, j: int) -> Conv:
    """Return the numbers of the convolution of projection `j`."""
    g = rows.geometry[j]
    return Conv(g[0], g[1], g[2], g[3], g[4], g[5])


@inner_kernel
def add_sparse(sources: NDArray[np.int32], rows: Rows, j: int, ring: NDArray[np.int32], now: int, width: int) -> None:
    """Add the sparse rows of `sources` in projection `j` to the slot at `now`, or around the ring from there."""
    slot = ring[now : now + width]
    starts = rows.row_start[rows.start[j] :]
    asked, ahead = 0, np.int64(0)
    for source in sources:
        while asked < sources.size and ahead < AHEAD:
            begin, end = starts[sources[asked]], starts[sources[asked] + 1]
            fetch_row(rows, begin, end)
            ahead += end - begin
            asked += 1
        first, last = starts[source], starts[source + 1]
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


@inner_kernel
def count_events(
    sources: NDArray[np.int32], rows: Rows, j: int, events: NDArray[np.int32], scratch: NDArray[np.int32]
) -> None:
    """Add the synaptic events that `sources` cause in projection `j` to `events`, the target population's slices."""
    columns = rows.event_columns[j]
    conv, is_conv = conv_of(rows, j), rows.kind[j] == CONVOLUTION
    # The last vector reads beyond its row and writes beyond the columns: both arrays have room, nobody looks there.
    for i in range(0, columns, LANES):
        counted = zeros(np.int32)
        for source in sources:
            row = pixel_of(source, conv) if is_conv else np.int64(source)
            counted = counted + to_int32(load(rows.events, rows.first_event[j] + row * columns + i))
        store(scratch, i, counted)
    column_of = rows.event_of[rows.first_event_of[j] :]
    for i in range(events.size):
        events[i] += scratch[column_of[i]]


@inner_kernel
def count_packets(
    sent: NDArray[np.int32], packets_of: Packets, received: NDArray[np.int32], scratch: NDArray[np.int32]
) -> None:
    """Add the packets that reach each slice's PE of the spikes `sent` by each slice in the tick before.

    `scratch` is room for a number per slice.
    """
    of_kind = scratch[: packets_of.receivers.shape[0]]
    of_kind[:] = 0
    for source in range(sent.size):
        of_kind[packets_of.kind[source]] += sent[source]
    for kind in range(of_kind.size):
        if of_kind[kind]:
            row = packets_of.receivers[kind]
            for target in range(received.size):
                received[target] += of_kind[kind] * row[target]
