"""Results as a board returns them, made of a simulated run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.session.run import Run

Arrays = dict[str, NDArray[Any]]


def results_of(run: Run) -> Arrays:
    """Return the arrays of `results/1` for a board that does exactly what was simulated, and records all of it."""
    spikes, names = run.spikes(), run.about.names
    blocks = list(run.priced_blocks())
    arrays: Arrays = {
        "s2studio": np.array("results/1"),
        "network_digest": np.array(run.about.network_digest),
        "steps": np.array(run.ticks),
        "tick_s": np.array(run.tick_s),
        "populations": np.array(names),
        "time_done_s_pes": np.array([str(piece.pe) for piece in run.mapping.slices]),
        "time_done_s": np.concatenate([block.priced.time_done_s[0] for block in blocks]),
        "n_packets_pes": np.array([str(piece.pe) for piece in run.mapping.slices]),
        "n_packets": np.concatenate([block.counts.packets[0] for block in blocks]),
        "power": np.array([[0.0, 0.2], [run.ticks * run.tick_s / 2, 0.4]]),
    }
    for number, entry in enumerate(run.about.populations):
        rows = spikes.population == number
        arrays[f"{number}.spikes"] = np.stack([spikes.tick[rows], spikes.neuron[rows]], axis=1)
        if entry.keeps("v"):
            arrays[f"{number}.v"] = run.voltages(entry.name, in_chip_units=True)[0]
    return arrays


def write_results(path: Path, arrays: Arrays) -> Path:
    """Write `arrays` to `path` and return it."""
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path
