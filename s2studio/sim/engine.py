"""The engines: one protocol, one table. An engine runs a program and returns blocks of ticks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from s2studio.chip.spec import ChipSpec
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.mapping.mapping import ChipMapping
from s2studio.network.stimulus.spikes import Stimulus
from s2studio.sim.counts import TickBlock
from s2studio.sim.level import LevelPolicy
from s2studio.sim.lockstep import Simulator
from s2studio.sim.noc_delay import route_latencies_s
from s2studio.sim.per_pe import FIFO_POLICIES, Clockwork, PerPeSimulator
from s2studio.sim.program import Program
from s2studio.sim.timing import slice_work
from s2studio.snn.network import ChipNetwork


class Engine(Protocol):
    """What runs a program.

    `advance` feeds `steps` ticks and returns a block of the ticks from `tick` on that are complete: all that were fed,
    or fewer while a PE is behind; the ticks that are missing come with later calls, at the latest with the last.
    """

    @property
    def tick(self) -> int:
        """The first tick that has not been returned yet."""

    def reset(self) -> None:
        """Go back to before the first tick."""

    def advance(self, steps: int, stimulus: Stimulus | Sequence[Stimulus] = ()) -> TickBlock:
        """Feed `steps` ticks, the stimulus counted from the first of them, and return what is complete."""


@dataclass(frozen=True)
class EngineOptions:
    """How an engine runs one sample, whose number is `sample`.

    Tick, level and `fifo` matter to `per_pe` only, `threads` (None: as many as pay) to `lockstep`.
    """

    seed: int = 0
    sample: int = 0
    steps: int | None = None
    tick_s: float = 1e-3
    level: LevelPolicy = field(default_factory=LevelPolicy)
    fifo: str = "drop"
    threads: int | None = None


Maker = Callable[[Program, ChipNetwork, ChipMapping, ChipSpec, EngineOptions], Engine]


def _lockstep(
    program: Program, _network: ChipNetwork, _mapping: ChipMapping, _spec: ChipSpec, options: EngineOptions
) -> Engine:
    return Simulator(program, options.seed, samples=[options.sample], threads=options.threads)


def _per_pe(
    program: Program, network: ChipNetwork, mapping: ChipMapping, spec: ChipSpec, options: EngineOptions
) -> Engine:
    work, latencies_s = slice_work(network, mapping), route_latencies_s(mapping, spec)
    clock = Clockwork(spec, work, options.level, options.tick_s, latencies_s, options.fifo)
    return PerPeSimulator(program, clock, options.seed, options.steps, options.sample)


# The engine that runs samples side by side.
LOCKSTEP = "lockstep"
ENGINES: Mapping[str, Maker] = {LOCKSTEP: _lockstep, "per_pe": _per_pe}


def check_engine(name: str, options: EngineOptions) -> None:
    """Raise UsageError where there is no such engine, or no such policy for a full FIFO."""
    if name not in ENGINES:
        raise UsageError("--engine", f"no engine '{name}'", hint=nearest(name, ENGINES))
    if options.fifo not in FIFO_POLICIES:
        raise UsageError("--fifo", f"no policy '{options.fifo}'", hint=nearest(options.fifo, FIFO_POLICIES))


def make_engine(
    name: str, program: Program, network: ChipNetwork, mapping: ChipMapping, spec: ChipSpec, options: EngineOptions
) -> Engine:
    """Return the engine `name` for `program`, which is `network` as `mapping` cuts it."""
    check_engine(name, options)
    return ENGINES[name](program, network, mapping, spec, options)
