"""Data sets in one NumPy file: samples x steps x neurons, or a list of all spikes, with labels or without.

.npy   an array (samples, steps, neurons ...); what is not 0 is a spike
.npz   `spikes`, such an array, or the columns `sample`, `step` and `neuron`, an entry per spike; and maybe `labels`,
       a whole number per sample, which is the number of the right output neuron
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import NetworkError
from s2studio.network.arrays import load_npy, load_npz
from s2studio.network.stimulus.array import MAX_BYTES, MAX_NPY_BYTES, dense_columns
from s2studio.network.stimulus.columns import MAX_SPIKES, Columns

SPIKES, LABELS = "spikes", "labels"
COLUMNS = ("sample", "step", "neuron")
MAX_SAMPLES = 10**7
MAX_LABEL = 10**6


@dataclass(frozen=True)
class Archive:
    """The samples of a data set: `dense` (samples, steps, ...), or `spikes` sorted by sample from `starts` on."""

    name: str
    labels: NDArray[np.int64] | None
    dense: NDArray[Any] | None = None
    spikes: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    starts: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        if self.dense is not None:
            return len(self.dense)
        return 0 if self.starts is None else len(self.starts) - 1

    def columns(self, number: int) -> Columns:
        """Return the spikes of the sample `number`."""
        if self.dense is not None:
            return dense_columns(f"{self.name}[{number}]", self.dense[number])
        if self.spikes is None or self.starts is None:
            return Columns(np.zeros(0, np.int64), np.zeros(0, np.int64))
        part = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return Columns(self.spikes[0][part], self.spikes[1][part])


def read_archive(path: Path) -> Archive:
    """Return the data set in `path`. Raises NetworkError where it is none, saying what is expected."""
    try:
        if path.suffix == ".npy":
            return _dense(path, load_npy(path, MAX_NPY_BYTES), None)
        arrays = load_npz(path, MAX_BYTES)
    except ValueError as problem:
        raise NetworkError(path.name, f"cannot be read as {path.suffix}: {problem}") from problem
    labels = _whole(path, LABELS, arrays[LABELS], MAX_LABEL) if LABELS in arrays else None
    if SPIKES in arrays:
        return _dense(path, arrays[SPIKES], labels)
    if set(COLUMNS) <= arrays.keys():
        return _sparse(path, arrays, labels)
    limit = f"'{SPIKES}' (samples x steps x neurons) or {', '.join(map(repr, COLUMNS))} are expected"
    raise NetworkError(path.name, f"holds {', '.join(sorted(arrays)) or 'nothing'}", limit, "see docs/interface.md")


def _dense(path: Path, array: NDArray[Any], labels: NDArray[np.int64] | None) -> Archive:
    if array.ndim < 3 or array.dtype.kind not in "biuf" or len(array) > MAX_SAMPLES:
        found = f"an array of {array.dtype} with the shape {array.shape}"
        raise NetworkError(path.name, found, "numbers of (samples, steps, neurons ...) are expected")
    _check_labels(path, labels, len(array))
    return Archive(path.name, labels, dense=array)


def _sparse(path: Path, arrays: Mapping[str, NDArray[Any]], labels: NDArray[np.int64] | None) -> Archive:
    sample, step, neuron = (_whole(path, name, arrays[name], MAX_SAMPLES * MAX_SAMPLES) for name in COLUMNS)
    if not len(sample) == len(step) == len(neuron) or len(sample) > MAX_SPIKES:
        found = f"columns of {len(sample):,}, {len(step):,} and {len(neuron):,} entries"
        raise NetworkError(path.name, found, f"as many of each are expected, at most {MAX_SPIKES:,}")
    last = int(sample.max()) if len(sample) else -1
    count = last + 1 if labels is None else len(labels)
    if count > MAX_SAMPLES or last >= count:
        raise NetworkError(path.name, f"a spike of sample {last}", f"there are at most {min(count, MAX_SAMPLES):,}")
    order = np.argsort(sample, kind="stable")
    starts = np.searchsorted(sample[order], np.arange(count + 1)).astype(np.int64)
    return Archive(path.name, labels, spikes=(step[order], neuron[order]), starts=starts)


def _check_labels(path: Path, labels: NDArray[np.int64] | None, samples: int) -> None:
    if labels is not None and len(labels) != samples:
        raise NetworkError(path.name, f"{len(labels):,} labels", f"there are {samples:,} samples")


def _whole(path: Path, name: str, values: NDArray[Any], most: int) -> NDArray[np.int64]:
    whole = values.dtype.kind in "iu" and values.ndim == 1
    if not whole or (values.size and not 0 <= int(values.min()) <= int(values.max()) <= most):
        found = f"'{name}' is {values.dtype} with the shape {values.shape}"
        raise NetworkError(path.name, found, f"one axis of whole numbers from 0 to {most:,} is expected")
    return values.astype(np.int64)
