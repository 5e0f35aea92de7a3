"""What it costs to write a session beside simulating, to read it again, and to evaluate a data set.

python benchmarks/sessions.py [WORKLOAD ...] [--seconds S] [--report docs/performance.md] [--record]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import describe, write_section
from recorded import record, verdict, yardstick_s
from workloads import WORKLOADS, Workload

from s2studio.app.project import open_project
from s2studio.app.workbench import Workbench
from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.resources import resource_path
from s2studio.session.reader import open_session
from s2studio.session.recorder import Recorder, SessionHeader
from s2studio.sim.level import LevelPolicy
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import compile_program

# As many ticks as `app.simulation` gives a fast network at once.
SPAN = 8192
# So long without and then with a session, as recorders write what is half a second old.
TURN_S = 1.0
HEADER = """\
| workload | ticks | spikes | simulated in | with a session | writing costs | all threads | on disk | counts read in | |
|---|---|---|---|---|---|---|---|---|---|"""


def event_digits() -> Workload:
    """Return the sample project event_digits with its recording."""
    bench = Workbench(open_project(resource_path("sample_projects", "event_digits", "project.yaml")))
    inputs = bench.inputs()
    return Workload(bench.lower().network, inputs.stimulus, inputs.steps, "spinnaker2")


def repeated(workload: Workload) -> tuple[Stimulus, int]:
    """Return the stimulus of about SPAN ticks, over and over, and how many ticks that are."""
    times = max(1, SPAN // workload.steps)
    trains = {}
    for name, train in workload.stimulus.items():
        shift = np.repeat(np.arange(times) * workload.steps, len(train.step))
        trains[name] = SpikeTrain(np.tile(train.step, times) + shift, np.tile(train.neuron, times))
    return trains, times * workload.steps if trains else SPAN


def measure(name: str, limit_s: float) -> tuple[str, dict[str, float]]:
    """Return a row of the table, and ratios by name.

    They are the time without a session to that of all threads with one, and the yardstick to reading a span's counts.

    Spans without and with a session come in turn until the first have taken `limit_s`. Times are of the processor:
    `simulated in` and `with its session` of the thread that simulates, which is what a run takes where another
    processor is free; `all threads` adds the recorder's own.
    """
    workload = WORKLOADS[name]() if name in WORKLOADS else event_digits()
    spec = load_chip(workload.chip)
    mapping = map_network(workload.network, make_machine(spec), MappingOptions(), Demand(workload.steps))
    program = compile_program(workload.network, mapping, spec)
    alone, kept = Simulator(program), Simulator(program)
    stimulus, span = repeated(workload)
    alone.advance(span, stimulus)
    alone.reset()
    observed = {population.name: frozenset({"spikes"}) for population in workload.network.spiking.populations}
    simulated = simulating = everything = 0.0
    ticks = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.s2s"
        with Recorder(path, SessionHeader(name, 0, spec, mapping.runtime)) as recorder:
            run = recorder.start_run(workload.network, mapping, LevelPolicy(), 1e-3, 1 << 30, {}, observed)
            while simulated < limit_s:
                run.flush()
                started, spans = time.process_time(), 0
                while time.process_time() - started < TURN_S:
                    alone.advance(span, stimulus)
                    spans += 1
                simulated += time.process_time() - started
                started, own = time.process_time(), time.thread_time()
                for _ in range(spans):
                    run.write(kept.advance(span, stimulus))
                simulating += time.thread_time() - own
                run.flush()
                everything += time.process_time() - started
                ticks += spans * span
        size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        session = open_session(path).runs[0]
        spikes = sum(int(np.sum(n)) for n in session.neuron_spikes().values())
        started = time.process_time()
        for start in range(0, session.ticks, SPAN):
            session.counts(start, start + SPAN)
        read = time.process_time() - started
    ratio = simulated / everything
    per_span = read / max(1, session.ticks) * SPAN
    ratios = {f"session {name}": ratio, f"session {name}, read": yardstick_s() / max(per_span, 1e-9)}
    behind = " ".join(filter(None, (verdict(*each) for each in ratios.items())))
    row = (
        f"| {name} | {ticks:,} | {spikes / 1e6:,.1f} M | {simulated:.1f} s | {simulating:.1f} s | "
        f"{simulating / simulated - 1:.1%} | {everything:.1f} s, {1 / ratio - 1:.0%} more | {size / 1e6:,.1f} MB | "
        f"{read:.1f} s | {behind} |"
    )
    return row, ratios


def evaluation() -> str:
    """Return a sentence on `s2studio evaluate` of the sample's recordings, process start and reading included."""
    sample = resource_path("sample_projects", "event_digits")
    command = [sys.executable, "-m", "s2studio", "evaluate", str(sample / "project.yaml")]
    command += ["--data", str(sample / "recordings"), "--bin", "1e-3", "--json"]
    started = time.perf_counter()
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    spent = time.perf_counter() - started
    return f"`s2studio evaluate` of the {found['samples']} recordings of event_digits takes {spent:.1f} s in all."


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", default=["W1 4k", "event_digits", "W2", "W3"])
    parser.add_argument("--seconds", type=float, default=2.0, help="how long to simulate without a session")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--record", action="store_true", help="keep the ratios as those to compare with")
    options = parser.parse_args()
    rows, ratios = [], dict[str, float]()
    print(HEADER)
    for name in options.workload:
        row, found = measure(name, options.seconds)
        ratios |= found
        rows.append(row)
        print(row, flush=True)
    if options.record:
        record(ratios)
    said = evaluation()
    print(f"\n{said}")
    if options.report:
        write_section(options.report, "sessions", "\n".join([describe(), "", HEADER, *rows, "", said]))


if __name__ == "__main__":
    main()
