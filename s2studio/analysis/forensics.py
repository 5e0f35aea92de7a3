"""Why a PE was late or lost packets in a tick: its phases, its queue, who sent to it and how, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.trouble import troubled
from s2studio.chip.machine import PE
from s2studio.errors import UsageError
from s2studio.mapping.mapping import Link
from s2studio.session.run import PricedBlock, Run
from s2studio.session.tables import SPIKES
from s2studio.session.time_ends import TimeEnds
from s2studio.sim.energy_ends import phase_ends_s
from s2studio.sim.noc_delay import NocLoad, Way, is_routed, noc_load, route_ways, unloaded_s
from s2studio.sim.timing import SWITCHING, late, switch_s
from s2studio.units import NS_PER_S, counted, with_unit

# Of a sender's neurons, and of lost packets, so many are named.
MOST_NAMED = 20
PHASES = {
    "neurons": "updating neurons",
    "synapses": "synaptic events",
    "packets": "taking and sending packets",
    "recording": "recording",
    "switching": "changing the level",
    "began late": "work left from before",
    "stalled": "waiting for full FIFOs",
}


class Phase(NamedTuple):
    """What a PE spent time on until it was done with its tick, in s, and as a share of that; shares add up to 1.

    `time_low_s` and `time_high_s` are its ends, equal for what it only waited for.
    """

    kind: str
    time_s: float
    time_low_s: float
    time_high_s: float
    share: float


class NeuronSpikes(NamedTuple):
    """A neuron and its spikes."""

    neuron: int
    spikes: int


class Crossed(NamedTuple):
    """A link on a way: the flits of all senders over it in that tick, and how long a packet waits for it, in s."""

    link: Link
    flits: int
    waiting_s: float

    def as_dict(self) -> dict[str, Any]:
        """Return the link for JSON, in words."""
        return self._asdict() | {"link": _words(self.link)}


class RouteTaken(NamedTuple):
    """The way from a sender: links in order, and how long a packet is under way, alone and for waiting, in s.

    `busiest` is the link with most flits in that tick, None on a way without links.
    """

    links: tuple[Crossed, ...]
    through_router: bool
    unloaded_s: float
    waiting_s: float
    busiest: str | None
    busiest_flits: int


class Sender(NamedTuple):
    """A slice whose spikes reached the PE: `neurons` names those with most spikes, empty where spikes were not kept."""

    population: str
    slice: int
    pe: str
    packets: int
    neurons: tuple[NeuronSpikes, ...]
    route: RouteTaken

    def as_dict(self) -> dict[str, Any]:
        """Return the sender for JSON."""
        route = self.route._asdict() | {"links": [each.as_dict() for each in self.route.links]}
        return self._asdict() | {"neurons": [row._asdict() for row in self.neurons], "route": route}


class Lost(NamedTuple):
    """A packet that the PE's full FIFO lost: of which neuron, sent in which tick, how long after that it arrived."""

    population: str
    neuron: int
    sent_tick: int
    arrival_s: float


class Origin(NamedTuple):
    """The tick in which the lateness began that was still there, and what took longest in it."""

    tick: int
    kind: str
    time_done_s: float


