"""Stimuli: one file per format, one table by suffix, all returning spikes per population and step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.documents import nearest
from s2studio.errors import NetworkError, UsageError
from s2studio.network.layers import Shape
from s2studio.network.stimulus.aedat3 import read_aedat3
from s2studio.network.stimulus.aedat4 import read_aedat4
from s2studio.network.stimulus.array import read_npy, read_npz
from s2studio.network.stimulus.columns import Columns
from s2studio.network.stimulus.events import EventOptions, Events, binned
from s2studio.network.stimulus.hdf5 import read_hdf5
from s2studio.network.stimulus.nmnist import read_nmnist
from s2studio.network.stimulus.poisson import poisson_stimulus
from s2studio.network.stimulus.prophesee import read_dat
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.network.stimulus.table import read_table

__all__ = [
    "READERS",
    "RECORDINGS",
    "EventOptions",
    "Target",
    "events_stimulus",
    "poisson_stimulus",
    "read_stimulus",
    "steps_stimulus",
]

MAX_STEPS = 2**31 - 1
NO_OPTIONS = EventOptions()


class Target(NamedTuple):
    """A population that a stimulus can drive: its size, and its shape (channels, height, width) where it has one."""

    size: int
    shape: Shape | None


READERS: Mapping[str, Callable[[Path], Columns]] = {".csv": read_table, ".npy": read_npy, ".npz": read_npz}
# Recordings of events in time: they need the length of a bin.
RECORDINGS: Mapping[str, Callable[[Path], Events]] = {
    ".bin": read_nmnist,
    ".aedat4": read_aedat4,
    ".aedat": read_aedat3,
    ".dat": read_dat,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
}


def read_stimulus(
    path: Path,
    targets: Mapping[str, Target],
    population: str | None = None,
    bin_s: float | None = None,
    options: EventOptions = NO_OPTIONS,
) -> Stimulus:
    """Return the spikes in `path` for the populations in `targets`.

    `population` is where spikes go that do not say it; None means the only target. `bin_s` is the length of a step in
    s for recordings of events, `options` what else becomes of them. Raises UsageError for what is asked wrongly,
    NetworkError for what is in the file.
    """
    if not path.is_file():
        raise NetworkError(str(path), "is a folder" if path.is_dir() else "no such file", hint="check the path")
    if not targets:
        raise UsageError(path.name, "a stimulus", "the network has no input population (spike_list)")
    if path.suffix in RECORDINGS:
        options = options if bin_s is None else replace(options, bin_s=bin_s)
        if options.bin_s is None:
            raise UsageError(path.name, "a recording of events", "it needs the length of a bin", "add --bin 1e-3")
        return events_stimulus(path, RECORDINGS[path.suffix](path), targets, options, population)
    if path.suffix not in READERS:
        known = ", ".join([*READERS, *RECORDINGS])
        raise NetworkError(path.name, f"a file of kind '{path.suffix}'", f"stimuli are {known}")
    if bin_s is not None or options != NO_OPTIONS:
        asked = "--bin" if bin_s is not None else "--window, --polarity or --downsample"
        raise UsageError(asked, f"{path.name} holds steps, not events in time", hint="leave it out")
    return steps_stimulus(path, READERS[path.suffix](path), targets, population)


def events_stimulus(
    path: Path,
    events: Events,
    targets: Mapping[str, Target],
    options: EventOptions,
    population: str | None = None,
) -> Stimulus:
    """Return the spikes that `events`, some of those in `path`, make in `population`."""
    name = _target(path, targets, population)
    return _trains(path, {name: binned(path.name, events, targets[name].shape, options)}, targets)


def steps_stimulus(
    path: Path, columns: Columns, targets: Mapping[str, Target], population: str | None = None
) -> Stimulus:
    """Return the spikes `columns`, some of those in `path`, for the populations that they or `population` name."""
    if columns.population is None:
        return _trains(path, {_target(path, targets, population): columns}, targets)
    if population is not None:
        raise UsageError(f"--input {population}={path.name}", "the file names populations itself", hint="name none")
    return _trains(path, _by_population(path, columns, columns.population, targets), targets)


def _target(path: Path, targets: Mapping[str, Target], population: str | None) -> str:
    if population is None:
        if len(targets) > 1:
            found = f"the network has {len(targets)} inputs: {', '.join(targets)}"
            raise UsageError(path.name, found, hint=f"say which: --input {next(iter(targets))}={path.name}")
        return next(iter(targets))
    if population not in targets:
        raise UsageError(
            f"--input {population}={path.name}", f"no input '{population}'", "", nearest(population, targets)
        )
    return population


def _by_population(
    path: Path, columns: Columns, names: NDArray[Any], targets: Mapping[str, Target]
) -> dict[str, Columns]:
    found = {}
    for name in dict.fromkeys(names.tolist()):
        rows = names == name
        if name not in targets:
            raise NetworkError(_place(path, columns, rows), f"no input '{name}'", hint=nearest(name, targets))
        line = None if columns.line is None else columns.line[rows]
        found[name] = Columns(columns.step[rows], columns.neuron[rows], None, line)
    return found


def _trains(path: Path, found: Mapping[str, Columns], targets: Mapping[str, Target]) -> Stimulus:
    trains = {}
    for name, columns in found.items():
        size = targets[name].size
        _check_shape(path, columns, name, targets[name])
        outside = (columns.neuron < 0) | (columns.neuron >= size)
        if outside.any():
            neuron = columns.neuron[np.argmax(outside)]
            limit = f"neurons of '{name}' are 0 to {size - 1}"
            raise NetworkError(_place(path, columns, outside), f"neuron {neuron}", limit)
        wrong = (columns.step < 0) | (columns.step > MAX_STEPS)
        if wrong.any():
            step = columns.step[np.argmax(wrong)]
            raise NetworkError(_place(path, columns, wrong), f"step {step}", f"steps are 0 to {MAX_STEPS:,}")
        trains[name] = SpikeTrain.of(columns.step, columns.neuron.astype(np.int32))
    return trains


def _check_shape(path: Path, columns: Columns, name: str, target: Target) -> None:
    """Refuse an array whose neurons are not those of the population; one axis may stand for any shape."""
    shape = columns.shape
    if (
        shape is None
        or shape in (target.shape, (target.size,))
        or (not target.shape and math.prod(shape) == target.size)
    ):
        return
    has = f"has the shape {target.shape}" if target.shape else f"has {target.size} neurons"
    raise NetworkError(path.name, f"steps of the shape {shape}", f"'{name}' {has}")


def _place(path: Path, columns: Columns, rows: NDArray[np.bool_]) -> str:
    """Return the file and, where it has lines, the line of the first of `rows`."""
    return path.name if columns.line is None else f"{path.name}, line {columns.line[np.argmax(rows)]}"
