"""What it costs to write a session beside simulating, to read it again, and to evaluate a data set.

python benchmarks/sessions.py [--seconds S] [--report docs/performance.md]
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
from workloads import WORKLOADS

from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.resources import resource_path
from s2studio.session.reader import open_session
from s2studio.session.recorder import Recorder, SessionHeader
from s2studio.sim.level import LevelPolicy
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import compile_program

SPAN = 1000
HEADER = """\
| workload | ticks | simulated in | with its session | writing costs | rows | on disk | counts read in |
|---|---|---|---|---|---|---|---|"""


def measure(name: str, limit_s: float) -> str:
    """Return a row of the table: as many ticks as take `limit_s` without a session, and the same with one.

    Both are times of the processor, all threads together: the recorder has one of its own.
    """
    workload = WORKLOADS[name]()
    spec = load_chip(workload.chip)
    mapping = map_network(workload.network, make_machine(spec), MappingOptions(), Demand(workload.steps))
    simulator = Simulator(compile_program(workload.network, mapping, spec))
    simulator.advance(SPAN)
    simulator.reset()
    started, spans = time.process_time(), 0
    while time.process_time() - started < limit_s:
        simulator.advance(SPAN)
        spans += 1
    alone = time.process_time() - started
    simulator.reset()
    observed = {population.name: frozenset({"spikes"}) for population in workload.network.spiking.populations}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.s2s"
        started = time.process_time()
        with Recorder(path, SessionHeader(name, 0, spec, mapping.runtime)) as recorder:
            run = recorder.start_run(workload.network, mapping, LevelPolicy(), 1e-3, spans * SPAN, {}, observed)
            for _ in range(spans):
                run.write(simulator.advance(SPAN))
        recorded = time.process_time() - started
        size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        session = open_session(path).runs[0]
        rows = spans * SPAN * len(mapping.slices) + sum(int(np.sum(n)) for n in session.neuron_spikes().values())
        started = time.perf_counter()
        session.counts()
        read = time.perf_counter() - started
    return (
        f"| {name} | {spans * SPAN:,} | {alone:.1f} s | {recorded:.1f} s | {recorded / alone - 1:.0%} | "
        f"{rows / 1e6:,.1f} M | {size / 1e6:,.1f} MB | {read:.2f} s |"
    )


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
    parser.add_argument("workload", nargs="*", default=["W1 4k", "chip 1 G"], help="those without stimulus")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long to simulate without a session")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    rows = []
    print(HEADER)
    for name in options.workload:
        rows.append(measure(name, options.seconds))
        print(rows[-1], flush=True)
    said = evaluation()
    print(f"\n{said}")
    if options.report:
        write_section(options.report, "sessions", "\n".join([describe(), "", HEADER, *rows, "", said]))


if __name__ == "__main__":
    main()
