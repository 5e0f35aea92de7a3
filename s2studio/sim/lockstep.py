"""The engine `lockstep`: all PEs tick by tick together, as if none were ever late; samples of a batch side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import SimulationError
from s2studio.network.stimulus.spikes import Stimulus
from s2studio.sim.arrays import aligned, starts
from s2studio.sim.counts import Counts, SpikeRuns, TickBlock
from s2studio.sim.kernels.ticks import RELAY
from s2studio.sim.kernels.update import State
from s2studio.sim.program import Program
from s2studio.sim.sample import Crew, InFlight, SampleRun
from s2studio.sim.sent import Counted, Given, Voltages
from s2studio.sim.shares import free_processors, sensible_threads, shared_rows, shares
from s2studio.sim.stimulus import given_spikes


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The whole state of a simulator before `tick`: arrays with the sample first, and the spikes still under way."""

    tick: int
    state: State
    in_flight: tuple[InFlight, ...]


class Simulator:
    """Runs a program for `batch` samples side by side.

    `seed` makes the random draws, which differ between samples by their number: `samples`, 0, 1, 2 ... by default.
    `threads` share the samples out, or the neurons of one sample where `batch` is 1 (None: as many as pay); what they
    compute does not depend on how many there are.
    """

    def __init__(
        self,
        program: Program,
        seed: int = 0,
        batch: int = 1,
        samples: Sequence[int] | None = None,
        threads: int | None = 1,
    ) -> None:
        if not 0 <= seed < 2**63 or batch < 1:
            raise SimulationError("simulator", f"seed {seed}, batch {batch}", "seed 0 to 2^63 - 1, batch at least 1")
        numbers = tuple(range(batch) if samples is None else samples)
        if len(numbers) != batch:
            raise SimulationError("simulator", f"{len(numbers)} sample numbers", f"{batch} are expected")
        self.program = program
        self.batch = batch
        self._pool, crew = _crew(program, batch, threads)
        self._runs = tuple(SampleRun(program, crew, seed, number) for number in numbers)
        self._voltages_of = np.array(program.voltages_of, np.int64)
        # Where the voltages of each population kept begin and end among the columns.
        self._columns = starts(np.diff(program.populations.first_neuron)[self._voltages_of])
        self.reset()

    @property
    def tick(self) -> int:
        """The tick that runs next."""
        return self._tick

    def reset(self) -> None:
        """Go back to before the first tick: initial voltages, no currents, no spikes under way."""
        populations, parameters = self.program.populations, self.program.parameters
        neurons, sums = len(parameters.v_init), int(populations.first_sum[-1])
        self._tick = 0
        self._state = State(
            v=aligned((self.batch, neurons), np.float32, 0),
            i_exc=aligned((self.batch, neurons), np.float32, 1),
            i_inh=aligned((self.batch, neurons), np.float32, 2),
            ready=aligned((self.batch, neurons), np.int32, 3),
            sums=aligned((self.batch, sums), np.int32, 4),
        )
        self._state.v[:] = parameters.v_init
        for run in self._runs:
            run.forget()

    def snapshot(self) -> Snapshot:
        """Return the state now; later advances do not change it."""
        return Snapshot(self._tick, _each(self._state, np.copy), tuple(run.in_flight for run in self._runs))

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to `snapshot`, taken from a simulator of the same program and batch."""
        if snapshot.state.v.shape != self._state.v.shape:
            found = "{} samples of {} neurons".format(*snapshot.state.v.shape)
            raise SimulationError("snapshot", found, "this simulator has {} of {}".format(*self._state.v.shape))
        self._tick = snapshot.tick
        self._state = _each(snapshot.state, np.copy)
        for run, in_flight in zip(self._runs, snapshot.in_flight, strict=True):
            run.in_flight = in_flight

    def advance(self, steps: int, stimulus: Stimulus | Sequence[Stimulus] = ()) -> TickBlock:
        """Run `steps` ticks and return what they did; steps of the stimulus are counted from the first of them.

        One stimulus is given to every sample, a sequence of them has one for each sample.
        """
        if steps < 0:
            raise SimulationError("advance", f"{steps} steps", "at least 0 are expected")
        given = self._given(steps, stimulus)
        counted = Counted(*(np.zeros((self.batch, steps, len(self.program.updates)), np.int32) for _ in range(3)))
        voltages = np.zeros((self.batch, steps, self._columns[-1]), np.float32)

        def run(sample: int) -> None:
            kept, counts = Voltages(self._voltages_of, voltages[sample]), Counted(*(each[sample] for each in counted))
            self._runs[sample].run(self._tick, _of(self._state, sample), given[sample], kept, counts)

        self._each_sample(run)
        counts = Counts(*counted, self.program.updates, self.program.recorded_bytes)
        block = TickBlock(self._tick, steps, self._spikes(), counts, self._voltages(voltages))
        self._tick += steps
        return block

    def _given(self, steps: int, stimulus: Stimulus | Sequence[Stimulus]) -> list[Given]:
        """Return the spikes that each sample is given."""
        if isinstance(stimulus, Mapping):
            return [given_spikes(self.program, steps, stimulus)] * self.batch
        if len(stimulus) not in (0, self.batch):
            found = f"{len(stimulus)} stimuli"
            raise SimulationError("advance", found, f"{self.batch}, one per sample, are expected")
        return [given_spikes(self.program, steps, trains) for trains in stimulus or [{}] * self.batch]

    def _each_sample(self, run: Callable[[int], None]) -> None:
        """Call `run(sample)` for every sample; compiled code lets other threads run meanwhile."""
        if self.batch == 1 or self._pool is None:
            for sample in range(self.batch):
                run(sample)
        else:
            list(self._pool.map(run, range(self.batch)))

    def _spikes(self) -> SpikeRuns:
        """Return the spikes of the ticks that ran last."""
        counts = np.stack([run.spikes for run in self._runs])
        ends = starts(counts.sum(axis=(1, 2)))
        neuron = np.empty(ends[-1], np.int32)
        self._each_sample(lambda sample: self._runs[sample].fill(neuron[ends[sample] : ends[sample + 1]]))
        return SpikeRuns.counted(self._tick, counts, neuron)

    def _voltages(self, kept: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the voltages of each population, (samples, ticks, neurons), from the columns of the kernel."""
        columns, voltages = self._columns, {}
        for index, start, stop in zip(self.program.voltages_of, columns[:-1], columns[1:], strict=True):
            values, channels = kept[:, :, start:stop], int(self.program.populations.planes[index])
            if channels:
                pixels = values.reshape(*values.shape[:2], values.shape[2] // channels, channels)
                values = pixels.swapaxes(2, 3).reshape(values.shape)
            voltages[self.program.names[index]] = np.ascontiguousarray(values)
        return voltages


def _crew(program: Program, batch: int, threads: int | None) -> tuple[Executor | None, Crew]:
    """Return what starts threads, None where there is one, and who runs a sample: all of them where there is one."""
    found = sensible_threads(program) if batch == 1 else min(batch, free_processors())
    count = found if threads is None else max(1, threads)
    pool = ThreadPoolExecutor(count) if count > 1 else None
    # Only one thread at a time can know how much room the spikes of relays need.
    within = count if batch == 1 and RELAY not in program.populations.update else 1
    cuts = shares(program, within)
    return pool, Crew(cuts, shared_rows(program, cuts), pool if within > 1 else None)


def _each(state: State, of: Callable[[Any], Any]) -> State:
    """Return the state with `of` applied to each of its arrays."""
    return State(*map(of, state))


def _of(state: State, sample: int) -> State:
    """Return the rows of one sample."""
    return _each(state, lambda array: array[sample])
