"""The loop over ticks: deliver the spikes of the tick before, update every population, collect who spiked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.sim.kernels.convolution import add_kernel
from s2studio.sim.kernels.dense import add_dense_row, add_dense_row_apart
from s2studio.sim.kernels.prefetch import prefetch
from s2studio.sim.kernels.sparse import add_row, add_row_with_delays
from s2studio.sim.program import Parameters, Populations
from s2studio.sim.rows import DENSE, SPARSE, SPARSE_DELAYS, Rows
from s2studio.snn.fan_out import IntArray
from s2studio.snn.models.lif import Float32, update_lif
from s2studio.snn.models.lif_curr_exp import update_lif_curr_exp
from s2studio.snn.models.model import Update
from s2studio.snn.models.poisson_process import stream, update_poisson
from s2studio.snn.models.relay import update_relay

STIMULUS, POISSON = int(Update.STIMULUS), int(Update.POISSON)
LIF, LIF_CURR_EXP = int(Update.LIF), int(Update.LIF_CURR_EXP)
# More spikes in one tick than this means relays that feed themselves.
MOST_SPIKES_PER_TICK = 2**24
# A row is asked for while so many rows before it are being added.
AHEAD = 4
LINE_BYTES = 64


class State(NamedTuple):
    """The state, (samples, neurons) and `sums` (samples, sums), in the engine's order: changed in place."""

    v: Float32
    i_exc: Float32
    i_inh: Float32
    ready: NDArray[np.int32]
    sums: NDArray[np.int32]


class Outputs(NamedTuple):
    """What the ticks fill: counts per (tick, slice), voltages per (tick, neuron of the populations asked for)."""

    packets: NDArray[np.int32]
    synaptic_events: NDArray[np.int32]
    spikes: NDArray[np.int32]
    voltages: Float32


@kernel
def run_ticks(
    first_tick: int,
    seed: int,
    sample: int,
    populations: Populations,
    parameters: Parameters,
    rows: Rows,
    state: State,
    receivers: NDArray[np.int32],
    before: NDArray[np.int32],
    before_start: IntArray,
    sent_before: NDArray[np.int32],
    given: NDArray[np.int32],
    given_start: IntArray,
    voltages_of: IntArray,
    outputs: Outputs,
) -> tuple[NDArray[np.int32], IntArray]:
    """Run `len(outputs.spikes)` ticks of one sample and return its spikes and where those of each population start.

    `state` holds the rows of that sample. Spikes are neurons counted within their population, ascending; row 0 of the
    starts, (ticks + 1, populations + 1), is the tick before the first: `before` with its `before_start`, which are
    `sent_before` spikes of each slice. `given` are the spikes of the stimulus, with starts of (ticks, populations + 1).
    Starts of -1 say that a tick has more than MOST_SPIKES_PER_TICK spikes.
    """
    ticks, count = outputs.spikes.shape[0], populations.update.size
    start = np.zeros((ticks + 1, count + 1), np.int64)
    start[0] = before_start
    spikes = np.empty(max(1024, 2 * before.size + given.size), np.int32)
    spikes[: before.size] = before
    fired = np.empty(populations.slice_of.size, np.int32)
    for tick in range(ticks):
        count_packets(outputs.spikes[tick - 1] if tick else sent_before, receivers, outputs.packets[tick])
        deliver(first_tick + tick, spikes, start[tick], populations, rows, state.sums, outputs.synaptic_events[tick])
        end = start[tick, count]
        for p in range(count):
            start[tick + 1, p] = end
            if populations.update[p] == STIMULUS:
                found = given[given_start[tick, p] : given_start[tick, p + 1]]
            else:
                found = update(first_tick + tick, p, seed, sample, populations, parameters, state, fired)
            if end + found.size - start[tick + 1, 0] > MOST_SPIKES_PER_TICK:
                start[:] = -1
                return spikes[:0], start
            if end + found.size > spikes.size:
                spikes = np.concatenate((spikes[:end], np.empty(spikes.size + found.size, np.int32)))
            in_order(found, populations, p, spikes[end : end + found.size])
            for k in range(end, end + found.size):
                outputs.spikes[tick, populations.slice_of[populations.first_neuron[p] + spikes[k]]] += 1
            end += found.size
        start[tick + 1, count] = end
        column = 0
        for p in voltages_of:
            v = state.v[populations.first_neuron[p] : populations.first_neuron[p + 1]]
            outputs.voltages[tick, column : column + v.size] = v
            column += v.size
    return spikes[: start[ticks, count]], start


@kernel
def deliver(
    tick: int,
    spikes: NDArray[np.int32],
    start: IntArray,
    populations: Populations,
    rows: Rows,
    sums: NDArray[np.int32],
    events: NDArray[np.int32],
) -> None:
    """Add the rows of the spikes of the tick before to the sums, and their synaptic events to `events` (slices,)."""
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
                add_dense(sources, rows, j, ring[now : now + width], populations.inputs[post])
            else:
                for source in sources:
                    add_kernel(ring[now : now + width], source, rows.dense[rows.start[j] :], rows.geometry[j])
            count_events(sources, rows, j, events[populations.first_slice[post] : populations.first_slice[post + 1]])


