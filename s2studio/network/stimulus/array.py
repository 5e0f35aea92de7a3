"""Spikes in NumPy files: .npy (steps x shape, not 0 is a spike) and .npz (columns `neuron`, `step`, `population`)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import NetworkError
from s2studio.network.arrays import load_npy, load_npz
from s2studio.network.stimulus.columns import MAX_SPIKES, Columns

# Unpacked in memory; a .npy stays on disk.
MAX_BYTES = 2**30
MAX_NPY_BYTES = 4 * 2**30


def read_npy(path: Path) -> Columns:
    """Return the spikes of an array (steps, ...) whose further axes are the population's neurons."""
    try:
        array = load_npy(path, MAX_NPY_BYTES)
    except ValueError as problem:
        raise NetworkError(path.name, f"cannot be read as .npy: {problem}") from problem
    return dense_columns(path.name, array)


def dense_columns(name: str, array: NDArray[Any]) -> Columns:
    """Return the spikes of an array (steps, ...), where it is not 0; `name` is its own for errors."""
    if array.ndim < 2 or array.dtype.kind not in "biuf":
        found = f"an array of {array.dtype} with the shape {array.shape}"
        raise NetworkError(name, found, "numbers of (steps, ...) are expected")
    shape = array.shape[1:]
    flat = array.reshape(len(array), math.prod(shape))
    if array.dtype.kind == "f" and not np.isfinite(flat).all():
        raise NetworkError(name, "values that are not finite", "0 and 1 are expected")
    if np.count_nonzero(flat) > MAX_SPIKES:
        raise NetworkError(name, f"{np.count_nonzero(flat):,} spikes", f"at most {MAX_SPIKES:,} are read", "cut it")
    step, neuron = np.nonzero(flat)
    return Columns(step.astype(np.int64), neuron.astype(np.int64), shape=shape)


def read_npz(path: Path) -> Columns:
    """Return the spikes of an archive with the columns `neuron` and `step`, and maybe `population`."""
    try:
        columns = load_npz(path, MAX_BYTES)
        population = columns.get("population")
        names = None if population is None else population.reshape(-1).astype(str).astype(object)
    except ValueError as problem:
        raise NetworkError(path.name, f"cannot be read as .npz: {problem}") from problem
    for name in ("neuron", "step"):
        if name not in columns:
            raise NetworkError(path.name, f"no column '{name}', only {', '.join(sorted(columns)) or 'nothing'}")
    numbers = {name: _whole(path, name, columns[name]) for name in ("neuron", "step")}
    for name, values in columns.items():
        if name in ("neuron", "step", "population") and len(values.reshape(-1)) != len(numbers["step"]):
            raise NetworkError(path.name, f"columns of {len(values):,} and {len(numbers['step']):,} entries")
    return Columns(numbers["step"], numbers["neuron"], names)


def _whole(path: Path, name: str, values: NDArray[Any]) -> NDArray[np.int64]:
    whole = values.dtype.kind in "iu" and values.ndim == 1
    if not whole or len(values) > MAX_SPIKES:
        found = f"column '{name}' is {values.dtype} with the shape {values.shape}"
        raise NetworkError(path.name, found, f"one axis of whole numbers is expected, at most {MAX_SPIKES:,}")
    return values.astype(np.int64)
