"""Counts what spikes mean for every slice: spikes sent, packets received, synaptic events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.compiled.vectors import LANES, load, store, to_int32, zeros
from s2studio.sim.kernels.convolution import pixel_of
from s2studio.sim.kernels.deliver import conv_of, place_of
from s2studio.sim.program import Packets, Populations
from s2studio.sim.rows import CONVOLUTION, Rows
from s2studio.sim.sent import Counted, Sent


@inner_kernel
def count_ticks(
    first: int,
    last: int,
    populations: Populations,
    rows: Rows,
    packets: Packets,
    sent: Sent,
    counted: Counted,
    scratch: NDArray[np.int32],
) -> None:
    """Fill the counts of the steps `first` to `last`, of which `sent` holds the spikes.

    `scratch` is room for two numbers per slice and LANES more.
    """
    slices = counted.spikes.shape[1]
    before, scratch = scratch[:slices], scratch[slices:]
    before[:] = 0
    if first < last:
        count_sent(first, populations, sent, before)
    for step in range(first, last):
        count_packets(before, packets, counted.packets[step], scratch)
        count_events(step, populations, rows, sent, counted.synaptic_events[step], scratch)
        before = counted.spikes[step]
        count_sent(step + 1, populations, sent, before)


@inner_kernel
def count_sent(row: int, populations: Populations, sent: Sent, spikes: NDArray[np.int32]) -> None:
    """Add the spikes in `row` of `sent` to `spikes` (slices,)."""
    for p in range(populations.update.size):
        slice_of = populations.slice_of[populations.first_neuron[p] :]
        for thread in range(sent.log.shape[0]):
            fired = sent.log[thread, place_of(p, thread, row, sent)]
            # Neighbours are of one slice, and each sum would wait for the one before: so four stretches take turns.
            quarter = np.uint64(fired.size // 4)
            for k in range(quarter):
                for stretch in range(4):
                    spikes[np.uint32(slice_of[np.uint32(fired[np.uint64(stretch) * quarter + k])])] += 1
            for k in range(4 * quarter, np.uint64(fired.size)):
                spikes[np.uint32(slice_of[np.uint32(fired[k])])] += 1


@inner_kernel
def count_events(
    row: int, populations: Populations, rows: Rows, sent: Sent, events: NDArray[np.int32], scratch: NDArray[np.int32]
) -> None:
    """Add the synaptic events that the spikes in `row` of `sent` cause to `events` (slices,)."""
    for p in range(populations.update.size):
        for j in range(rows.first_of[p], rows.first_of[p + 1]):
            post = rows.post[j]
            columns = rows.event_columns[j]
            # The last vector reads beyond its row and writes beyond the columns: there is room, and nobody looks there.
            for i in range(0, columns, LANES):
                counted = zeros(np.int32)
                for thread in range(sent.log.shape[0]):
                    sources = sent.log[thread, place_of(p, thread, row, sent)]
                    first = rows.first_event[j] + i
                    if rows.kind[j] == CONVOLUTION:
                        conv = conv_of(rows, j)
                        for source in sources:
                            counted = counted + to_int32(load(rows.events, first + pixel_of(source, conv) * columns))
                    else:
                        for source in sources:
                            counted = counted + to_int32(load(rows.events, first + np.int64(source) * columns))
                store(scratch, i, counted)
            column_of = rows.event_of[rows.first_event_of[j] :]
            for i in range(populations.first_slice[post], populations.first_slice[post + 1]):
                events[i] += scratch[column_of[i - populations.first_slice[post]]]


@inner_kernel
def count_packets(
    sent: NDArray[np.int32], packets: Packets, received: NDArray[np.int32], scratch: NDArray[np.int32]
) -> None:
    """Add the packets that reach each slice's PE of the spikes `sent` by each slice in the tick before."""
    of_kind = scratch[: packets.receivers.shape[0]]
    of_kind[:] = 0
    for source in range(sent.size):
        of_kind[packets.kind[source]] += sent[source]
    for kind in range(of_kind.size):
        if of_kind[kind]:
            row = packets.receivers[kind]
            for target in range(received.size):
                received[target] += of_kind[kind] * row[target]
