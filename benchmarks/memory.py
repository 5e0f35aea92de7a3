"""How much memory each stage of a run takes at its peak, by synapse: reading, lowering, mapping, compiling, running.

python benchmarks/memory.py [WORKLOAD ...] [--report docs/performance.md]

W1 is read from a network YAML with its synapses in .npz files, the others from NIR. What a stage is given does not
count as its own. The last column is what a process of its own takes for all stages together, on Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from machine import describe, write_section
from workloads import WORKLOADS, Workload, balanced

from s2studio.app.loading import load_network
from s2studio.chip.loader import load_chip, make_machine
from s2studio.lowering.as_float import as_float
from s2studio.lowering.lower import lower
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import Demand, MappingOptions
from s2studio.network.graph import Network
from s2studio.network.writers.nir import write_nir
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import compile_program
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from s2studio.snn.network import ChipNetwork

STAGES = ("read", "lower", "map", "compile", "run")
TICKS = 100
LINUX = sys.platform == "linux"
HEADER = """\
| workload | weights | stored as | read | lower | map | compile | run, 100 ticks | program | a process, all stages |
|---|---|---|---|---|---|---|---|---|---|"""


def write_yaml(folder: Path, network: ChipNetwork) -> Path:
    """Return a network YAML of W1, its synapses in files beside it."""
    part = network.spiking
    projections = []
    for number, projection in enumerate(part.projections):
        columns = {name: getattr(projection.connectivity, name) for name in ("pre", "post", "weight", "delay")}
        np.savez(folder / f"{number}.npz", **columns)
        rule = {"rule": "npz", "file": f"{number}.npz"}
        projections.append({"pre": projection.pre, "post": projection.post, "weights": rule})
    populations = {}
    for population in part.populations:
        params: dict[str, Any] = {
            name: value for name, value in population.params.items() if not isinstance(value, np.ndarray)
        }
        params["v_init"] = {"uniform": [0, params["threshold"]], "seed": 1}
        populations[population.name] = {"size": population.size, "model": population.model, "params": params}
    content = {"name": network.name, "dt": 0.001, "populations": populations, "projections": projections}
    path = folder / "network.yaml"
    path.write_text("s2studio: network/1\n" + yaml.safe_dump(content), encoding="utf-8")
    return path


def write(folder: Path, name: str) -> tuple[Path, LoweringOptions]:
    """Write the workload as a model file and return it, with the options that lower it."""
    network = WORKLOADS[name]().network
    if name.startswith("W1"):
        return write_yaml(folder, network), LoweringOptions()
    floats, options = as_float(network)
    write_nir(folder / "model.nir", floats, {})
    return folder / "model.nir", options


def weights_of(network: ChipNetwork) -> int:
    """Return the synapses of lists, weights of matrices and values of kernels of a network."""
    count = 0
    for projection in network.spiking.projections:
        held = projection.connectivity
        if isinstance(held, DenseWeights | ConvWeights):
            count += held.weight.size
        elif isinstance(held, SynapseList):
            count += held.pre.size
    return count


class Peaks:
    """Runs stages and keeps the most memory that each took beyond what was there when it began, in bytes."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def stage(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` returns."""
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        result = make()
        self.taken[name] = tracemalloc.get_traced_memory()[1] - before
        return result


def all_stages(path: Path, options: LoweringOptions, workload: Workload, peaks: Peaks) -> Any:
    """Return the program of the model file after `TICKS` ticks of it."""
    spec = load_chip(workload.chip)
    machine = make_machine(spec)
    network = peaks.stage("read", lambda: load_network(path))
    if isinstance(network, Network):
        network = peaks.stage("lower", partial(lower, network, options, spec)).network
    demand = Demand(TICKS)
    mapping = peaks.stage("map", lambda: map_network(network, machine, MappingOptions(), demand))
    program = peaks.stage("compile", lambda: compile_program(network, mapping, spec))
    stimulus = {name: train.between(0, TICKS) for name, train in workload.stimulus.items()}
    peaks.stage("run", lambda: Simulator(program).advance(TICKS, stimulus))
    return program


def highest_bytes() -> int:
    """Return the most memory that this process has had since `forget_highest`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def forget_highest() -> None:
    """Let `highest_bytes` count from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def current_bytes() -> int:
    """Return the memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def run_alone(name: str, path: Path, options: LoweringOptions) -> int:
    """Return how much more memory this process needs for all stages than it had before them, in bytes."""
    workload = WORKLOADS[name]()
    small = balanced(400, 8, "benchmark")
    with tempfile.TemporaryDirectory() as folder:
        all_stages(write_yaml(Path(folder), small.network), LoweringOptions(), small, Peaks())
    rest = Workload(small.network, workload.stimulus, workload.steps, workload.chip)
    del workload
    forget_highest()
    before = current_bytes()
    all_stages(path, options, rest, Peaks())
    return highest_bytes() - before


def measure(name: str, folder: Path) -> str:
    """Return a row of the table."""
    path, options = write(folder, name)
    workload = WORKLOADS[name]()
    all_stages(path, options, workload, Peaks())  # so that loading compiled code is not counted
    count = weights_of(workload.network)
    peaks = Peaks()
    tracemalloc.start()
    program = all_stages(path, options, workload, peaks)
    tracemalloc.stop()
    command = [sys.executable, __file__, "--alone", name, str(path), json.dumps(asdict(options))]
    alone = subprocess.run(command, capture_output=True, check=True, text=True).stdout if LINUX else ""
    stages = " | ".join(f"{peaks.taken[stage] / count:,.1f}" if stage in peaks.taken else "-" for stage in STAGES)
    kept = sum(array.nbytes for array in program.rows) / count
    whole = f"{int(alone) / count:,.1f}" if alone else "not known"
    return f"| {name} | {count:,} | {path.suffix} | {stages} | {kept:.1f} | {whole} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", default=["W1 4k", "W1 40k", "W2", "W3"])
    parser.add_argument("--report", type=Path)
    parser.add_argument("--alone", nargs=3, metavar=("WORKLOAD", "MODEL", "OPTIONS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        name, path, lowering = options.alone
        print(run_alone(name, Path(path), LoweringOptions(**json.loads(lowering))))
        return
    rows = []
    print(HEADER)
    for name in options.workload:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(name, Path(folder)))
        print(rows[-1], flush=True)
    if options.report:
        write_section(options.report, "memory", "\n".join([describe(), "", HEADER, *rows]))


if __name__ == "__main__":
    main()