@dataclass(frozen=True)
class Why:
    """What happened to a PE in a tick; `cause` says it in a sentence.

    `time_done_low_s` and `time_done_pessimistic_s` are by the ends of the cycle costs.

    `lost` names the first MOST_NAMED of `packets_lost`, `senders` are those of the tick before, most packets first;
    `origin` is None where the PE began its tick in time.
    """

    engine: str
    tick: int
    tick_s: float
    pe: str
    population: str
    slice: int
    slices: int
    time_done_low_s: float
    time_done_s: float
    time_done_pessimistic_s: float
    late: bool
    level: str
    phases: tuple[Phase, ...]
    packets: int
    fifo_depth: int
    packets_lost: int
    packets_late: int
    synaptic_events: int
    senders: tuple[Sender, ...]
    lost: tuple[Lost, ...]
    origin: Origin | None
    cause: str

    def as_dict(self) -> dict[str, Any]:
        """Return what `why --json` prints."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        plain["phases"] = [phase._asdict() for phase in self.phases]
        plain["senders"] = [sender.as_dict() for sender in self.senders]
        plain["lost"] = [packet._asdict() for packet in self.lost]
        plain["origin"] = self.origin and self.origin._asdict()
        return plain


def why(
    run: Run, tick: int | None = None, pe: PE | None = None, sample: int = 0, start: int = 0, stop: int | None = None
) -> Why:
    """Return why `pe` needed its time, or lost packets, in `tick` of a simulated run.

    Without `tick`, the first from `start` to `stop` (None: the end) in which a PE was late or lost packets, or that
    with the longest `time_done`; without `pe` the one that lost most packets in it, or was done last. Raises UsageError
    where the run has no such tick or PE.
    """
    number = None if pe is None else _number_of(run, pe)
    if tick is None:
        tick = _first_of_interest(run, number, sample, start, stop)
    if not 0 <= tick < run.ticks or not 0 <= sample < run.about.samples:
        raise UsageError("--tick", f"tick {tick}, sample {sample}", f"the run has {run.ticks} ticks")
    return _Case(run, tick, number, sample).found()


def _number_of(run: Run, pe: PE) -> int:
    for number, piece in enumerate(run.mapping.slices):
        if piece.pe == pe:
            return number
    used = ", ".join(str(piece.pe) for piece in run.mapping.slices[:3])
    raise UsageError("--pe", f"{pe} holds no slice", hint=f"used are {used} and so on; see `s2studio map`")


def _first_of_interest(run: Run, number: int | None, sample: int, start: int, stop: int | None) -> int:
    longest, place = -1.0, start
    for block in run.priced_blocks(start, stop):
        chosen = slice(None) if number is None else [number]
        done = block.priced.time_done_s[sample][:, chosen]
        found = troubled(run, block, sample)[:, chosen]
        if found.any():
            return block.start + int(found.any(axis=1).argmax())
        if float(done.max(initial=0)) > longest:
            longest, place = float(done.max(initial=0)), block.start + int(done.max(axis=1).argmax())
    return place


class _Case:
    """One PE in one tick of one sample, and what is needed to explain it."""

    def __init__(self, run: Run, tick: int, number: int | None, sample: int) -> None:
        self.run, self.tick, self.sample = run, tick, sample
        self.block = self._priced(tick)
        timed = run.lateness(tick, tick + 1) if run.about.is_timed else {}
        zero = np.zeros(len(run.mapping.slices), np.int64)
        self.timed = {name: timed[name][sample, 0] if timed else zero for name in ("packets_lost", "packets_late")}
        if number is None:
            lost, done = self.timed["packets_lost"], self.block.priced.time_done_s[sample, 0]
            number = int(lost.argmax()) if lost.any() else int(done.argmax())
        self.number, self.piece = number, run.mapping.slices[number]

    def found(self) -> Why:
        """Return the explanation."""
        run, counts = self.run, self.block.counts
        phases, origin = self._phases(self.tick, self.block), self._origin()
        same = [piece for piece in run.mapping.slices if piece.population == self.piece.population]
        done = float(self.block.priced.time_done_s[self.sample, 0, self.number])
        low, pessimistic = self._ends()
        known = Why(
            engine=run.about.engine,
            tick=self.tick,
            tick_s=run.tick_s,
            pe=str(self.piece.pe),
            population=self.piece.population,
            slice=same.index(self.piece) + 1,
            slices=len(same),
            time_done_low_s=low,
            time_done_s=done,
            time_done_pessimistic_s=pessimistic,
            late=bool(late(np.array([done]), run.tick_s)[0]),
            level=tuple(run.machine.spec.levels)[int(self.block.priced.levels[self.sample, 0, self.number])],
            phases=phases,
            packets=int(counts.packets[self.sample, 0, self.number]),
            fifo_depth=run.machine.spec.fifo_depth_packets,
            packets_lost=int(self.timed["packets_lost"][self.number]),
            packets_late=int(self.timed["packets_late"][self.number]),
            synaptic_events=int(counts.synaptic_events[self.sample, 0, self.number]),
            senders=tuple(self._senders()),
            lost=tuple(self._lost()),
            origin=origin,
            cause="",
        )
        return Why(**{**vars(known), "cause": cause_of(known)})

    def _ends(self) -> tuple[float, float]:
        """Return when the PE is done by both ends of the cycle costs, with what it carries from ticks before."""
        ends, place = TimeEnds(self.run, self.tick).of(self.block), (self.sample, 0, self.number)
        return float(ends.done_low_s[place]), float(ends.done_pessimistic_s[place])

    def _priced(self, tick: int) -> PricedBlock:
        return next(iter(self.run.priced_blocks(tick, tick + 1)))

    def _phases(self, tick: int, block: PricedBlock) -> tuple[Phase, ...]:
        """Return what the PE spent its tick on, longest first."""
        place = (self.sample, 0, self.number)
        clock = list(self.run.machine.spec.levels.values())[int(block.priced.levels[place])].clock_hz
        spent = {kind: float(cycles[place]) / clock for kind, cycles in block.priced.cycles.items()}
        spent[SWITCHING] = float(switch_s(block.priced.levels, self.run.machine.spec)[place])
        if self.run.about.is_timed:
            timed = self.run.lateness(tick, tick + 1)
            spent["began late"] = float(timed["start_delay_ns"][place]) / NS_PER_S
            spent["stalled"] = float(timed["stalled_ns"][place]) / NS_PER_S
        whole_s = sum(spent.values())
        ends = phase_ends_s(block.counts, self.run.work, block.priced, self.run.machine.spec, place)
        rows = [
            Phase(kind, time_s, *ends.get(kind, (time_s, time_s)), time_s / whole_s)
            for kind, time_s in spent.items()
            if time_s
        ]
        return tuple(sorted(rows, key=lambda row: -row.time_s))

    def _origin(self) -> Origin | None:
        """Return the last tick before this one that the PE began in time, where it did not begin this one so."""
        if not self.run.about.is_timed:
            return None
        delay = self.run.lateness(0, self.tick + 1)["start_delay_ns"][self.sample, :, self.number]
        if not delay[self.tick]:
            return None
        tick = int(np.flatnonzero(delay[: self.tick] == 0)[-1])
        block = self._priced(tick)
        longest = self._phases(tick, block)[0]
        return Origin(tick, longest.kind, float(block.priced.time_done_s[self.sample, 0, self.number]))

    def _senders(self) -> Iterator[Sender]:
        """Yield who sent to the PE in the tick before, most packets first."""
        if not self.tick:
            return
        before, run = self._priced(self.tick - 1), self.run
        load = noc_load(before.counts, run.work, run.traffic, run.machine.spec, before.priced.levels, self.sample)
        spikes = before.counts.spikes[self.sample, 0]
        sending = [number for number in np.argsort(-spikes, kind="stable").tolist() if spikes[number]]
        neurons, population = self._spikes_before()
        for number in sending:
            if self.number not in run.mapping.routes[number].targets:
                continue
            piece = run.mapping.slices[number]
            own = neurons[population == run.about.names.index(piece.population)]
            own = own[(own >= piece.start) & (own < piece.stop)]
            named, counts = np.unique(own, return_counts=True)
            order = np.argsort(-counts, kind="stable")[:MOST_NAMED]
            same = [one for one in run.mapping.slices if one.population == piece.population]
            yield Sender(
                piece.population,
                same.index(piece) + 1,
                str(piece.pe),
                int(spikes[number]),
                tuple(NeuronSpikes(int(named[place]), int(counts[place])) for place in order),
                _route(load, route_ways(run.mapping, number)[self.number]),
            )

    def _spikes_before(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        if SPIKES.name not in self.run.tables:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        spikes = self.run.spikes(self.tick - 1, self.tick)
        mine = spikes.sample == self.sample
        return spikes.neuron[mine], spikes.population[mine]

    def _lost(self) -> Iterator[Lost]:
        if not self.run.about.is_timed:
            return
        lost = self.run.lost_packets(self.tick, self.tick + 1)
        for row in np.flatnonzero(lost.target == self.number)[:MOST_NAMED].tolist():
            yield Lost(
                self.run.about.names[int(lost.population[row])],
                int(lost.neuron[row]),
                int(lost.sent_tick[row]),
                int(lost.arrival_ns[row]) / NS_PER_S,
            )


def _route(load: NocLoad, way: Way) -> RouteTaken:
    alone = unloaded_s(way, load.times)
    columns = [load.links.index(link) for link in way]
    links = tuple(
        Crossed(link, int(load.flits[0, column]), float(load.link_wait_s[0, column]))
        for link, column in zip(way, columns, strict=True)
    )
    busiest = max(links, key=lambda crossed: crossed.flits, default=None)
    return RouteTaken(
        links=links,
        through_router=is_routed(way),
        unloaded_s=alone,
        waiting_s=load.delay_s(0, way) - alone,
        busiest=None if busiest is None else _words(busiest.link),
        busiest_flits=0 if busiest is None else busiest.flits,
    )


def _words(link: Link) -> str:
    return f"{link.source} -> {link.target}"


def cause_of(case: Why) -> str:
    """Return in a sentence why the PE was late or lost packets, or that it was neither."""
    parts = []
    longest = case.phases[0] if case.phases else None
    if case.late and longest is not None:
        parts.append(
            f"{case.pe} was done {with_unit(case.time_done_s, 's')} after its timer, in a tick of "
            f"{with_unit(case.tick_s, 's')}: most of it, {with_unit(longest.time_s, 's')}, is {PHASES[longest.kind]}"
        )
    if case.origin is not None:
        parts.append(
            f"it began late, since tick {case.origin.tick:,} took it {with_unit(case.origin.time_done_s, 's')}, "
            f"most of it {PHASES[case.origin.kind]}"
        )
    if case.packets_lost:
        first = case.senders[0].population if case.senders else "senders"
        parts.append(
            f"its FIFO of {case.fifo_depth:,} packets was full and lost {counted(case.packets_lost, 'packet')}; "
            f"most packets of the tick before are from {first}"
        )
    elif case.packets > case.fifo_depth:
        parts.append(f"{case.packets:,} packets waited for a FIFO of {case.fifo_depth:,}: on the chip it can lose some")
    if case.packets_late:
        parts.append(f"{counted(case.packets_late, 'packet')} of other ticks than the one before were read")
    text = "; ".join(parts) if parts else f"{case.pe} was in time and lost nothing"
    return text if text.startswith(case.pe) else f"{case.pe}: {text}"
