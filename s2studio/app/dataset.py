"""Many labelled stimuli: a folder of files, recordings cut into samples, or one archive, read when they are needed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import NetworkError, UsageError
from s2studio.network.arrays import load_npy
from s2studio.network.stimulus import (
    READERS,
    RECORDINGS,
    EventOptions,
    Target,
    events_stimulus,
    read_stimulus,
    steps_stimulus,
)
from s2studio.network.stimulus.aedat3 import Cut, cut, labels_beside, read_absolute, read_cuts
from s2studio.network.stimulus.archive import read_archive
from s2studio.network.stimulus.events import Events
from s2studio.network.stimulus.hdf5 import read_labelled
from s2studio.network.stimulus.spikes import Stimulus

LABELS = "labels.csv"
ARCHIVES = (".npz", ".npy")
MAX_LABEL = 10**6
HDF5 = (".h5", ".hdf5")

Targets = Mapping[str, Target]


@dataclass(frozen=True)
class Sample:
    """One stimulus of a data set: `label` is the number of the right output neuron, None where nobody said it."""

    name: str
    label: int | None
    read: Callable[[], Stimulus]


def read_dataset(
    data: Path, targets: Targets, bin_s: float | None = None, labels: Path | None = None
) -> tuple[Sample, ...]:
    """Return the samples of `data`, in order of their names.

    A folder holds stimulus files, or folders of them that are named after their label; a recording NAME.aedat with a
    NAME_labels.csv beside it is as many samples as that has rows, an .h5 file may hold its own label. A .npz or .npy
    file holds all samples, see `read_archive`. Labels are in `labels`, or in `labels.csv` beside the samples:
    `file,label` with the header, `file` the sample's name (relative to the folder); or, for an archive, a .npy of one
    whole number per sample. Raises NetworkError where there is no sample or a label is malformed.
    """
    if data.is_file() and data.suffix in ARCHIVES:
        samples = _archive(data, targets)
        known = _labels(labels, [sample.name for sample in samples]) if labels is not None else {}
    elif data.is_dir():
        samples = _folder(data, targets, bin_s, labels)
        file = labels or data / LABELS
        known = _labels(file, [sample.name for sample in samples]) if labels is not None or file.is_file() else {}
    else:
        hint = "--data names a folder of stimulus files, or an .npz or .npy of samples"
        raise NetworkError(str(data), "no such folder", hint=hint)
    return tuple(Sample(one.name, known.get(one.name, one.label), one.read) for one in samples)


def labels_of(samples: Sequence[Sample]) -> NDArray[np.int64]:
    """Return the label of each sample, -1 where there is none."""
    return np.array([-1 if sample.label is None else sample.label for sample in samples], np.int64)


def _folder(folder: Path, targets: Targets, bin_s: float | None, labels: Path | None) -> list[Sample]:
    kinds = {*READERS, *RECORDINGS}
    files = sorted(path for path in folder.rglob("*") if path.suffix in kinds and path.is_file())
    aside = {labels_beside(path) for path in files if path.suffix == ".aedat"}
    files = [path for path in files if path.name != LABELS and path not in aside]
    if labels is not None:
        files = [path for path in files if path.resolve() != labels.resolve()]
    if not files:
        raise NetworkError(str(folder), "no stimulus files", f"they end in {', '.join(sorted(kinds))}")
    last = _LastRecording()
    samples: list[Sample] = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        label = int(path.parent.name) if path.parent.name.isdecimal() and len(path.parent.name) < 8 else None
        if path.suffix == ".aedat" and labels_beside(path).is_file():
            options = EventOptions(_needed(path, bin_s))
            for number, piece in enumerate(read_cuts(labels_beside(path))):
                read = partial(_read_cut, last, path, piece, targets, options)
                samples.append(Sample(f"{name}[{number}]", piece.label, read))
        else:
            if path.suffix in HDF5:
                label = label if label is not None else read_labelled(path)[1]
            own_bin = bin_s if path.suffix in RECORDINGS else None
            samples.append(Sample(name, label, partial(read_stimulus, path, targets, None, own_bin)))
    return samples


class _LastRecording:
    """Keeps the recording read last: its samples come one after the other."""

    def __init__(self) -> None:
        self._kept: tuple[Path, Events] | None = None

    def events(self, path: Path) -> Events:
        """Return the events in `path`."""
        if self._kept is None or self._kept[0] != path:
            self._kept = None
            self._kept = path, read_absolute(path)
        return self._kept[1]


def _read_cut(recordings: _LastRecording, path: Path, piece: Cut, targets: Targets, options: EventOptions) -> Stimulus:
    return events_stimulus(path, cut(recordings.events(path), piece), targets, options)


def _needed(path: Path, bin_s: float | None) -> float:
    if bin_s is None:
        raise UsageError(path.name, "a recording of events", "it needs the length of a bin", "add --bin 1e-3")
    return bin_s


def _archive(path: Path, targets: Targets) -> list[Sample]:
    archive = read_archive(path)

    def read(number: int) -> Stimulus:
        return steps_stimulus(path, archive.columns(number), targets)

    known = [None] * len(archive) if archive.labels is None else archive.labels.tolist()
    return [Sample(f"{path.name}[{number}]", label, partial(read, number)) for number, label in enumerate(known)]


def read_labels(path: Path) -> dict[str, int]:
    """Return the label of each sample named in the CSV `path`, header `file,label`."""
    if not path.is_file():
        raise UsageError("--labels", f"no file '{path}'")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise NetworkError(path.name, f"cannot be read as CSV: {problem}") from problem
    found: dict[str, int] = {}
    for line, row in enumerate(rows, start=2):
        text = (row.get("label") or "").strip()
        if "file" not in row or not text.isdecimal() or len(text) > 18 or int(text) > MAX_LABEL:
            limit = f"the header 'file,label' and whole numbers up to {MAX_LABEL:,} are expected"
            raise NetworkError(f"{path.name}, line {line}", f"{row}"[:200], limit)
        found[str(row["file"])] = int(text)
    return found


def _labels(path: Path, names: Sequence[str]) -> dict[str, int]:
    """Return the labels in `path` by sample, all of which must be in `names`."""
    if path.suffix == ".npy" and path.is_file():
        return _array_labels(path, names)
    found = read_labels(path)
    unknown = found.keys() - set(names)
    if unknown:
        raise NetworkError(str(path), f"a label for '{min(unknown)}'", "there is no such file")
    return found


def _array_labels(path: Path, names: Sequence[str]) -> dict[str, int]:
    try:
        values: NDArray[Any] = load_npy(path, 8 * len(names))
    except ValueError as problem:
        raise NetworkError(path.name, f"cannot be read as .npy: {problem}") from problem
    if values.dtype.kind not in "iu" or values.shape != (len(names),) or not _are_labels(values):
        found = f"{values.dtype} with the shape {values.shape}"
        raise NetworkError(path.name, found, f"a whole number from 0 to {MAX_LABEL:,} for each of {len(names):,}")
    return dict(zip(names, values.tolist(), strict=True))


def _are_labels(values: NDArray[Any]) -> bool:
    return not values.size or bool(values.min() >= 0 and values.max() <= MAX_LABEL)