@kernel
def add_sparse(sources: NDArray[np.int32], rows: Rows, j: int, ring: NDArray[np.int32], now: int, width: int) -> None:
    """Add the sparse rows of `sources` in projection `j` to the slot at `now`, or around the ring from there."""
    slot = ring[now : now + width]
    starts = rows.row_start[rows.start[j] :]
    for k in range(sources.size):
        if k + AHEAD < sources.size:
            fetch_row(rows, starts[sources[k + AHEAD]], starts[sources[k + AHEAD] + 1])
        first, last = starts[sources[k]], starts[sources[k] + 1]
        if rows.kind[j] == SPARSE:
            add_row(slot, rows.target[first:last], rows.weight[first:last])
        else:
            add_row_with_delays(ring, now, rows.target[first:last], rows.weight[first:last])


@kernel
def fetch_row(rows: Rows, first: int, last: int) -> None:
    """Have the row first:last brought near: rows of spikes lie far apart, and waiting for them is most of the work."""
    for i in range(first, last, LINE_BYTES // rows.target.itemsize):
        prefetch(rows.target, i)
    for i in range(first, last, LINE_BYTES):
        prefetch(rows.weight, i)


@kernel
def add_dense(sources: NDArray[np.int32], rows: Rows, j: int, slot: NDArray[np.int32], inputs: int) -> None:
    """Add the dense rows of `sources` in projection `j` to `slot`, signs apart where neurons have two sums."""
    size = slot.size // inputs
    weight = rows.dense[rows.start[j] :]
    for source in sources:
        first = np.int64(source) * size
        if inputs == 1:
            add_dense_row(slot, weight[first : first + size])
        else:
            add_dense_row_apart(slot, weight[first : first + size])


@kernel
def count_events(sources: NDArray[np.int32], rows: Rows, j: int, events: NDArray[np.int32]) -> None:
    """Add the synaptic events that `sources` cause in projection `j` to `events`, the target population's slices."""
    table = rows.events[rows.first_event[j] :]
    for k in range(sources.size):
        first = np.int64(sources[k]) * events.size
        counted = table[first : first + events.size]
        for i in range(events.size):
            events[i] += counted[i]


@kernel
def count_packets(sent: NDArray[np.int32], receivers: NDArray[np.int32], packets: NDArray[np.int32]) -> None:
    """Add the packets that reach each slice's PE of the spikes `sent` by each slice in the tick before."""
    for source in range(sent.size):
        if sent[source]:
            row = receivers[source]
            for target in range(packets.size):
                packets[target] += sent[source] * row[target]


@kernel
def update(
    tick: int,
    p: int,
    seed: int,
    sample: int,
    populations: Populations,
    parameters: Parameters,
    state: State,
    fired: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Advance population `p` by a tick and return who fired, in the engine's order."""
    neurons = slice(populations.first_neuron[p], populations.first_neuron[p + 1])
    if populations.update[p] == POISSON:
        key = stream(seed, parameters.seed[p], p, sample)
        return fired[: update_poisson(key, tick, parameters.p[neurons], fired)]
    width = (populations.first_sum[p + 1] - populations.first_sum[p]) // populations.slots[p]
    first = populations.first_sum[p] + tick % populations.slots[p] * width
    sums = state.sums[first : first + width]
    if populations.update[p] == LIF:
        count = update_lif(
            state.v[neurons],
            sums,
            parameters.alpha_decay[neurons],
            parameters.i_offset[neurons],
            parameters.threshold[neurons],
            parameters.v_reset[neurons],
            parameters.subtracts[p],
            fired,
        )
        return fired[:count]
    if populations.update[p] == LIF_CURR_EXP:
        count = update_lif_curr_exp(
            tick,
            state.v[neurons],
            state.i_exc[neurons],
            state.i_inh[neurons],
            state.ready[neurons],
            sums[: width // 2],
            sums[width // 2 :],
            parameters.exc_decay[neurons],
            parameters.inh_decay[neurons],
            parameters.alpha_decay[neurons],
            parameters.i_offset[neurons],
            parameters.threshold[neurons],
            parameters.v_reset[neurons],
            parameters.t_refrac[neurons],
            parameters.subtracts[p],
            fired,
        )
        return fired[:count]
    return update_relay(sums, MOST_SPIKES_PER_TICK)


@kernel
def in_order(found: NDArray[np.int32], populations: Populations, p: int, into: NDArray[np.int32]) -> None:
    """Copy who fired in population `p` to `into`, from the engine's order to ascending neurons."""
    channels = populations.planes[p]
    if channels == 0:
        into[:] = found
        return
    pixels = (populations.first_neuron[p + 1] - populations.first_neuron[p]) // channels
    place = np.zeros(channels + 1, np.int64)
    for neuron in found:
        place[neuron % channels + 1] += 1
    for channel in range(channels):
        place[channel + 1] += place[channel]
    for neuron in found:
        channel = neuron % channels
        into[place[channel]] = channel * pixels + neuron // channels
        place[channel] += 1
