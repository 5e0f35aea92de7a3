"""Writes model.nir and input.csv of this sample: one LIF neuron and three bursts of input spikes."""

from __future__ import annotations

import csv
from pathlib import Path

import nir
import numpy as np

FOLDER = Path(__file__).resolve().parent
# One burst per row: first step, steps between spikes, number of spikes. A step is 1 ms.
BURSTS = ((20, 8, 12), (200, 4, 20), (400, 2, 40))


def model() -> nir.NIRGraph:
    """Return input -> weight 1 -> LIF with a time constant of 20 ms -> output."""
    one = np.ones(1)
    return nir.NIRGraph(
        nodes={
            "input": nir.Input({"input": np.array([1])}),
            "synapse": nir.Affine(weight=np.array([[1.0]]), bias=np.zeros(1)),
            "neuron": nir.LIF(tau=0.02 * one, r=one, v_leak=0 * one, v_threshold=0.15 * one, v_reset=0 * one),
            "output": nir.Output({"output": np.array([1])}),
        },
        edges=[("input", "synapse"), ("synapse", "neuron"), ("neuron", "output")],
    )


def main() -> None:
    """Write both files."""
    nir.write(FOLDER / "model.nir", model())
    with (FOLDER / "input.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("neuron", "step"))
        rows.writerows((0, first + gap * spike) for first, gap, count in BURSTS for spike in range(count))


if __name__ == "__main__":
    main()
