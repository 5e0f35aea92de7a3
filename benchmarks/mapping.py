"""Processor time of mapping: every placer on a full chip, and how the time grows with slices and connections.

python benchmarks/mapping.py [--most SLICES] [--repeats N] [--anneal-most SLICES] [--record]

The mapper knows no links between chips, so the curve runs on one chip with a larger mesh, made here of
`resources/chips/benchmark.yaml`, up to the PEs of a board of 48 chips: only its size means anything.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from recorded import judge_seconds
from workloads import balanced

from s2studio.app.project import Project
from s2studio.app.workbench import Workbench
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import Machine
from s2studio.errors import MappingError
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.map import map_network, pes_needed
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions, Routing
from s2studio.snn.connectivity import SynapseList
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

REPOSITORY = Path(__file__).resolve().parent.parent
CONFORMANCE = Path(os.environ.get("S2STUDIO_CONFORMANCE", "/work/shared/conformance"))
# Seconds that issue 7 asks for 148 slices, in the order of the table.
ASKED_S = {"sequential": math.inf, "hilbert": math.inf, "greedy": 1.0, "anneal": 5.0}
SIZES = (148, 592, 2368, 7104)
NEURONS, SYNAPSES_PER_NEURON, NEIGHBOURS = 64, 32, 8
ROUTINGS: tuple[Routing, ...] = ("mc", "c2c")


def real_networks() -> Iterator[ChipNetwork]:
    """Yield the networks of the table: all to all, the digits sample and, where it is there, N-MNIST's of sinabs."""
    yield balanced(4000, 80, "spinnaker2").network
    lowering = LoweringOptions(dt_s=1e-3)
    found = {
        "event_digits": REPOSITORY / "sample_projects/event_digits/model.nir",
        "cnn_sinabs": CONFORMANCE / "nmnist/cnn_sinabs.nir",
    }
    for name, path in found.items():
        if path.is_file():
            yield replace(Workbench(Project(path, lowering=lowering)).lower(assume=True).network, name=name)


def mapped(network: ChipNetwork, machine: Machine, options: MappingOptions) -> tuple[ChipMapping, float]:
    """Return the mapping of `network` and the processor seconds it took: one thread works."""
    started = time.process_time()
    mapping = map_network(network, machine, options, Demand(1))
    return mapping, time.process_time() - started


def filling(network: ChipNetwork, machine: Machine) -> dict[str, int]:
    """Return neurons per PE, found population by population, with which the network takes about all PEs."""
    pes, best = len(machine.usable_pes), dict[str, int]()
    for population in sorted(network.spiking.populations, key=lambda each: -each.size):
        tries = sorted({math.ceil(population.size / slices) for slices in range(1, pes, 3)})
        choices = [best, *({**best, population.name: most} for most in tries)]
        best = max(choices, key=lambda cuts: pes_taken(network, machine, cuts))
    return best


def pes_taken(network: ChipNetwork, machine: Machine, cuts: dict[str, int]) -> int:
    """Return how many PEs the network takes, -1 where a slice or the network does not fit."""
    try:
        needed = pes_needed(network, machine, MappingOptions(neurons_per_pe=cuts), Demand(1))
    except MappingError:
        return -1
    return needed if needed <= len(machine.usable_pes) else -1


