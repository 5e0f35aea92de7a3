"""How fast a data set is evaluated: the recordings of event_digits, side by side and one after the other.

python benchmarks/evaluation.py [--repeats N] [--record]

Reading the recordings, mapping the network and pricing what it did are part of it. Times are of the processor.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

from recorded import judge_seconds

from s2studio.app.project import open_project
from s2studio.app.workbench import Workbench
from s2studio.resources import resource_path

BATCHES = (1, 16)
BIN_S = 1e-3


def seconds(batch: int) -> tuple[float, int]:
    """Return the processor time of an evaluation, `batch` samples side by side on one thread, and the samples."""
    sample = resource_path("sample_projects", "event_digits")
    bench = Workbench(replace(open_project(sample / "project.yaml"), threads=1))
    started = time.process_time()
    found = bench.evaluate(sample / "recordings", None, BIN_S, batch, None)
    return time.process_time() - started, int(found["samples"])


def main() -> None:
    """Print a line for each batch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--record", action="store_true", help="keep the ratios in recorded.yaml")
    options = parser.parse_args()
    seconds(BATCHES[0])
    for batch in BATCHES:
        times, samples = zip(*(seconds(batch) for _ in range(options.repeats)), strict=True)
        spent = statistics.median(times)
        said = judge_seconds(f"evaluate event_digits, batch {batch}", spent, options.record)
        print(
            f"evaluate {samples[0]} recordings of event_digits, {batch:2} side by side: {spent:.2f} s "
            f"({min(times):.2f} to {max(times):.2f}), {samples[0] / spent:,.0f} samples/s{said}",
            flush=True,
        )


if __name__ == "__main__":
    main()
