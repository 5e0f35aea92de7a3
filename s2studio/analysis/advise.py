"""What sets a run's smallest safe tick, how much room every PE has, and what to change first, with what it gains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from s2studio.analysis.counted import CountedRun
from s2studio.analysis.splits import Rerun, cut_populations, cut_slices
from s2studio.analysis.thresholds import thresholds_for
from s2studio.analysis.timed import Outcome, Timed, cycles_at, safe_tick_s, timed
from s2studio.errors import S2StudioError, Violation
from s2studio.mapping.edit import Editor, Refused, name_of
from s2studio.mapping.map import assemble
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.memory import MemoryModel
from s2studio.mapping.partition import cuts_of
from s2studio.sim.level import AUTO, LevelPolicy
from s2studio.snn.network import ChipNetwork
from s2studio.units import counted, with_unit

Record = Mapping[str, frozenset[str]]
Kind = Literal["tick", "level", "neurons_per_pe", "split", "move", "record", "routing"]
PHASES = {
    "neurons": "updating its neurons",
    "synapses": "walking synapses",
    "packets": "taking packets and sending spikes",
    "recording": "recording voltages",
}
# Of a tick: recording that takes more is worth a line.
_MUCH = 0.1


@dataclass(frozen=True)
class Deadline:
    """The PE tick that sets the smallest safe tick: times in s, `cycles` by kind as the chip file says.

    `phase` is the kind that takes most. `low_s`, `nominal_s` and `pessimistic_s` are the interval of its time.
    """

    slice: str
    population: str
    pe: str
    tick: int
    sample: int
    packets: int
    synaptic_events: int
    phase: str
    cycles: Mapping[str, float]
    low_s: float
    nominal_s: float
    pessimistic_s: float


@dataclass(frozen=True)
class Room:
    """How much room a PE has: `headroom_s` is what is left of the tick in its longest one, negative where it is late.

    `most_packets` waited in its FIFO at once, `free_bytes` are left of its memory.
    """

    slice: str
    pe: str
    neurons: int
    tick: int
    pessimistic_s: float
    headroom_s: float
    late_ticks: int
    most_packets: int
    free_bytes: int


@dataclass(frozen=True, eq=False)
class Fix:
    """One thing to change: what is not None takes the place of what the run has. `after` is what it then takes.

    `saved_j` is the energy that the run then takes less, with its ends (both runs are at the same end of the costs),
    `saved_tick_s` by how much the smallest safe tick is shorter.
    `pieces` says in words what was cut.
    """

    kind: Kind
    title: str
    why: str
    after: Outcome
    saved_tick_s: float
    saved_j: float
    saved_ends_j: tuple[float, float]
    tick_s: float
    policy: LevelPolicy | None = None
    mapping: ChipMapping | None = None
    record: Record | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of this fix; the mapping itself is left out."""
        found = {name: getattr(self, name) for name in ("kind", "title", "why", "saved_tick_s", "saved_j", "tick_s")}
        found |= {"saved_low_j": self.saved_ends_j[0], "saved_high_j": self.saved_ends_j[1]}
        found |= {"level": None if self.policy is None else list(self.policy.texts)}
        found |= {"neurons_per_pe": None if self.mapping is None else dict(self.mapping.options.neurons_per_pe)}
        found |= {"record": None if self.record is None else {name: sorted(kept) for name, kept in self.record.items()}}
        return found | {"after": asdict(self.after)}


