"""What a session and the live view cost a run of ten seconds or more, by the clock: what a user waits for.

python benchmarks/long_runs.py [WORKLOAD ...] [--seconds S] [--repeats N] [--record] [--report docs/performance.md]

The same ticks run without a session, with one, and with one and the live view, in turn: one thread simulates, another
writes, and a process reads the shared memory 60 times a second, as the window does. It needs a machine with nothing
else to do and a second processor: where that is taken, a run waits for whoever writes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from machine import describe, write_section
from recorded import record, verdict
from sessions import SPAN, event_digits, repeated
from workloads import WORKLOADS

from s2studio.app.simulation import WATCHED_SPAN_S
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.spec import ChipSpec
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions
from s2studio.network.stimulus.spikes import Stimulus
from s2studio.session.recorder import Recorder, SessionHeader
from s2studio.session.ring import Ring
from s2studio.sim.counts import TickBlock
from s2studio.sim.level import LevelPolicy
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import Program, compile_program
from s2studio.snn.network import ChipNetwork

KINDS = ("no session", "session", "session, live")
ASKED = {"session": 0.15, "live view": 0.05}
HEADER = """\
| workload | ticks | spikes | without a session | with one | costs | asked | live view too | costs | asked | |
|---|---|---|---|---|---|---|---|---|---|---|"""
READER = """\
import sys, time
from s2studio.session.ring import Ring
ring = Ring.attach(sys.argv[1], int(sys.argv[2]))
print(flush=True)
while True:
    ring.read()
    time.sleep(1 / 60)
"""
Write = Callable[[TickBlock], None]


class Case:
    """A workload, ready to run."""

    def __init__(self, name: str) -> None:
        workload = WORKLOADS[name]() if name in WORKLOADS else event_digits()
        self.name = name
        self.network: ChipNetwork = workload.network
        self.spec: ChipSpec = load_chip(workload.chip)
        machine, demand = make_machine(self.spec), Demand(workload.steps)
        self.mapping: ChipMapping = map_network(self.network, machine, MappingOptions(), demand)
        self.program: Program = compile_program(self.network, self.mapping, self.spec)
        self.stimulus, self.span = repeated(workload)

    def watched_span(self) -> int:
        """Return how many ticks at once a run takes that someone watches."""
        return min(self.span, max(1, self.ticks_in(WATCHED_SPAN_S)))

    def run(self, ticks: int, span: int, write: Write) -> None:
        """Run so many ticks, `span` at once, and give them to `write`."""
        simulator, stimulus = Simulator(self.program), self.first(span)
        for _ in range(max(1, ticks // span)):
            write(simulator.advance(span, stimulus))

    def first(self, span: int) -> Stimulus:
        """Return the stimulus of the first ticks."""
        return {name: train.between(0, span) for name, train in self.stimulus.items()}

    def ticks_in(self, seconds: float) -> int:
        """Return how many ticks run in about that time."""
        simulator, stimulus = Simulator(self.program), self.first(self.span)
        simulator.advance(self.span, stimulus)
        started = time.perf_counter()
        simulator.advance(self.span, stimulus)
        return int(seconds / (time.perf_counter() - started) * self.span)


@contextmanager
def session(case: Case) -> Iterator[Write]:
    """Yield what writes blocks into a session, which is complete at the end."""
    observed = {population.name: frozenset({"spikes"}) for population in case.network.spiking.populations}
    with tempfile.TemporaryDirectory() as folder:
        header = SessionHeader(case.name, 0, case.spec, case.mapping.runtime)
        with Recorder(Path(folder) / "run.s2s", header) as recorder:
            yield recorder.start_run(case.network, case.mapping, LevelPolicy(), 1e-3, 1 << 30, {}, observed).write


@contextmanager
def live(case: Case) -> Iterator[Write]:
    """Yield what writes blocks into memory that a process reads 60 times a second."""
    slices = len(case.mapping.slices)
    ring = Ring.create(slices)
    command = [sys.executable, "-c", READER, ring.name, str(slices)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reader:
        if reader.stdout is not None:
            reader.stdout.readline()
        ring.unlink()
        try:
            yield ring.write
        finally:
            reader.kill()
            ring.close()


def seconds(case: Case, kind: str, ticks: int, span: int) -> tuple[float, int]:
    """Return how long a run takes by the clock, its session closed, and its spikes."""
    spikes = 0
    writers: list[Write] = []
    with ExitStack() as stack:
        if kind == KINDS[2]:
            writers.append(stack.enter_context(live(case)))
        started = time.perf_counter()
        with ExitStack() as inner:
            if kind != KINDS[0]:
                writers.insert(0, inner.enter_context(session(case)))

            def write(block: TickBlock) -> None:
                nonlocal spikes
                spikes += len(block.spikes.tick)
                for each in writers:
                    each(block)

            case.run(ticks, span, write)
        return time.perf_counter() - started, spikes


def measure(name: str, at_least_s: float, repeats: int) -> tuple[str, dict[str, float]]:
    """Return a row of the table, and the ratios of the time without to the time with, by name."""
    case = Case(name)
    ticks = max(SPAN, case.ticks_in(at_least_s * 1.1))
    spans = dict.fromkeys(KINDS, case.span) | {KINDS[2]: case.watched_span()}
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    spikes = 0
    for _ in range(repeats):
        for kind in KINDS:
            spent, spikes = seconds(case, kind, ticks, spans[kind])
            found[kind].append(spent)
    pairs = (("session", KINDS[0], KINDS[1]), ("live view", KINDS[1], KINDS[2]))
    costs = {
        title: statistics.median(after / before - 1 for before, after in zip(found[base], found[kind], strict=True))
        for title, base, kind in pairs
    }
    ratios = {f"long run {name}, {title}": 1 / (1 + cost) for title, cost in costs.items()}
    alone, kept, watched = (statistics.median(found[kind]) for kind in KINDS)
    behind = " ".join(filter(None, (verdict(*each) for each in ratios.items())))
    row = (
        f"| {name} | {ticks:,} | {spikes / 1e6:,.1f} M | {alone:.1f} s | {kept:.1f} s | {costs['session']:.1%} | "
        f"{ASKED['session']:.0%} | {watched:.1f} s | {costs['live view']:.1%} | {ASKED['live view']:.0%} | {behind} |"
    )
    return row, ratios


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", default=["W1 4k", "event_digits", "W2", "W3"])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long a run without a session takes at least")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--record", action="store_true", help="keep the ratios as those to compare with")
    options = parser.parse_args()
    rows, ratios = [], dict[str, float]()
    print(HEADER)
    for name in options.workload:
        row, found = measure(name, options.seconds, options.repeats)
        ratios |= found
        rows.append(row)
        print(row, flush=True)
    if options.record:
        record(ratios)
    if options.report:
        write_section(options.report, "long runs", "\n".join([describe(), "", HEADER, *rows]))


if __name__ == "__main__":
    main()
