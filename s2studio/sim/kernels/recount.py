"""The loop that counts again what known spikes did on the PEs: packets, synaptic events and spikes, tick by tick."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import bare_kernel, inner_kernel
from s2studio.sim.kernels.count import count_packets
from s2studio.sim.program import Packets
from s2studio.snn.fan_out import IntArray


class EventRows(NamedTuple):
    """The synaptic events that a spike causes, projections sorted by source as in `sim.rows.Rows`.

    Projections of population p are `first_of[p]` to `first_of[p + 1]`. Neuron i of the source (pixel i modulo `pixels`,
    where that is not 0) causes a row of `events` from `first_event` on, one for each of `event_columns`; slice i of the
    population `post` has those of column `event_of[first_event_of + i]`.
    """

    first_of: IntArray
    post: NDArray[np.int32]
    pixels: IntArray
    events: NDArray[np.signedinteger[Any]]
    first_event: IntArray
    event_columns: IntArray
    event_of: NDArray[np.int32]
    first_event_of: IntArray


class Places(NamedTuple):
    """Where neurons sit: `slice_of` each, those of population p from `first_neuron[p]` on; its slices likewise."""

    first_neuron: IntArray
    first_slice: IntArray
    slice_of: NDArray[np.int32]


@bare_kernel
def recount(
    spikes: NDArray[np.int32],
    start: IntArray,
    places: Places,
    rows: EventRows,
    packets_of: Packets,
    packets: NDArray[np.int32],
    events: NDArray[np.int32],
    sent: NDArray[np.int32],
    scratch: NDArray[np.int32],
) -> None:
    """Fill `packets`, `events` and `sent`, (ticks, slices) of zeros, with what the spikes of one sample did.

    `spikes` are neurons within their population; row t of `start`, (ticks + 1, populations + 1), says where those of
    each population begin in the tick before the first (t = 0), in the first, and so on. `scratch` is
    room for two numbers per slice.
    """
    before, scratch = scratch[: sent.shape[1]], scratch[sent.shape[1] :]
    before[:] = 0
    count_sent(spikes, start[0], places, before)
    for step in range(sent.shape[0]):
        count_packets(sent[step - 1] if step else before, packets_of, packets[step], scratch)
        count_events(spikes, start[step], places, rows, events[step], scratch)
        count_sent(spikes, start[step + 1], places, sent[step])


@inner_kernel
def count_sent(spikes: NDArray[np.int32], start: IntArray, places: Places, sent: NDArray[np.int32]) -> None:
    """Add the spikes of one tick to `sent` (slices,)."""
    for p in range(start.size - 1):
        slice_of = places.slice_of[places.first_neuron[p] :]
        for neuron in spikes[start[p] : start[p + 1]]:
            sent[slice_of[neuron]] += 1


@inner_kernel
def count_events(
    spikes: NDArray[np.int32],
    start: IntArray,
    places: Places,
    rows: EventRows,
    events: NDArray[np.int32],
    scratch: NDArray[np.int32],
) -> None:
    """Add the synaptic events that the spikes of one tick cause to `events` (slices,)."""
    for p in range(start.size - 1):
        sources = spikes[start[p] : start[p + 1]]
        if sources.size == 0:
            continue
        for j in range(rows.first_of[p], rows.first_of[p + 1]):
            columns, pixels = rows.event_columns[j], rows.pixels[j]
            counted = scratch[:columns]
            counted[:] = 0
            for source in sources:
                first = rows.first_event[j] + (source % pixels if pixels else source) * columns
                row = rows.events[first : first + columns]
                for i in range(columns):
                    counted[i] += row[i]
            post = rows.post[j]
            column_of = rows.event_of[rows.first_event_of[j] :]
            first_slice = places.first_slice[post]
            for i in range(places.first_slice[post + 1] - first_slice):
                events[first_slice + i] += counted[column_of[i]]
