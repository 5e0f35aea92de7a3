"""Runs the ticks of one sample on one or several threads, and keeps what they wrote down until it is a table."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled.vectors import LANES
from s2studio.errors import SimulationError
from s2studio.sim.kernels.table import fill_neurons
from s2studio.sim.kernels.ticks import (
    MEETING_SIZE,
    MOST_SPIKES_PER_TICK,
    NEEDED,
    RELAYS,
    SLACK,
    STOP,
    TOO_MANY,
    run_ticks,
)
from s2studio.sim.kernels.update import State
from s2studio.sim.program import Program
from s2studio.sim.rows import Rows
from s2studio.sim.sent import Counted, Given, Sent, Voltages
from s2studio.snn.fan_out import IntArray

# The spikes of the last tick in the engine's order, and where those of each population start.
InFlight = tuple[NDArray[np.int32], IntArray]


@dataclass(frozen=True)
class Crew:
    """The threads that run a sample: the neurons and rows of each, and where those but the first are started."""

    shares: IntArray
    rows: Rows
    pool: Executor | None = None


class SampleRun:
    """One sample of `program`, number `number` of those whose random draws `seed` makes."""

    def __init__(self, program: Program, crew: Crew, seed: int, number: int) -> None:
        self._program, self._crew, self._seed, self._number = program, crew, seed, number
        neurons, slices = int(program.populations.first_neuron[-1]), len(program.updates)
        self._sent = Sent(np.empty((len(crew.shares), 2 * neurons + SLACK), np.int32), np.zeros((1, 1, 1), np.int64))
        self._scratch = np.empty((len(crew.shares), 2 * slices + LANES), np.int32)
        self._place = np.empty(int(program.populations.planes.max(initial=0)) + 1, np.int64)
        self.forget()

    def forget(self) -> None:
        """Forget the spikes that are under way."""
        self.in_flight: InFlight = (np.zeros(0, np.int32), np.zeros(len(self._program.names) + 1, np.int64))

    @property
    def spikes(self) -> IntArray:
        """How many spikes each population had in the ticks that ran last, (ticks, populations)."""
        counts: IntArray = np.diff(self._sent.start[:, 1:]).sum(axis=0)
        return counts

    def run(self, tick: int, state: State, given: Given, voltages: Voltages, counted: Counted) -> None:
        """Run the ticks that `counted` has room for, the first of which is `tick`; `state` is changed in place."""
        neurons, before = self.in_flight
        steps, threads = len(counted.spikes), len(self._crew.shares)
        start = np.zeros((threads, steps + 1, len(before)), np.int64)
        start[0, 0] = before
        self._grow(len(neurons) + int(given.start[:1, -1].sum()) + len(self._program.parameters.v_init))
        self._sent.log[0, : len(neurons)] = neurons
        self._sent = self._sent._replace(start=start)
        done, is_delivered = 0, False
        while done < steps:
            meeting = np.zeros(MEETING_SIZE, np.int64)
            done = self._go_on(tick, done, is_delivered, state, given, voltages, counted, meeting)
            if meeting[STOP] == TOO_MANY:
                found = f"more than {MOST_SPIKES_PER_TICK:,} spikes in one tick"
                raise SimulationError("simulation", found, hint="look for relays that feed each other")
            is_delivered = bool(meeting[STOP] == RELAYS)
            self._grow(int(meeting[NEEDED]))
        self.in_flight = _last_spikes(self._sent)

    def _go_on(
        self,
        tick: int,
        done: int,
        is_delivered: bool,
        state: State,
        given: Given,
        voltages: Voltages,
        counted: Counted,
        meeting: NDArray[np.int64],
    ) -> int:
        """Run from step `done` on, on all threads at once, and return the step at which they stopped."""

        def run(thread: int) -> int:
            return run_ticks(
                tick,
                done,
                is_delivered,
                thread,
                self._seed,
                self._number,
                self._program.populations,
                self._program.parameters,
                self._crew.rows,
                self._program.packets,
                self._crew.shares,
                state,
                given,
                self._sent,
                voltages,
                counted,
                self._scratch,
                meeting,
            )

        pool = self._crew.pool
        others = [pool.submit(run, thread) for thread in range(1, len(self._crew.shares))] if pool else []
        stopped = run(0)
        for other in others:
            other.result()
        return stopped

    def _grow(self, needed: int) -> None:
        """Make room for `needed` spikes in the log of each thread."""
        log = self._sent.log
        if needed + SLACK > log.shape[1]:
            larger = np.empty((len(log), 2 * needed + SLACK), np.int32)
            larger[:, : log.shape[1]] = log
            self._sent = self._sent._replace(log=larger)

    def fill(self, neuron: NDArray[np.int32]) -> None:
        """Write the neurons that spiked in the ticks that ran last, by tick and population."""
        fill_neurons(self._program.populations, self._sent, neuron, self._place)


def _last_spikes(sent: Sent) -> InFlight:
    """Return the spikes of the last step."""
    last = sent.start[:, -1]
    if len(last) == 1:
        return sent.log[0, last[0, 0] : last[0, -1]].copy(), last[0] - last[0, 0]
    parts = [
        log[row[p] : row[p + 1]] for p in range(last.shape[1] - 1) for log, row in zip(sent.log, last, strict=True)
    ]
    return np.concatenate(parts), (last - last[:, :1]).sum(axis=0)