def one_chip(repeats: int, is_recorded: bool) -> None:
    """Print what each placer takes and saves on a chip that each network fills, and where one fell behind."""
    machine = make_machine(load_chip())
    print(
        f"{'network':14}{'routes':>7}{'slices':>7}  {'placer':11}{'s (from, to)':>25}{'asked':>7}{'hops':>9}{'link':>9}"
    )
    for network in real_networks():
        cuts = filling(network, machine)
        for routing in ROUTINGS:
            plain = None
            for placer, asked_s in ASKED_S.items():
                options = MappingOptions(placer=placer, routing=routing, neurons_per_pe=cuts)
                mapping = mapped(network, machine, options)[0]
                plain = plain or mapping
                times = [mapped(network, machine, options)[1] for _ in range(repeats)]
                spent = f"{statistics.median(times):.3f} ({min(times):.3f} to {max(times):.3f})"
                asked = f"{asked_s:g}" if math.isfinite(asked_s) else "-"
                hops = mapping.weighted_hops / plain.weighted_hops - 1
                link = mapping.max_link_load / plain.max_link_load - 1
                said = judge_seconds(f"map {network.name} {routing} {placer}", statistics.median(times), is_recorded)
                print(
                    f"{network.name:14}{routing:>7}{len(mapping.slices):7}  {placer:11}{spent:>25}{asked:>7}"
                    f"{hops:+9.1%}{link:+9.1%}{said}",
                    flush=True,
                )
    print("hops: flit-hops, link: flits over the busiest link, if every neuron spikes once, beside sequential")


def larger(pes: int) -> Machine:
    """Return one chip with a square mesh of at least `pes` PEs around its event router."""
    spec = load_chip("benchmark")
    side = math.ceil(math.sqrt(pes / spec.pes_per_qpe + len(spec.router_cells)))
    middle = ((side // 2, side // 2), (side // 2, side // 2 + 1))
    cells = tuple((x, y) for y in range(1, side + 1) for x in range(1, side + 1) if (x, y) not in middle)
    spec = replace(spec, columns=side, rows=side, qpe_order=cells, router_cells=middle, periphery_cells=())
    return make_machine(spec)


def neighbourly(slices: int) -> ChipNetwork:
    """Return a ring of slices, in which each sends to some 16 near it: connections grow as slices do."""
    random = np.random.default_rng(0)
    neurons = slices * NEURONS
    pre = np.repeat(np.arange(neurons, dtype=np.int32), SYNAPSES_PER_NEURON)
    away = random.integers(-NEIGHBOURS, NEIGHBOURS + 1, len(pre))
    post = ((pre // NEURONS + away) % slices * NEURONS + random.integers(0, NEURONS, len(pre))).astype(np.int32)
    synapses = SynapseList(pre, post, np.ones(len(pre), np.int8), np.zeros(len(pre), np.uint8))
    populations = (Population("neurons", neurons, "lif_no_delay"),)
    part = SpikingPart(populations, (Projection("neurons", "neurons", synapses),), ("neurons",))
    return ChipNetwork("ring", part)


def curve(most: int, anneal_most: int) -> None:
    """Print a row for each size and the exponents of slices that fit the times, kernels compiled before."""
    sizes = [size for size in SIZES if size <= most]
    rows: list[list[float]] = []
    print(f"{'slices':>8}{'synapses':>12}{'connections':>13}" + "".join(f"{placer + ' s':>14}" for placer in ASKED_S))
    for slices in sizes:
        network, machine, times = neighbourly(slices), larger(slices), []
        for placer in ASKED_S:
            if placer == "anneal" and slices > anneal_most:
                continue
            mapping, spent = mapped(network, machine, MappingOptions(placer, neurons_per_pe={"neurons": NEURONS}))
            times.append(spent)
        rows.append(times)
        connections = sum(len(route.targets) for route in mapping.routes)
        found = "".join(f"{spent:14.3f}" for spent in times)
        print(f"{slices:8,}{slices * NEURONS * SYNAPSES_PER_NEURON:12,}{connections:13,}{found}", flush=True)
    fits = []
    for column in range(max(map(len, rows))):
        known = [times[column] for times in rows if column < len(times)]
        fits.append(np.polyfit(np.log(sizes[: len(known)]), np.log(known), 1)[0] if len(known) > 1 else math.nan)
    print(f"{'s grow as slices to the power':>33}" + "".join(f"{exponent:14.2f}" for exponent in fits))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest number of slices of the curve")
    parser.add_argument("--anneal-most", type=int, default=SIZES[-1], help="the same for anneal, which takes longest")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--record", action="store_true", help="keep the ratios in recorded.yaml")
    options = parser.parse_args()
    one_chip(options.repeats, options.record)
    curve(options.most, options.anneal_most)


if __name__ == "__main__":
    main()
