"""The loop over ticks: deliver the spikes of the tick before, update every population, collect who spiked, count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import bare_kernel, inner_kernel
from s2studio.compiled.meeting import meet, read_at
from s2studio.compiled.vectors import LANES
from s2studio.sim.kernels.count import count_ticks
from s2studio.sim.kernels.deliver import deliver
from s2studio.sim.kernels.lif import GROUP, Float32
from s2studio.sim.kernels.relay import update_relay
from s2studio.sim.kernels.table import copy
from s2studio.sim.kernels.update import State, slot_of, update
from s2studio.sim.program import Packets, Parameters, Populations
from s2studio.sim.rows import Rows
from s2studio.sim.sent import Counted, Given, Sent, Voltages
from s2studio.snn.fan_out import IntArray
from s2studio.snn.models.model import Update

STIMULUS, RELAY = int(Update.STIMULUS), int(Update.RELAY)
# More spikes in one tick than this means relays that feed themselves.
MOST_SPIKES_PER_TICK = 2**24
# Places in `meeting`, a cache line each; the first counts how often a thread came (meeting.py). STOP is the step before
# which all threads stop, NEEDED the room that a log then needs.
STOP, NEEDED, MEETING_SIZE = 8, 16, 24
# Instead of a step: relays found, when their sums were there, that their spikes need more room, or are too many.
RELAYS, TOO_MANY = -1, -2
# Vectors of spikes are written whole: so many numbers behind the last may be overwritten.
SLACK = GROUP + LANES


@bare_kernel
def run_ticks(
    first_tick: int,
    first_step: int,
    is_delivered: bool,
    mine: int,
    seed: int,
    sample: int,
    populations: Populations,
    parameters: Parameters,
    rows: Rows,
    packets: Packets,
    shares: IntArray,
    state: State,
    given: Given,
    sent: Sent,
    voltages: Voltages,
    counted: Counted,
    scratch: NDArray[np.int32],
    meeting: NDArray[np.int64],
) -> int:
    """Run ticks of one sample from step `first_step` on, as thread `mine` of all those of `shares`, which run at once.

    Each thread advances its own neurons (shares.py) and hears the spikes of all, for which they meet after each tick;
    so what is computed does not depend on how many threads there are. `state` holds the rows of the sample, step 0 is
    `first_tick`, and each thread has a row of `scratch`, as `count_ticks` needs it. Returns the step before which the
    threads stopped: all are done, or some log needs more room, of which meeting[NEEDED] says how much. Relays, which
    run on one thread, know that only when they have their sums: then meeting[STOP] is RELAYS, and the spikes of the
    tick before are delivered (`is_delivered` when it goes on).
    """
    steps, threads = counted.spikes.shape[0], shares.shape[0]
    most, room = most_spikes(mine, populations, shares), sent.log.shape[1] - SLACK
    step = first_step
    while step < steps:
        tick = first_tick + step
        if not is_delivered:
            deliver(tick, step, mine, populations, rows, shares, sent, state.sums)
        is_delivered = False
        relayed = count_relayed(tick, mine, populations, shares, state.sums)
        if relayed:
            needed = sent.start[mine, step, populations.update.size] + most + given_in(step, given) + relayed
            if needed > room or relayed > MOST_SPIKES_PER_TICK:
                meeting[STOP], meeting[NEEDED] = RELAYS if relayed <= MOST_SPIKES_PER_TICK else TOO_MANY, needed
                break
        end = send(tick, step, mine, seed, sample, populations, parameters, shares, state, given, sent)
        keep_voltages(step, mine, populations, shares, state.v, voltages)
        step += 1
        needed = end + most + (given_in(step, given) if step < steps else 0)
        if needed > room:
            meeting[STOP], meeting[NEEDED] = step, needed
        meet(meeting, threads, step - first_step)
        if read_at(meeting, STOP) == step:
            break
    done = step - first_step
    begin, end = first_step + done * mine // threads, first_step + done * (mine + 1) // threads
    count_ticks(begin, end, populations, rows, packets, sent, counted, scratch[mine])
    return step


@inner_kernel
def most_spikes(mine: int, populations: Populations, shares: IntArray) -> np.int64:
    """Return how many neurons of thread `mine` can spike once in a tick."""
    total = np.int64(0)
    for p in range(populations.update.size):
        if populations.update[p] != STIMULUS and populations.update[p] != RELAY:
            total += shares[mine, p, 1] - shares[mine, p, 0]
    return total


@inner_kernel
def given_in(step: int, given: Given) -> np.int64:
    """Return how many spikes the stimulus has in `step`."""
    return np.int64(given.start[step, given.start.shape[1] - 1] - given.start[step, 0])


@inner_kernel
def count_relayed(
    tick: int, mine: int, populations: Populations, shares: IntArray, sums: NDArray[np.int32]
) -> np.int64:
    """Return how many spikes the relays of thread `mine` will send in `tick`."""
    total = np.int64(0)
    for p in range(populations.update.size):
        if populations.update[p] == RELAY:
            first, _ = slot_of(tick, p, populations)
            for i in range(first + shares[mine, p, 0], first + shares[mine, p, 1]):
                total += sums[i]
    return total


@inner_kernel
def send(
    tick: int,
    step: int,
    mine: int,
    seed: int,
    sample: int,
    populations: Populations,
    parameters: Parameters,
    shares: IntArray,
    state: State,
    given: Given,
    sent: Sent,
) -> np.int64:
    """Advance the neurons of thread `mine`, append who fired to its log, which has room, and return its end."""
    end = sent.start[mine, step, populations.update.size]
    for p in range(populations.update.size):
        sent.start[mine, step + 1, p] = end
        first, last = shares[mine, p, 0], shares[mine, p, 1]
        if first == last:
            continue
        into = sent.log[mine, end:]
        if populations.update[p] == STIMULUS:
            end += copy(given.neuron[given.start[step, p] : given.start[step, p + 1]], into)
        elif populations.update[p] == RELAY:
            slot, width = slot_of(tick, p, populations)
            end += update_relay(state.sums[slot : slot + width], into)
        else:
            end += update(tick, p, first, last, seed, sample, populations, parameters, state, into)
    sent.start[mine, step + 1, populations.update.size] = end
    return np.int64(end)


@inner_kernel
def keep_voltages(
    step: int, mine: int, populations: Populations, shares: IntArray, v: Float32, voltages: Voltages
) -> None:
    """Write the voltages of thread `mine`, of the populations asked for, to row `step`."""
    column = 0
    for p in voltages.of:
        start = populations.first_neuron[p]
        for i in range(shares[mine, p, 0], shares[mine, p, 1]):
            voltages.kept[step, column + i] = v[start + i]
        column += populations.first_neuron[p + 1] - start
