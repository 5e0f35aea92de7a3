"""Recordings of N-MNIST: 5 bytes per event, x, y, polarity bit and 23 bits of microseconds, big endian."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.layers import Shape
from s2studio.network.stimulus.columns import MAX_SPIKES, Columns

EVENT_BYTES = 5
US_PER_S = 1e6


def read_nmnist(path: Path, shape: Shape | None, bin_s: float) -> Columns:
    """Return one spike per pixel and bin of `bin_s` seconds for a population of `shape` (2, height, width).

    The channel is the polarity bit as it stands. Source: Orchard et al. 2015, "Converting static image datasets to
    spiking neuromorphic datasets using saccades".
    """
    if shape is None or len(shape) != 3 or shape[0] != 2:
        raise NetworkError(
            path.name, "a recording of a camera with two polarities", f"the input has the shape {shape}, not (2, y, x)"
        )
    raw = _events(path)
    channel, microseconds = raw[:, 2] >> 7, ((raw[:, 2] & 0x7F) << 16) | (raw[:, 3] << 8) | raw[:, 4]
    x, y = raw[:, 0], raw[:, 1]
    outside = (x >= shape[2]) | (y >= shape[1])
    if outside.any():
        where = int(np.argmax(outside))
        raise NetworkError(
            path.name,
            f"{int(outside.sum()):,} of {len(raw):,} events lie outside, the first at ({x[where]}, {y[where]})",
            f"the input is {shape[2]} x {shape[1]} pixels",
        )
    step = np.floor(microseconds / (bin_s * US_PER_S)).astype(np.int64)
    neuron = (channel * shape[1] + y) * shape[2] + x
    step, neuron = np.unique(np.stack([step, neuron]), axis=1)
    return Columns(step, neuron)


def _events(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    size = path.stat().st_size
    if size % EVENT_BYTES or size > EVENT_BYTES * MAX_SPIKES:
        raise NetworkError(path.name, f"{size:,} B", f"whole events of {EVENT_BYTES} B are expected", "is it N-MNIST?")
    return np.fromfile(path, np.uint8).reshape(-1, EVENT_BYTES).astype(np.int64)