@dataclass(frozen=True, eq=False)
class Advice:
    """What `advise` answers. `wanted_tick_s` is the tick to reach, None where every shorter one is welcome.

    `fixes` stand in the order in which to try them; `notes` say what cannot be done, and why; `violations` what did
    not fit as the run was asked for.
    """

    network: str
    chip: str
    wanted_tick_s: float | None
    now: Outcome
    deadline: Deadline
    rooms: tuple[Room, ...]
    fifo_depth: int
    fifo_needed: int
    fixes: tuple[Fix, ...]
    notes: tuple[str, ...]
    violations: tuple[Violation, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return what `advise --json` prints."""
        found = {name: getattr(self, name) for name in ("network", "chip", "wanted_tick_s")}
        found |= {"now": asdict(self.now), "deadline": asdict(self.deadline)}
        found |= {"pes": [asdict(room) for room in self.rooms]}
        found |= {"fifo_depth": self.fifo_depth, "fifo_needed": self.fifo_needed}
        found |= {"fixes": [{"number": number} | fix.as_dict() for number, fix in enumerate(self.fixes, 1)]}
        return found | {"notes": list(self.notes), "violations": [vars(each) for each in self.violations]}


def advise(
    run: CountedRun, network: ChipNetwork | None, rerun: Rerun | None, wanted_tick_s: float | None = None
) -> Advice:
    """Return advice on `run`; `network` (with projections) and `rerun` allow fixes that change the mapping.

    Without `wanted_tick_s` the run's own tick is to be reached where a PE is late in it, else any shorter one is good.
    """
    now = timed(run)
    if wanted_tick_s is None and now.outcome.late_ticks:
        wanted_tick_s = run.tick_s
    adviser = _Adviser(run, now, wanted_tick_s)
    adviser.ticks_and_levels()
    if network is None or rerun is None:
        adviser.notes.append("the session does not hold the model it ran: no other mapping was tried")
    else:
        editor = Editor(network, run.machine)
        adviser.mappings(editor, rerun)
        adviser.moves(editor, rerun)
        adviser.routing(network, rerun)
    adviser.recording()
    adviser.real_time()
    return Advice(
        network=run.network.name,
        chip=run.spec.name,
        wanted_tick_s=wanted_tick_s,
        now=now.outcome,
        deadline=deadline(run, now),
        rooms=rooms(run, now),
        fifo_depth=run.spec.fifo_depth_packets,
        fifo_needed=int(now.most_packets.max(initial=0)),
        fixes=adviser.sorted(),
        notes=tuple(adviser.notes),
    )


def deadline(run: CountedRun, now: Timed) -> Deadline:
    """Return which PE tick sets the smallest safe tick, and what it is spent on."""
    index = int(now.longest_s.argmax())
    tick, sample = int(now.tick[index]), int(now.sample[index])
    cycles = {kind: float(each[index]) for kind, each in cycles_at(run, sample, tick).items()}
    return Deadline(
        slice=name_of(run.mapping, index),
        population=run.mapping.slices[index].population,
        pe=str(run.mapping.slices[index].pe),
        tick=tick,
        sample=sample,
        packets=int(run.counts.packets[sample, tick, index]),
        synaptic_events=int(run.counts.synaptic_events[sample, tick, index]),
        phase=max(cycles, key=lambda kind: cycles[kind]),
        cycles=cycles,
        low_s=float(now.low_s[index]),
        nominal_s=float(now.nominal_s[index]),
        pessimistic_s=float(now.longest_s[index]),
    )


def rooms(run: CountedRun, now: Timed) -> tuple[Room, ...]:
    """Return the room of every PE, the fullest tick first."""
    memory = run.spec.memory.data_bytes
    found = [
        Room(
            slice=name_of(run.mapping, index),
            pe=str(piece.pe),
            neurons=piece.size,
            tick=int(now.tick[index]),
            pessimistic_s=float(now.longest_s[index]),
            headroom_s=now.outcome.tick_s - float(now.longest_s[index]),
            late_ticks=int(now.late_ticks[index]),
            most_packets=int(now.most_packets[index]),
            free_bytes=memory - sum(piece.bytes.values()),
        )
        for index, piece in enumerate(run.mapping.slices)
    ]
    return tuple(sorted(found, key=lambda room: -room.pessimistic_s))


class _Adviser:
    """Tries what could be changed and keeps what helps."""

    def __init__(self, run: CountedRun, now: Timed, wanted_tick_s: float | None) -> None:
        self.run, self.now, self.wanted_s = run, now, wanted_tick_s
        self.fixes: list[Fix] = []
        self.notes: list[str] = []

    @property
    def safe_s(self) -> float:
        """The smallest safe tick as it is now."""
        return self.now.outcome.safe_tick_s

    def ticks_and_levels(self) -> None:
        """Try other ticks, and other levels."""
        safe, tick = self.safe_s, self.run.tick_s
        target = safe if self.wanted_s is None else max(safe, self.wanted_s)
        if target != tick:
            verb = "shorten" if target < tick else "lengthen"
            why = f"no PE is late from {with_unit(safe, 's')} on"
            self._keep("tick", f"{verb} the tick to {with_unit(target, 's')}", why, self.run, target)
        policies = [LevelPolicy(name) for name in self.run.spec.levels]
        goal = self.wanted_s if self.wanted_s is not None else tick
        policies += [policy for policy in (thresholds_for(self.run, goal),) if policy.mode == AUTO]
        for policy in policies:
            if policy.texts == self.run.policy.texts:
                continue
            shortest = safe_tick_s(self.run, policy)
            if shortest >= safe and not self._saves_at_same_tick(policy, shortest):
                continue
            why = f"no PE is late from {with_unit(shortest, 's')} on"
            self._keep(
                "level", f"run at level {', '.join(policy.texts)}", why, self.run, self._tick(shortest), policy=policy
            )

    def _saves_at_same_tick(self, policy: LevelPolicy, shortest: float) -> bool:
        tick = self._tick(max(shortest, self.safe_s))
        after = timed(self.run, policy, tick).outcome
        return after.late_ticks == 0 and after.energy_j < timed(self.run, None, tick).outcome.energy_j

    def mappings(self, editor: Editor, rerun: Rerun) -> None:
        """Try finer cuts: of whole populations, and of the late slices alone."""
        target = self._goal_of_cuts()
        if target is None:
            return
        even = cut_populations(self.run, editor, rerun, target)
        self._keep_cut("neurons_per_pe", even.run, even.refused)
        own = cut_slices(self.run, editor, rerun, target)
        if own.run.mapping.pes_used < even.run.mapping.pes_used or even.refused is not None:
            self._keep_cut("split", own.run, own.refused)

    def moves(self, editor: Editor, rerun: Rerun) -> None:
        """Try other places where they change times: by c2c a slice sends a packet to each QPE with a target."""
        if self.run.mapping.options.routing == "mc":
            self.notes.append("where a slice sits does not change its time: moving slices cannot shorten the tick")
            return
        moved = editor.place_rest(self.run.mapping, placer="greedy")
        if isinstance(moved, Refused):
            return
        again = rerun(moved)
        shortest = safe_tick_s(again, again.policy)
        if shortest < self.safe_s:
            why = "what a slice sends to then shares QPEs, and a spike is fewer packets"
            self._keep("move", "place the slices anew (greedy)", why, again, self._tick(shortest), moved)

    def routing(self, network: ChipNetwork, rerun: Rerun) -> None:
        """Try packets through the event router, where slices send one to each target QPE."""
        mapping = self.run.mapping
        if mapping.options.routing == "mc":
            return
        memory = MemoryModel(network.spiking, self.run.machine, mapping.demand)
        options, cuts = replace(mapping.options, routing="mc"), cuts_of(network.spiking, mapping.slices)
        try:
            pes = [piece.pe for piece in mapping.slices]
            routed = assemble(mapping.network, mapping.network_digest, memory, options, cuts, pes)
        except S2StudioError as problem:
            self.notes.append(f"routing by mc: {problem}")
            return
        again = rerun(routed)
        shortest = safe_tick_s(again, again.policy)
        if shortest < self.safe_s:
            why = "a spike is one packet then, not one for each target QPE"
            self._keep("routing", "route through the event router (mc)", why, again, self._tick(shortest), routed)

    def recording(self) -> None:
        """Try without recorded voltages, where they take much of the longest tick."""
        record = self.run.mapping.demand.record
        index = int(self.now.longest_s.argmax())
        name = self.run.mapping.slices[index].population
        cycles = cycles_at(self.run, int(self.now.sample[index]), int(self.now.tick[index]))
        share = cycles["recording"][index] / sum(each[index] for each in cycles.values())
        if "v" not in record.get(name, ()) or share < _MUCH:
            return
        less = {**record, name: record[name] - {"v"}}
        again = replace(
            self.run, mapping=replace(self.run.mapping, demand=replace(self.run.mapping.demand, record=less))
        )
        tick = self._tick(safe_tick_s(again, again.policy))
        why = f"recording takes {share:.0%} of the longest tick"
        self._keep("record", f"do not record the voltages of '{name}'", why, again, tick, record=less)

    def real_time(self) -> None:
        """Say where ticks are shorter than what they stand for in the model."""
        dt_s = self.run.network.dt_s
        if dt_s is not None and any(fix.tick_s < dt_s for fix in self.fixes):
            tick = with_unit(dt_s, "s")
            limit = f"if the network has to keep up with the world and no more, keep ticks of {tick}"
            self.notes.append(f"a tick stands for {tick} of the model: {limit}")

    def sorted(self) -> tuple[Fix, ...]:
        """Return what helps, what to try first first: in time, as wanted, least energy, fewest PEs."""
        return tuple(
            sorted(
                self.fixes,
                key=lambda fix: (
                    fix.after.late_ticks > 0,
                    self.wanted_s is not None and fix.tick_s > self.wanted_s,
                    fix.after.energy_j,
                    fix.after.pes_used,
                ),
            )
        )

    def _tick(self, shortest: float) -> float:
        return shortest if self.wanted_s is None else max(shortest, self.wanted_s)

    def _goal_of_cuts(self) -> float | None:
        """Return the tick that finer cuts are to reach, None where there is nothing to gain.

        Without a wanted one it is what the other populations need, at least half of what the slowest does.
        """
        if self.wanted_s is not None:
            return self.wanted_s if self.safe_s > self.wanted_s else None
        slowest = int(self.now.longest_s.argmax())
        name = self.run.mapping.slices[slowest].population
        if self.run.mapping.slices[slowest].size == 1:
            return None
        others = [
            float(longest)
            for piece, longest in zip(self.run.mapping.slices, self.now.longest_s, strict=True)
            if piece.population != name
        ]
        return max([float(self.now.longest_s[slowest]) / 2, *others])

    def _keep_cut(self, kind: Kind, after: CountedRun, refused: Refused | None) -> None:
        if refused is not None:
            self.notes.append(f"finer cuts: {refused}")
        shortest = safe_tick_s(after, after.policy)
        if shortest >= self.safe_s:
            return
        cut = _cut_in_words(self.run.mapping, after.mapping, kind)
        more = after.mapping.pes_used - self.run.mapping.pes_used
        why = f"the work of a tick is shared by {counted(more, 'more PE')}"
        self._keep(kind, cut, why, after, self._tick(shortest), after.mapping)

    def _keep(
        self,
        kind: Kind,
        title: str,
        why: str,
        after: CountedRun,
        tick_s: float,
        mapping: ChipMapping | None = None,
        policy: LevelPolicy | None = None,
        record: Record | None = None,
    ) -> None:
        outcome = timed(after, policy, tick_s).outcome
        before = self.now.outcome
        saved_tick = before.safe_tick_s - outcome.safe_tick_s
        names = ("energy_j", "energy_low_j", "energy_high_j")
        saved_j = [getattr(before, name) - getattr(outcome, name) for name in names]
        ends_j = min(saved_j), max(saved_j)
        self.fixes.append(
            Fix(kind, title, why, outcome, saved_tick, saved_j[0], ends_j, tick_s, policy, mapping, record)
        )


def _cut_in_words(before: ChipMapping, after: ChipMapping, kind: Kind) -> str:
    if kind == "neurons_per_pe":
        old, new = before.options.neurons_per_pe, after.options.neurons_per_pe
        changed = [f"{neurons} neurons of '{name}'" for name, neurons in new.items() if old.get(name) != neurons]
        return f"put at most {', '.join(changed)} on a PE"
    there = {(piece.population, piece.start, piece.stop) for piece in after.slices}
    cut = [
        f"{name_of(before, index)} in {_pieces(after, piece.population, piece.start, piece.stop)}"
        for index, piece in enumerate(before.slices)
        if (piece.population, piece.start, piece.stop) not in there
    ]
    shown = ", ".join(cut[:3]) + (f" and {len(cut) - 3} more" if len(cut) > 3 else "")
    return f"split {shown}"


def _pieces(mapping: ChipMapping, population: str, start: int, stop: int) -> int:
    inside = [p for p in mapping.slices if p.population == population and start <= p.start < stop]
    return len(inside)
