"""The tick of one PE: the packets it took from its FIFO, then its neurons; and what a FIFO takes in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.sim.kernels.convolution import pixel_of
from s2studio.sim.kernels.deliver import add_rows, conv_of
from s2studio.sim.kernels.lif import GROUP, update_lif
from s2studio.sim.kernels.lif_curr_exp import update_lif_curr_exp
from s2studio.sim.kernels.poisson_process import stream, update_poisson
from s2studio.sim.kernels.relay import update_relay
from s2studio.sim.kernels.update import LIF, POISSON, State
from s2studio.sim.program import Parameters, Populations
from s2studio.sim.rows import CONVOLUTION, Rows
from s2studio.snn.fan_out import IntArray
from s2studio.snn.models.model import Update

# What a FIFO that is full does with a packet, by the place of the policy in FIFO_POLICIES.
DROP, OVERWRITE = 0, 1
RELAY = int(Update.RELAY)


@kernel
def take_packets(
    tick: int,
    post: int,
    part: int,
    place: IntArray,
    sources: NDArray[np.int32],
    neurons: NDArray[np.int32],
    populations: Populations,
    rows: Rows,
    scratch: NDArray[np.int32],
    sums: NDArray[np.int32],
) -> IntArray:
    """Add the rows of packets to the sums of a slice, and return the synaptic events of each packet.

    The slice is number `part` of the population `post`, its neurons at `place` in the engine's order. The packets are
    of `neurons` of the populations `sources`. `scratch` is a ring of the whole population, zero before and after.
    """
    slots = populations.slots[post]
    ring = scratch[: populations.first_sum[post + 1] - populations.first_sum[post]]
    width = ring.size // slots
    events = np.zeros(sources.size, np.int64)
    one = np.empty(1, np.int32)
    for i in range(sources.size):
        pre = sources[i]
        one[0] = in_engine(neurons[i], populations, pre)
        for j in range(rows.first_of[pre], rows.first_of[pre + 1]):
            if rows.post[j] == post:
                now = (tick + rows.delay[j]) % slots * width
                size = width // populations.inputs[post]
                add_rows(one, rows, j, ring, now, width, populations.inputs[post], (0, size), 0)
                events[i] += events_of(rows, j, one[0], part)
    keep_own(ring, sums[populations.first_sum[post] : populations.first_sum[post + 1]], place, populations, post)
    ring[:] = 0
    return events


@kernel
def in_engine(neuron: np.int32, populations: Populations, p: int) -> np.int64:
    """Return where `neuron` of population `p` stands in the engine's order: images have the channel last."""
    channels = populations.planes[p]
    if not channels:
        return np.int64(neuron)
    pixels = (populations.first_neuron[p + 1] - populations.first_neuron[p]) // channels
    return np.int64(neuron % pixels * channels + neuron // pixels)


@kernel
def events_of(rows: Rows, j: int, source: np.int32, part: int) -> np.int64:
    """Return the synaptic events that a spike of `source` causes in slice `part` of what projection `j` leads to."""
    row = pixel_of(source, conv_of(rows, j)) if rows.kind[j] == CONVOLUTION else np.int64(source)
    column = rows.event_of[rows.first_event_of[j] + part]
    return np.int64(rows.events[rows.first_event[j] + row * rows.event_columns[j] + column])


@kernel
def keep_own(
    ring: NDArray[np.int32], sums: NDArray[np.int32], place: IntArray, populations: Populations, post: int
) -> None:
    """Add the columns at `place` of `ring` to those of `sums`: the rest belongs to other slices."""
    size = populations.first_neuron[post + 1] - populations.first_neuron[post]
    for start in range(0, ring.size, size):
        for at in place:
            sums[start + at] += ring[start + at]


@kernel
def update_slice(
    tick: int,
    p: int,
    start: int,
    place: IntArray,
    seed: int,
    sample: int,
    populations: Populations,
    parameters: Parameters,
    state: State,
) -> NDArray[np.int32]:
    """Advance the neurons at `place` of population `p` by a tick; return who fired, counted within the population.

    The slice begins with neuron `start`; the order is ascending.
    """
    first = populations.first_neuron[p]
    size = populations.first_neuron[p + 1] - first
    if populations.update[p] == POISSON:
        fired = np.empty(size, np.int32)
        key = stream(seed, parameters.seed[p], p, sample)
        count = update_poisson(key, tick, parameters.p[first : first + size], fired)
        fired = fired[:count]
        return fired[(fired >= start) & (fired < start + place.size)]
    inputs = populations.inputs[p]
    slot = populations.first_sum[p] + tick % populations.slots[p] * inputs * size
    sums = np.empty(inputs * place.size, np.int32)
    for k in range(inputs):
        for i in range(place.size):
            sums[k * place.size + i] = state.sums[slot + k * size + place[i]]
            state.sums[slot + k * size + place[i]] = 0
    own = place + first
    if populations.update[p] == RELAY:
        found = np.empty(sums.sum(), np.int32)
        update_relay(sums, found)
    else:
        found = integrate(tick, p, own, sums, parameters, state, populations.update[p] == LIF)
    return found + np.int32(start)


@kernel
def integrate(
    tick: int, p: int, own: IntArray, sums: NDArray[np.int32], parameters: Parameters, state: State, is_plain: bool
) -> NDArray[np.int32]:
    """Advance the neurons `own` of the LIF family and return who fired, counted from the first of them."""
    fired, v = np.empty(own.size + GROUP, np.int32), state.v[own]
    alpha, offset, threshold = parameters.alpha_decay[own], parameters.i_offset[own], parameters.threshold[own]
    v_reset, subtracts = parameters.v_reset[own], parameters.subtracts[p]
    if is_plain:
        count = update_lif(0, v, sums, alpha, offset, threshold, v_reset, subtracts, fired)
    else:
        i_exc, i_inh, ready = state.i_exc[own], state.i_inh[own], state.ready[own]
        count = update_lif_curr_exp(
            tick,
            0,
            v,
            i_exc,
            i_inh,
            ready,
            sums[: own.size],
            sums[own.size :],
            parameters.exc_decay[own],
            parameters.inh_decay[own],
            alpha,
            offset,
            threshold,
            v_reset,
            parameters.t_refrac[own],
            subtracts,
            fired,
        )
        for i in range(own.size):
            state.i_exc[own[i]], state.i_inh[own[i]], state.ready[own[i]] = i_exc[i], i_inh[i], ready[i]
    for i in range(own.size):
        state.v[own[i]] = v[i]
    return fired[:count]


@kernel
def admitted(arrival: NDArray[np.float64], taken: NDArray[np.float64], depth: int, policy: int) -> NDArray[np.bool_]:
    """Return which packets a FIFO of `depth` keeps that arrive at the moments `arrival`, ascending.

    `taken` are the moments, ascending, at which the packets that were read before leave their places. A full FIFO drops
    what arrives, or overwrites the oldest of those that came since; while all places hold packets being read, what
    arrives is lost under either policy.
    """
    kept = np.ones(arrival.size, np.bool_)
    waiting, oldest, gone = 0, 0, 0
    for i in range(arrival.size):
        while gone < taken.size and taken[gone] <= arrival[i]:
            gone += 1
        if taken.size - gone + waiting < depth:
            waiting += 1
        elif policy == OVERWRITE and waiting:
            while not kept[oldest]:
                oldest += 1
            kept[oldest] = False
            oldest += 1
        else:
            kept[i] = False
    return kept
