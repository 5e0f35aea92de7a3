"""The engine `per_pe`: every PE by its own clock, function and time together; the reference where a PE is late."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.errors import SimulationError
from s2studio.network.stimulus.spikes import Stimulus
from s2studio.sim.counts import TickBlock
from s2studio.sim.kernels.per_pe import admitted, take_packets, update_slice
from s2studio.sim.kernels.ticks import MOST_SPIKES_PER_TICK, STIMULUS
from s2studio.sim.kernels.update import State
from s2studio.sim.level import LevelPolicy, choose_levels
from s2studio.sim.pe_ticks import Packets, TickRows
from s2studio.sim.program import Program
from s2studio.sim.rows import engine_order
from s2studio.sim.stimulus import GivenSpikes
from s2studio.sim.timing import SliceWork, clocks_hz, switch_s
from s2studio.snn.fan_out import IntArray

FifoPolicy = Literal["drop", "overwrite", "stall"]
FIFO_POLICIES: tuple[FifoPolicy, ...] = get_args(FifoPolicy)
# Of a tick: what rounding may add to a time that fills it to the last cycle; as in sim.timing.
_ROUNDING = 1e-9
# What happens to a PE at a moment; of two things at one moment the sending comes first.
_SEND, _START = 0, 1


@dataclass(frozen=True)
class Clockwork:
    """What time is to an engine: costs and clocks of `spec`, `tick_s`, the FIFO's depth and policy, and latencies.

    `latencies_s` (slices, slices) is how long a packet of the row's slice is under way to the column's PE.
    """

    spec: ChipSpec
    work: SliceWork
    level: LevelPolicy
    tick_s: float
    latencies_s: NDArray[np.float64]
    fifo: str = "drop"

    @property
    def depth(self) -> int:
        """The packets that a FIFO holds."""
        return self.spec.fifo_depth_packets


@dataclass
class _Pe:
    """One PE: what it is, and where it is in its ticks.

    `taken_s` are the moments at which the packets it read leave the FIFO; `offsets_s`, `fired` and `next` are the
    spikes of the tick under way, which is over `left_s` after the last of them; `stalled_s` is added to all of it.
    """

    number: int
    population: int
    part: int
    start: int
    place: IntArray
    targets: IntArray
    latencies_s: NDArray[np.float64]
    tick: int = 0
    began_s: float = 0.0
    stalled_s: float = 0.0
    ends_s: float = 0.0
    next: int = 0

    def __post_init__(self) -> None:
        self.waiting = Packets.none()
        self.arriving: list[Packets] = []
        self.taken_s: NDArray[np.float64] = np.zeros(0)
        self.fired: NDArray[np.int32] = np.zeros(0, np.int32)
        self.offsets_s: NDArray[np.float64] = np.zeros(0)
        self.blocked: list[_Pe] = []

    def occupied(self, now_s: float) -> int:
        """Return the places of the FIFO that are taken at `now_s`, packets under way included."""
        return int((self.taken_s > now_s).sum()) + len(self.waiting) + sum(map(len, self.arriving))


class PerPeSimulator:
    """Runs a program PE by PE, in the order of events, for one sample.

    A PE begins a tick when its timer fires or, if it is still at work, when it is done; it reads what waits in its FIFO
    once, and what arrives later waits for its next tick. There is no barrier. `steps` is how many ticks the run has;
    with None, no end is known. `sample` is the number by which random draws differ between samples. `advance` feeds
    ticks of stimulus and returns the ticks that all PEs have completed, fewer than were fed while one is behind; at the
    end of the run all that is left.
    """

    def __init__(
        self, program: Program, clock: Clockwork, seed: int = 0, steps: int | None = None, sample: int = 0
    ) -> None:
        clock.level.check(clock.spec)
        if not 0 <= seed < 2**63 or clock.fifo not in FIFO_POLICIES or not clock.tick_s > 0:
            found = f"seed {seed}, FIFO '{clock.fifo}', tick {clock.tick_s} s"
            raise SimulationError("simulator", found, f"seed 0 to 2^63 - 1, FIFO {', '.join(FIFO_POLICIES)}, tick > 0")
        self.program, self.clock, self.seed, self.steps, self.sample = program, clock, seed, steps, sample
        self.batch = 1
        self.reset()

    @property
    def tick(self) -> int:
        """The first tick that has not been returned yet."""
        return self._returned

    def reset(self) -> None:
        """Go back to before the first tick: initial voltages, no currents, empty FIFOs."""
        parameters, populations = self.program.parameters, self.program.populations
        neurons = len(parameters.v_init)
        self._state = State(
            v=parameters.v_init.copy(),
            i_exc=np.zeros(neurons, np.float32),
            i_inh=np.zeros(neurons, np.float32),
            ready=np.zeros(neurons, np.int32),
            sums=np.zeros(int(populations.first_sum[-1]), np.int32),
        )
        self._scratch = np.zeros(int(np.diff(populations.first_sum).max(initial=0)), np.int32)
        self._pes = list(self._make_pes())
        self._given = GivenSpikes(self.program)
        self._rows = TickRows(self.program)
        self._fed = self._returned = self._order = 0
        self._events: list[tuple[float, int, int, _Pe]] = []
        for pe in self._pes:
            self._push(0.0, _START, pe)

    def advance(self, steps: int, stimulus: Stimulus | Sequence[Stimulus] = ()) -> TickBlock:
        """Feed `steps` ticks with `stimulus`, its steps counted from the first of them; return what is complete."""
        if steps < 0:
            raise SimulationError("advance", f"{steps} steps", "at least 0 are expected")
        given = stimulus if isinstance(stimulus, Mapping) else next(iter(stimulus), {})
        self._given.add(self._fed, steps, given)
        self._fed += steps
        while self._events and not self._must_wait():
            now_s, kind, _, pe = heapq.heappop(self._events)
            if kind == _START:
                self._begin(pe, now_s)
            else:
                self._send(pe, now_s)
        is_over = self.steps is not None and self._fed >= self.steps
        if is_over and not self._events and any(pe.tick < self._fed for pe in self._pes):
            raise self._stands_still()
        complete = min((pe.tick for pe in self._pes), default=self._fed)
        block = self._rows.block(self._returned, min(complete, self._fed), self._given)
        self._returned += block.ticks
        return block

    def _must_wait(self) -> bool:
        """Return whether the next event is a tick that no stimulus was given for yet: none after it may come first."""
        _, kind, _, pe = self._events[0]
        return kind == _START and pe.tick >= self._fed

    def _make_pes(self) -> Iterator[_Pe]:
        populations, packets = self.program.populations, self.program.packets
        for p in range(len(populations.update)):
            neurons = slice(populations.first_neuron[p], populations.first_neuron[p + 1])
            size, channels = neurons.stop - neurons.start, int(populations.planes[p])
            place = np.zeros(size, np.int64)
            place[engine_order(np.arange(size), channels)] = np.arange(size)
            of_neuron = populations.slice_of[neurons][place]
            for part, number in enumerate(range(populations.first_slice[p], populations.first_slice[p + 1])):
                start, stop = np.searchsorted(of_neuron, [number, number + 1]).tolist()
                targets = np.flatnonzero(packets.receivers[packets.kind[number]])
                latencies = self.clock.latencies_s[number, targets]
                yield _Pe(number, p, part, start, place[start:stop], targets, latencies)

    def _push(self, moment_s: float, kind: int, pe: _Pe) -> None:
        self._order += 1
        heapq.heappush(self._events, (moment_s, kind, self._order, pe))

    def _begin(self, pe: _Pe, now_s: float) -> None:
        """Run the tick of `pe` that begins now: what it does follows from the packets it reads now."""
        read, lost = self._read(pe, now_s)
        clock, change_s = self._speed(pe, len(read))
        costs, work = self.clock.spec.cycles, self.clock.work
        events = take_packets(
            pe.tick,
            pe.population,
            pe.part,
            pe.place,
            read.population,
            read.neuron,
            self.program.populations,
            self.program.rows,
            self._scratch,
            self._state.sums,
        )
        pe.fired = self._fired(pe)
        taking = costs.tick + np.cumsum(costs.packet + events * costs.synaptic_event)
        per_neuron = self.clock.spec.models[work.models[pe.number]].cycles_per_neuron
        send = float(work.packets_per_spike[pe.number]) * costs.send
        before = float(taking[-1]) if len(taking) else costs.tick
        nth = np.arange(1, len(pe.fired) + 1)
        pe.offsets_s = change_s + (before + per_neuron * (pe.fired - pe.start + 1) + nth * send) / clock
        recording = float(work.recorded_voltages[pe.number]) * costs.voltage_record
        total = before + per_neuron * float(self.program.updates[pe.number]) + send * len(pe.fired) + recording
        works_s = now_s + change_s
        pe.taken_s, pe.began_s, pe.ends_s = works_s + taking / clock, now_s, works_s + total / clock
        pe.stalled_s, pe.next = 0.0, 0
        self._rows.begin(pe.tick, pe.number, len(read), int(events.sum()), pe.fired, read, lost)
        self._rows.keep_voltages(pe.tick, pe.population, slice(pe.start, pe.start + len(pe.place)), self._v(pe))
        self._wake(pe)
        if self.clock.fifo == "stall":
            self._go_on(pe)
        else:
            self._deliver(pe, slice(None))
            self._finish(pe)

    def _read(self, pe: _Pe, now_s: float) -> tuple[Packets, Packets]:
        """Take what waits in the FIFO of `pe` now, in the order of arrival, and what a full FIFO lost since before."""
        found = Packets.joined([pe.waiting, *pe.arriving]).in_order()
        here = int(np.searchsorted(found.arrival_s, now_s, side="right"))
        arrived, pe.waiting, pe.arriving = found.part(slice(here)), found.part(slice(here, None)), []
        if self.clock.fifo == "stall":
            return arrived, Packets.none()
        policy = FIFO_POLICIES.index(cast("FifoPolicy", self.clock.fifo))
        kept = admitted(arrived.arrival_s, pe.taken_s, self.clock.depth, policy)
        return arrived.part(kept), arrived.part(~kept)

    def _speed(self, pe: _Pe, packets: int) -> tuple[float, float]:
        """Return the clock in Hz at which `pe` works with `packets`, and how long it changes to that level, in s."""
        models, spec = (self.clock.work.models[pe.number],), self.clock.spec
        levels = choose_levels(self.clock.level, np.array([packets]), models, spec)
        return float(clocks_hz(levels, spec)[0]), float(switch_s(levels, spec)[0])

    def _fired(self, pe: _Pe) -> NDArray[np.int32]:
        if self.program.populations.update[pe.population] == STIMULUS:
            return self._given.of(pe.tick, pe.population, pe.start, pe.start + len(pe.place))
        fired = update_slice(
            pe.tick,
            pe.population,
            pe.start,
            pe.place,
            self.seed,
            self.sample,
            self.program.populations,
            self.program.parameters,
            self._state,
        )
        if len(fired) > MOST_SPIKES_PER_TICK:
            found = f"more than {MOST_SPIKES_PER_TICK:,} spikes in one tick"
            raise SimulationError("simulation", found, hint="look for relays that feed each other")
        return fired

    def _v(self, pe: _Pe) -> NDArray[np.float32]:
        v: NDArray[np.float32] = self._state.v[self.program.populations.first_neuron[pe.population] + pe.place]
        return v

    def _deliver(self, pe: _Pe, spikes: slice) -> None:
        """Put `spikes` of the tick under way into what arrives at each target."""
        fired = pe.fired[spikes]
        if not len(fired):
            return
        sent_s = pe.began_s + pe.stalled_s + pe.offsets_s[spikes]
        sent = Packets.of(sent_s, pe.number, pe.population, fired, pe.tick)
        for target, latency_s in zip(pe.targets.tolist(), pe.latencies_s.tolist(), strict=True):
            self._pes[target].arriving.append(sent.arriving(sent_s + latency_s))

    def _go_on(self, pe: _Pe) -> None:
        """Plan the next spike of `pe`, or end its tick after the last."""
        if pe.next < len(pe.fired) and len(pe.targets):
            self._push(pe.began_s + pe.stalled_s + float(pe.offsets_s[pe.next]), _SEND, pe)
        else:
            self._finish(pe)

    def _send(self, pe: _Pe, now_s: float) -> None:
        """Send the next spike of `pe` where every target has room, else wait for it."""
        full = next((number for number in pe.targets if self._is_full(self._pes[number], now_s)), None)
        if full is None:
            pe.stalled_s += max(0.0, now_s - (pe.began_s + pe.stalled_s + float(pe.offsets_s[pe.next])))
            self._deliver(pe, slice(pe.next, pe.next + 1))
            pe.next += 1
            self._go_on(pe)
            return
        target = self._pes[int(full)]
        later = target.taken_s[target.taken_s > now_s]
        if len(later):
            self._push(float(later[0]), _SEND, pe)
        else:
            target.blocked.append(pe)

    def _is_full(self, target: _Pe, now_s: float) -> bool:
        # A PE that has run all its ticks reads no more; its FIFO no longer holds anybody up.
        is_done = self.steps is not None and target.tick >= self.steps
        return not is_done and target.occupied(now_s) >= self.clock.depth

    def _wake(self, pe: _Pe) -> None:
        """Let those go on that wait for room in the FIFO of `pe`, once it has taken its first packet."""
        for waiting in pe.blocked:
            self._push(float(pe.taken_s[0]) if len(pe.taken_s) else pe.began_s, _SEND, waiting)
        pe.blocked = []

    def _finish(self, pe: _Pe) -> None:
        """End the tick of `pe` and plan its next: when its timer fires or, if that has passed, at once."""
        tick_s = self.clock.tick_s
        ends_s = pe.ends_s + pe.stalled_s
        self._rows.finish(pe.tick, pe.number, max(0.0, pe.began_s - pe.tick * tick_s), pe.stalled_s)
        pe.tick += 1
        timer_s = pe.tick * tick_s
        if self.steps is None or pe.tick < self.steps:
            self._push(timer_s if ends_s <= timer_s + _ROUNDING * tick_s else ends_s, _START, pe)
        self._wake(pe)

    def _stands_still(self) -> SimulationError:
        waits: defaultdict[int, int] = defaultdict(int)
        for pe in self._pes:
            for blocked in pe.blocked:
                waits[pe.number] += blocked.number >= 0
        worst = max(waits, key=lambda number: waits[number], default=0)
        name = self.program.names[self._pes[worst].population]
        return SimulationError(
            f"population '{name}', slice {self._pes[worst].part + 1}",
            f"its FIFO is full in tick {self._pes[worst].tick:,} and {waits[worst]} PEs wait for it, itself among them "
            "or held up by them",
            f"{self.clock.depth:,} packets wait at most",
            "a NoC that stalls stands still here: use --fifo drop, spread the slice or lengthen the tick",
        )
