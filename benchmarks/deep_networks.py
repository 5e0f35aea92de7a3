"""How long deep networks take to simulate: an inference in int8, and tiling with the times of every layer and PE.

python benchmarks/deep_networks.py [NETWORK ...] [--repeats N] [--record] [--report docs/performance.md]

The ratio is that of bare float32 products by BLAS of the same sizes, one after the other, to the whole inference: at 1
it is as fast as multiplying alone.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from deep_shapes import NETWORKS
from machine import describe, write_section
from recorded import record, verdict

from s2studio.chip.loader import load_chip, make_machine
from s2studio.dnn.layer_part import LayerPart
from s2studio.dnn.operators.operator import Product
from s2studio.dnn.run import run
from s2studio.dnn.tensor import Integers
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.of_part import works_of
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.timeline import LayerTimeline

# Seconds that issue 8 asks for: of an inference in int8, and of tiling and timing.
INFERENCE_ASKED_S = {"ResNet-50": 60.0}
TIMING_ASKED_S = {"ResNet-50": 5.0, "OPT-125M": 30.0}
HEADER = """\
| network | layers | MACs | weights | inference in int8 | asked | ratio | tiling and timing | asked | intervals | \
latency on the chip | most memory so far |
|---|---|---|---|---|---|---|---|---|---|---|---|"""


def inputs_of(part: LayerPart) -> dict[str, Integers]:
    """Return random inputs: any int8, tokens from 0 to 99."""
    random = np.random.default_rng(1)
    limits = {"int8": (-128, 128), "int32": (0, 100)}
    return {
        tensor.name: random.integers(*limits[tensor.dtype], tensor.shape).astype(tensor.dtype) for tensor in part.inputs
    }


def products_s(products: list[Product]) -> float:
    """Return the seconds that products of random float32 matrices of these sizes take, without making them."""
    random, spent = np.random.default_rng(0), 0.0
    for product in products:
        a = random.random((product.batch, product.m, product.k), np.float32)
        b = random.random((product.batch, product.k, product.n), np.float32)
        spent += seconds(partial(np.matmul, a, b))
    return spent


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of `work`, that of all threads added up: on a busy machine the clock says less."""
    started = time.process_time()
    work()
    return time.process_time() - started


def timed(name: str, part: LayerPart) -> LayerTimeline:
    """Return the times of a second inference, when the weights that stay are there: every tiling is searched anew."""
    machine = make_machine(load_chip())
    return simulate_layers(map_layers(name, works_of(part), machine), machine, is_first=False)


def measure(name: str, repeats: int) -> tuple[str, float]:
    """Return a row of the table and its ratio: everything in turn, medians of processor time."""
    part = NETWORKS[name]()
    inputs, products = inputs_of(part), [layer.product for layer in part.layers if layer.product is not None]
    run(part, inputs)
    timeline = timed(name, part)  # kernels are compiled
    ours, bare, timing = [], [], []
    for _ in range(repeats):
        ours.append(seconds(lambda: run(part, inputs)))
        bare.append(products_s(products))
        timing.append(seconds(lambda: timed(name, part)))
    ratio = statistics.median(bare) / statistics.median(ours)
    cells = (
        name,
        len(part.layers),
        f"{part.macs / 1e9:.2f} G",
        f"{part.weight_bytes / 1e6:.1f} MB",
        *spread(ours, INFERENCE_ASKED_S.get(name)),
        f"{ratio:.2f} {verdict(f'{name} int8', ratio)}",
        *spread(timing, TIMING_ASKED_S.get(name)),
        f"{len(timeline.stage):,}",
        f"{timeline.latency_s * 1e3:.1f} ms (estimate)",
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB",
    )
    return f"| {' | '.join(map(str, cells))} |", ratio


def spread(times: list[float], asked_s: float | None) -> tuple[str, str]:
    """Return the median with its spread, and what was asked."""
    median = statistics.median(times)
    asked = "" if asked_s is None else f"{asked_s:g} s" + (" MISSED" if median > asked_s else "")
    return f"{median:.2f} s ({min(times):.2f} to {max(times):.2f})", asked


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="*", default=list(NETWORKS), help=", ".join(NETWORKS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--record", action="store_true", help="keep the ratios in recorded.yaml")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    print(HEADER)
    rows, ratios = [], {}
    for name in options.network:
        row, ratios[f"{name} int8"] = measure(name, options.repeats)
        rows.append(row)
        print(row, flush=True)
    if options.record:
        record(ratios)
    if options.report:
        lines = "\n".join(rows)
        write_section(options.report, "deep networks", f"{describe()}\n\n{HEADER}\n{lines}")


if __name__ == "__main__":
    main()
