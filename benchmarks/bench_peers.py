"""How fast the engine is beside other simulators: the same network, both run in turn, spike counts compared.

python benchmarks/bench_peers.py [--repeats N] [--only PEER ...] [--report docs/performance.md]

Each peer has a virtual environment of its own under ~/.cache/s2studio/peers, made when it is first needed, and runs in
a process of its own that builds its network once. One that cannot be installed, or fails, is listed as such.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import platformdirs
from machine import describe, write_section
from simulation import compiled
from workloads import WORKLOADS, Workload

from s2studio.sim.lockstep import Simulator
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights
from s2studio.snn.projection import Projection

HERE = Path(__file__).parent
ENVIRONMENTS = Path(platformdirs.user_cache_dir("s2studio")) / "peers"
START_LIMIT_S = 900.0


@dataclass(frozen=True)
class Peer:
    """A simulator: the script that runs it, what pip installs for it, and the workloads (with batch) it can run.

    Both sides are timed on the processor.
    """

    script: str
    packages: tuple[str, ...]
    workloads: tuple[tuple[str, int], ...]
    arguments: tuple[str, ...] = ()
    note: str = ""


W1, W2, W2_BATCH, W3 = ("W1 4k", 1), ("W2", 1), ("W2", 32), ("W3", 1)
LAYERS = (W2, W2_BATCH, W3)
PEERS: Mapping[str, Peer] = {
    "Brian2 C++": Peer("brian2_peer.py", ("brian2==2.9.0", "numpy<2.4", "setuptools"), (W1, ("W1 40k", 1), W2)),
    "NEST": Peer("nest_peer.py", ("nest-simulator==3.10.0",), (W1, ("W1 40k", 1)), (), "its input acts a step later"),
    "SANA-FE": Peer("sanafe_peer.py", ("sanafe==2.2.9", "numpy"), (W1, W2), (), "W1 without exponential currents"),
    "torch": Peer("torch_peer.py", ("torch==2.13.0", "numpy"), LAYERS, ("torch",)),
    "sinabs": Peer("torch_peer.py", ("torch==2.13.0", "sinabs==3.1.3", "numpy"), LAYERS, ("sinabs",), "layer by layer"),
    "snnTorch": Peer(
        "torch_peer.py",
        ("torch==2.13.0", "snntorch==1.0.0", "numpy"),
        LAYERS,
        ("snntorch",),
        "its reset follows a tick later",
    ),
}


class Unavailable(Exception):
    """A peer that cannot be installed or run, with the reason."""


def environment(peer: Peer, folder: Path) -> Path:
    """Return the Python of the peer's environment, which is made where it is missing."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / ".installed"
    if done.exists() and done.read_text() == repr(peer.packages):
        return python
    source = os.environ.get("TORCH_FROM", "").split() if "torch" in peer.packages[0] else []
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install", *source, peer.packages[0]],
        [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install", *peer.packages],
    ):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise Unavailable(f"not installed: {(ran.stderr.strip().splitlines() or ['pip failed'])[-1][:160]}")
    done.write_text(repr(peer.packages))
    return python


def write_network(workload: Workload, path: Path) -> None:
    """Write `workload` for the peers: a description as JSON, and arrays."""
    part = workload.network.spiking
    arrays: dict[str, Any] = {}
    populations: list[dict[str, Any]] = []
    for population in part.populations:
        params = {name: value for name, value in population.params.items() if not isinstance(value, np.ndarray | str)}
        start = population.params.get("v_init")
        if isinstance(start, np.ndarray):
            arrays[f"v_{population.name}"] = start
        populations.append(
            {
                "name": population.name,
                "size": population.size,
                "model": population.model,
                "params": params,
                "shape": population.shape,
                "v_init": f"v_{population.name}" if isinstance(start, np.ndarray) else "",
            }
        )
    projections = [_projection(index, projection, arrays) for index, projection in enumerate(part.projections)]
    for train in workload.stimulus.values():
        arrays |= {"given_step": train.step, "given_neuron": train.neuron}
    currents = any(population.model.startswith("lif_curr_exp") for population in part.populations)
    description = {
        "populations": populations,
        "projections": projections,
        "steps": workload.steps,
        "currents": currents,
        "charge": 1.0 / (1.0 - float(populations[-1]["params"]["exc_decay"])) if currents else 1.0,
    }
    np.savez(path, description=np.array(json.dumps(description)), **arrays)


