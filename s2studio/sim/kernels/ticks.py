"""The loop over ticks: deliver the spikes of the tick before, update every population, collect who spiked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel, kernel
from s2studio.compiled.vectors import LANES
from s2studio.sim.kernels.deliver import count_packets, deliver
from s2studio.sim.kernels.update import State, slot_of, update
from s2studio.sim.program import Packets, Parameters, Populations
from s2studio.sim.rows import Rows
from s2studio.snn.fan_out import IntArray
from s2studio.snn.models.lif import Float32
from s2studio.snn.models.model import Update
from s2studio.snn.models.relay import update_relay

STIMULUS, RELAY = int(Update.STIMULUS), int(Update.RELAY)
# More spikes in one tick than this means relays that feed themselves.
MOST_SPIKES_PER_TICK = 2**24


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
    packets: Packets,
    before: NDArray[np.int32],
    before_start: IntArray,
    sent_before: NDArray[np.int32],
    given: NDArray[np.int32],
    given_start: IntArray,
    voltages_of: IntArray,
    outputs: Outputs,
) -> tuple[NDArray[np.int32], IntArray]:
    """Run `len(outputs.spikes)` ticks of one sample and return its spikes and where those of each population start.

    `state` holds the rows of that sample. Spikes are neurons counted within their population in the engine's order,
    ascending; row 0 of the starts, (ticks + 1, populations + 1), is the tick before the first: `before` with its
    `before_start`, which are `sent_before` spikes of each slice. `given` are the spikes of the stimulus, with starts of
    (ticks, populations + 1). Starts of -1 say that a tick has more than MOST_SPIKES_PER_TICK spikes.
    """
    ticks, count = outputs.spikes.shape[0], populations.update.size
    start = np.zeros((ticks + 1, count + 1), np.int64)
    start[0] = before_start
    spikes = np.empty(max(1024, 2 * before.size + given.size), np.int32)
    spikes[: before.size] = before
    scratch = np.empty(outputs.spikes.shape[1] + LANES, np.int32)
    for step in range(ticks):
        tick = first_tick + step
        sent = outputs.spikes[step - 1] if step else sent_before
        receive(tick, step, spikes, start, sent, populations, rows, packets, state.sums, outputs, scratch)
        relayed = count_relayed(tick, populations, state.sums)
        if relayed > MOST_SPIKES_PER_TICK:
            start[:] = -1
            return spikes[:0], start
        room = relayed + given_start[step, count] - given_start[step, 0] + populations.slice_of.size
        spikes = with_room(spikes, start[step, count], room)
        send(tick, step, seed, sample, populations, parameters, state, given, given_start, spikes, start, outputs)
        keep_voltages(step, voltages_of, populations, state.v, outputs.voltages)
    return spikes[: start[ticks, count]], start


@inner_kernel
def receive(
    tick: int,
    step: int,
    spikes: NDArray[np.int32],
    start: IntArray,
    sent: NDArray[np.int32],
    populations: Populations,
    rows: Rows,
    packets: Packets,
    sums: NDArray[np.int32],
    outputs: Outputs,
    scratch: NDArray[np.int32],
) -> None:
    """Deliver the spikes of the tick before, which are `sent` of each slice."""
    count_packets(sent, packets, outputs.packets[step], scratch)
    deliver(tick, spikes, start[step], populations, rows, sums, outputs.synaptic_events[step], scratch)


@inner_kernel
def count_relayed(tick: int, populations: Populations, sums: NDArray[np.int32]) -> int:
    """Return how many spikes relays will send in `tick`."""
    total = 0
    for p in range(populations.update.size):
        if populations.update[p] == RELAY:
            first, width = slot_of(tick, p, populations)
            for i in range(first, first + width):
                total += sums[i]
    return total


@inner_kernel
def send(
    tick: int,
    step: int,
    seed: int,
    sample: int,
    populations: Populations,
    parameters: Parameters,
    state: State,
    given: NDArray[np.int32],
    given_start: IntArray,
    spikes: NDArray[np.int32],
    start: IntArray,
    outputs: Outputs,
) -> None:
    """Advance every population, append who fired to `spikes`, which have room, and note where in row `step` + 1."""
    end = start[step, populations.update.size]
    for p in range(populations.update.size):
        start[step + 1, p] = end
        into = spikes[end:]
        if populations.update[p] == STIMULUS:
            found = copy(given[given_start[step, p] : given_start[step, p + 1]], into)
        elif populations.update[p] == RELAY:
            first, width = slot_of(tick, p, populations)
            found = update_relay(state.sums[first : first + width], into)
        else:
            found = update(tick, p, seed, sample, populations, parameters, state, into)
        count_sent(into[:found], p, populations, outputs.spikes[step])
        end += found
    start[step + 1, populations.update.size] = end


@inner_kernel
def copy(neurons: NDArray[np.int32], into: NDArray[np.int32]) -> int:
    """Copy `neurons` and return how many there are."""
    for k in range(neurons.size):
        into[k] = neurons[k]
    return neurons.size


@inner_kernel
def keep_voltages(
    step: int, voltages_of: IntArray, populations: Populations, v: Float32, voltages: NDArray[np.float32]
) -> None:
    """Write the voltages of the populations asked for to row `step`."""
    column = 0
    for p in voltages_of:
        for i in range(populations.first_neuron[p], populations.first_neuron[p + 1]):
            voltages[step, column] = v[i]
            column += 1


@kernel
def with_room(spikes: NDArray[np.int32], end: int, more: int) -> NDArray[np.int32]:
    """Return `spikes`, of which `end` are taken, with room for `more`."""
    if end + more <= spikes.size:
        return spikes
    larger = np.empty(2 * spikes.size + more, np.int32)
    larger[:end] = spikes[:end]
    return larger


@inner_kernel
def count_sent(fired: NDArray[np.int32], p: int, populations: Populations, sent: NDArray[np.int32]) -> None:
    """Add the spikes of population `p` to `sent` (slices,)."""
    slice_of = populations.slice_of[populations.first_neuron[p] :]
    for neuron in fired:
        sent[slice_of[neuron]] += 1
