"""The engine `lockstep`: all PEs tick by tick together, as if none were ever late; samples of a batch side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from s2studio.documents import nearest
from s2studio.errors import SimulationError
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.sim.arrays import aligned
from s2studio.sim.counts import Counts, SpikeTable, TickBlock
from s2studio.sim.kernels.order import to_neuron_order
from s2studio.sim.kernels.ticks import MOST_SPIKES_PER_TICK, STIMULUS, Outputs, run_ticks
from s2studio.sim.kernels.update import State
from s2studio.sim.program import Program
from s2studio.snn.fan_out import IntArray

Result = TypeVar("Result")
# The spikes of the last tick in the engine's order, and where those of each population start.
InFlight = tuple[NDArray[np.int32], IntArray]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The whole state of a simulator before `tick`: arrays with the sample first, and the spikes still under way."""

    tick: int
    state: State
    in_flight: tuple[InFlight, ...]
    sent: NDArray[np.int32]


class Simulator:
    """Runs a program for `batch` samples side by side.

    `seed` makes the random draws, which differ between samples by their number: `samples`, 0, 1, 2 ... by default.
    `threads` share the samples out; what they compute does not depend on how many there are.
    """

    def __init__(
        self,
        program: Program,
        seed: int = 0,
        batch: int = 1,
        samples: Sequence[int] | None = None,
        threads: int = 1,
    ) -> None:
        if not 0 <= seed < 2**63 or batch < 1:
            raise SimulationError("simulator", f"seed {seed}, batch {batch}", "seed 0 to 2^63 - 1, batch at least 1")
        self.program = program
        self.seed = seed
        self.batch = batch
        self.threads = threads
        self._numbers = tuple(range(batch) if samples is None else samples)
        if len(self._numbers) != batch:
            raise SimulationError("simulator", f"{len(self._numbers)} sample numbers", f"{batch} are expected")
        self._voltages_of = np.array(program.voltages_of, np.int64)
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
        nothing: InFlight = (np.zeros(0, np.int32), np.zeros(len(self.program.names) + 1, np.int64))
        self._in_flight: tuple[InFlight, ...] = (nothing,) * self.batch
        self._sent = np.zeros((self.batch, len(self.program.updates)), np.int32)

    def snapshot(self) -> Snapshot:
        """Return the state now; later advances do not change it."""
        return Snapshot(self._tick, _each(self._state, np.copy), self._in_flight, self._sent)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to `snapshot`, taken from a simulator of the same program and batch."""
        if snapshot.state.v.shape != self._state.v.shape:
            found = "{} samples of {} neurons".format(*snapshot.state.v.shape)
            raise SimulationError("snapshot", found, "this simulator has {} of {}".format(*self._state.v.shape))
        self._tick = snapshot.tick
        self._state = _each(snapshot.state, np.copy)
        self._in_flight, self._sent = snapshot.in_flight, snapshot.sent

    def advance(self, steps: int, stimulus: Stimulus | Sequence[Stimulus] = ()) -> TickBlock:
        """Run `steps` ticks and return what they did; steps of the stimulus are counted from the first of them.

        One stimulus is given to every sample, a sequence of them has one for each sample.
        """
        if steps < 0:
            raise SimulationError("advance", f"{steps} steps", "at least 0 are expected")
        stimuli = [stimulus] * self.batch if isinstance(stimulus, Mapping) else list(stimulus) or [{}] * self.batch
        if len(stimuli) != self.batch:
            raise SimulationError("advance", f"{len(stimuli)} stimuli", f"{self.batch}, one per sample, are expected")
        given = [self._given(steps, trains) for trains in stimuli]
        slices = len(self.program.updates)
        packets, events, sent = (np.zeros((self.batch, steps, slices), np.int32) for _ in range(3))
        voltages = np.zeros((self.batch, steps, self._columns()[-1]), np.float32)

        def run(sample: int) -> tuple[NDArray[np.int32], IntArray, InFlight]:
            outputs = Outputs(packets[sample], events[sample], sent[sample], voltages[sample])
            return self._run(sample, given[sample], outputs)

        found = self._each_sample(run)
        tables = [self._table(sample, spikes, start) for sample, (spikes, start, _) in enumerate(found)]
        self._in_flight = tuple(in_flight for _, _, in_flight in found)
        counts = Counts(packets, events, sent, self.program.updates, self.program.recorded_bytes)
        block = TickBlock(self._tick, steps, _joined(tables), counts, self._voltages(voltages))
        if steps:
            self._sent = sent[:, -1].copy()
        self._tick += steps
        return block

    def _each_sample(self, run: Callable[[int], Result]) -> list[Result]:
        """Return `run(sample)` of every sample; compiled code lets other threads run meanwhile."""
        if min(self.threads, self.batch) == 1:
            return [run(sample) for sample in range(self.batch)]
        with ThreadPoolExecutor(min(self.threads, self.batch)) as pool:
            return list(pool.map(run, range(self.batch)))

    def _run(
        self, sample: int, given: tuple[NDArray[np.int32], IntArray], outputs: Outputs
    ) -> tuple[NDArray[np.int32], IntArray, InFlight]:
        """Run one sample and return its spikes, their starts, and those still under way.

        Its rows of the state and `outputs` are all that changes.
        """
        spikes, start = run_ticks(
            self._tick,
            self.seed,
            self._numbers[sample],
            self.program.populations,
            self.program.parameters,
            self.program.rows,
            _each(self._state, lambda array: array[sample]),
            self.program.packets,
            *self._in_flight[sample],
            self._sent[sample],
            *given,
            self._voltages_of,
            outputs,
        )
        if start[0, 0] < 0:
            found = f"more than {MOST_SPIKES_PER_TICK:,} spikes in one tick"
            raise SimulationError("simulation", found, hint="look for relays that feed each other")
        last = start[-1]
        in_flight = (spikes[last[0] :].copy(), last - last[0])
        to_neuron_order(spikes, start[1:], self.program.populations)
        return spikes, start, in_flight

    def _table(self, sample: int, spikes: NDArray[np.int32], start: IntArray) -> SpikeTable:
        """Return the spikes of the ticks that ran as rows; row 0 of `start` is the tick before them."""
        sizes = np.diff(start[1:], axis=1)
        ticks = np.repeat(self._tick + np.arange(len(sizes), dtype=np.int64), sizes.sum(axis=1))
        population = np.repeat(np.tile(np.arange(sizes.shape[1], dtype=np.int32), len(sizes)), sizes.reshape(-1))
        neuron = spikes[len(spikes) - len(ticks) :]
        return SpikeTable(np.full(len(ticks), sample, np.int32), ticks, population, neuron)

    def _columns(self) -> IntArray:
        """Return where the voltages of each population kept begin and end among the columns."""
        return np.cumsum([0, *np.diff(self.program.populations.first_neuron)[self._voltages_of]], dtype=np.int64)

    def _voltages(self, kept: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the voltages of each population, (samples, ticks, neurons), from the columns of the kernel."""
        columns, voltages = self._columns(), {}
        for index, start, stop in zip(self.program.voltages_of, columns[:-1], columns[1:], strict=True):
            values, channels = kept[:, :, start:stop], int(self.program.populations.planes[index])
            if channels:
                pixels = values.reshape(*values.shape[:2], values.shape[2] // channels, channels)
                values = pixels.swapaxes(2, 3).reshape(values.shape)
            voltages[self.program.names[index]] = np.ascontiguousarray(values)
        return voltages

    def _given(self, steps: int, stimulus: Stimulus) -> tuple[NDArray[np.int32], IntArray]:
        """Return the stimulus as one array of neurons and where each population starts, (steps, populations + 1)."""
        names, populations = self.program.names, self.program.populations
        sources = [name for name, update in zip(names, populations.update, strict=True) if update == STIMULUS]
        for name in stimulus:
            if name not in sources:
                raise SimulationError("stimulus", f"no input population '{name}'", hint=nearest(name, sources))
        sizes = np.zeros((steps, len(names)), np.int64)
        trains = []
        for index, name in enumerate(names):
            if name in stimulus and len(stimulus[name].step):
                train = stimulus[name]
                self._check(name, train, int(np.diff(populations.first_neuron)[index]), steps)
                sizes[:, index] = np.bincount(train.step, minlength=steps)
                trains.append((index, train))
        ends = np.cumsum(sizes.reshape(-1)).reshape(sizes.shape)
        start = np.concatenate([ends[:, :1] - sizes[:, :1], ends], axis=1)
        if not trains:
            return np.zeros(0, np.int32), start
        neuron = np.concatenate([train.neuron for _, train in trains], dtype=np.int32)
        step = np.concatenate([train.step for _, train in trains])
        if len(trains) > 1 or np.any(step[1:] < step[:-1]):
            population = np.repeat([index for index, _ in trains], [len(train.step) for _, train in trains])
            neuron = neuron[np.lexsort((population, step))]
        return neuron, start

    def _check(self, name: str, train: SpikeTrain, size: int, steps: int) -> None:
        if train.step.min() < 0 or train.step.max() >= steps:
            found = f"spikes in steps {train.step.min()} to {train.step.max()}"
            raise SimulationError(f"stimulus of '{name}'", found, f"this advance has {steps} steps")
        if train.neuron.min() < 0 or train.neuron.max() >= size:
            found = f"spikes of neurons {train.neuron.min()} to {train.neuron.max()}"
            raise SimulationError(f"stimulus of '{name}'", found, f"its neurons are 0 to {size - 1}")


def _each(state: State, of: Callable[[Any], Any]) -> State:
    """Return the state with `of` applied to each of its arrays."""
    return State(*map(of, state))


def _joined(tables: Sequence[SpikeTable]) -> SpikeTable:
    if len(tables) == 1:
        return tables[0]
    return SpikeTable(
        *(np.concatenate([getattr(table, name) for table in tables]) for name in SpikeTable.__dataclass_fields__)
    )