def _projection(index: int, projection: Projection, arrays: dict[str, Any]) -> dict[str, Any]:
    weights: Connectivity = projection.connectivity
    found = {"pre": projection.pre, "post": projection.post, "weight": f"w{index}", "kind": "list"}
    if isinstance(weights, ConvWeights):
        arrays[f"w{index}"] = weights.weight
        return {**found, "kind": "conv", "padding": weights.padding[0], "pool": weights.pool[0]}
    if isinstance(weights, DenseWeights):
        arrays[f"m{index}"] = weights.weight
        pre, post = np.nonzero(weights.weight)
        arrays |= {f"pre{index}": pre, f"post{index}": post, f"l{index}": weights.weight[pre, post]}
        return {**found, "kind": "dense", "matrix": f"m{index}", "weight": f"l{index}", **_ends(index)}
    arrays |= {f"pre{index}": weights.pre, f"post{index}": weights.post, f"w{index}": weights.weight}
    return {**found, **_ends(index)}


def _ends(index: int) -> dict[str, str]:
    return {"pre_of": f"pre{index}", "post_of": f"post{index}"}


class Worker:
    """A running peer."""

    def __init__(self, python: Path, peer: Peer, network: Path, batch: int) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            [str(python), str(HERE / "peers" / peer.script), str(network), str(batch), *peer.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
        self._input, self._output = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        self._answer()

    def run(self) -> tuple[float, int]:
        """Return the seconds and the spikes of a run."""
        self._input.write("run\n")
        self._input.flush()
        answer = self._answer()
        return answer["seconds"], answer["spikes"]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        for line in self._output:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        self._process.wait()
        self._errors.seek(0)
        raise Unavailable(f"failed: {(self._errors.read().strip().splitlines() or ['no message'])[-1][:160]}")


def compare(title: str, peer: Peer, name: str, batch: int, repeats: int) -> str:
    """Return a row of the table: engine and peer run in turn."""
    workload = WORKLOADS[name]()
    program, _ = compiled(workload)
    engine = Simulator(program, batch=batch)
    block = engine.advance(workload.steps, workload.stimulus)
    events = int(block.counts.synaptic_events.sum(dtype=np.int64))
    is_input = np.isin(block.spikes.population, [program.names.index(source) for source in workload.stimulus])
    spikes = int((~is_input).sum())
    label = f"{name} x {batch}" if batch > 1 else name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.npz"
        write_network(workload, path)
        worker = Worker(environment(peer, ENVIRONMENTS / title.split(maxsplit=1)[0].lower()), peer, path, batch)
        try:
            rows = []
            worker.run()
            for _ in range(repeats):
                engine.reset()
                started = time.process_time()
                engine.advance(workload.steps, workload.stimulus)
                ours = time.process_time() - started
                theirs, their_spikes = worker.run()
                rows.append((ours, theirs * spikes / max(1, their_spikes), their_spikes))
        finally:
            worker.close()
    ratios = sorted(theirs / ours for ours, theirs, _ in rows)
    ours, theirs = (statistics.median(row[column] for row in rows) for column in (0, 1))
    best = min(row[1] for row in rows) / min(row[0] for row in rows)
    off = rows[-1][2] / spikes - 1
    agree = "the same" if off == 0 else f"{off:+.2%}"
    return (
        f"| {title} | {label} | {events / theirs / 1e6:,.1f} M | {events / ours / 1e6:,.0f} M | "
        f"{statistics.median(ratios):,.1f} x | {ratios[0]:,.1f} to {ratios[-1]:,.1f} | {best:,.1f} x | {agree} | "
        f"{peer.note} |"
    )


HEADER = """\
| peer | workload | its events/s | ours | median ratio | spread | best to best | its spikes | |
|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    """Print the table, and write it to the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(PEERS), help=", ".join(PEERS))
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    rows = []
    print(HEADER)
    for title in options.only:
        peer = PEERS[title]
        for name, batch in peer.workloads:
            try:
                row = compare(title, peer, name, batch, options.repeats)
            except Unavailable as problem:
                row = f"| {title} | {name} x {batch} | – | – | – | – | – | – | {problem} |"
            rows.append(row)
            print(row, flush=True)
    if options.report:
        pinned = {package for peer in PEERS.values() for package in peer.packages if "==" in package}
        versions = ", ".join(sorted(pinned))
        write_section(options.report, "peers", "\n".join([describe(), "", f"Peers: {versions}.", "", HEADER, *rows]))


if __name__ == "__main__":
    main()
