"""Many labelled stimuli: a folder of stimulus files, or one archive, as samples that are read when they are needed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from s2studio.errors import NetworkError, UsageError
from s2studio.network.stimulus import READERS, RECORDINGS, Target, read_stimulus
from s2studio.network.stimulus.spikes import Stimulus

LABELS = "labels.csv"


@dataclass(frozen=True)
class Sample:
    """One stimulus of a data set: `label` is the number of the right output neuron, None where nobody said it."""

    name: str
    label: int | None
    read: Callable[[], Stimulus]


def read_dataset(
    folder: Path, targets: Mapping[str, Target], bin_s: float | None = None, labels: Path | None = None
) -> tuple[Sample, ...]:
    """Return the samples in `folder`, by name: stimulus files, or folders of them that are named after their label.

    Labels are in `labels`, or in `labels.csv` beside the samples: `file,label` with the header, `file` relative to
    the folder. Raises NetworkError where there is no sample or a label is malformed.
    """
    if not folder.is_dir():
        raise NetworkError(str(folder), "no such folder", hint="--data names a folder of stimulus files")
    known = read_labels(labels or folder / LABELS, required=labels is not None)
    kinds = {*READERS, *RECORDINGS}
    files = sorted(
        path for path in folder.rglob("*") if path.suffix in kinds and path.is_file() and path.name != LABELS
    )
    if labels is not None:
        files = [path for path in files if path.resolve() != labels.resolve()]
    if not files:
        raise NetworkError(str(folder), "no stimulus files", f"they end in {', '.join(sorted(kinds))}")
    samples = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        label = known.get(name, int(path.parent.name) if path.parent.name.isdecimal() else None)
        samples.append(Sample(name, label, partial(read_stimulus, path, targets, None, _bin(path, bin_s))))
    unknown = known.keys() - {sample.name for sample in samples}
    if unknown:
        raise NetworkError(str(labels or folder / LABELS), f"a label for '{min(unknown)}'", "there is no such file")
    return tuple(samples)


def labels_of(samples: tuple[Sample, ...]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the label of each sample, -1 where there is none."""
    return np.array([-1 if sample.label is None else sample.label for sample in samples], np.int64)


def _bin(path: Path, bin_s: float | None) -> float | None:
    return bin_s if path.suffix in RECORDINGS else None


def read_labels(path: Path, required: bool = True) -> dict[str, int]:
    """Return the label of each file named in the CSV `path`, header `file,label`; none where it need not exist."""
    if not path.is_file():
        if required:
            raise UsageError("--labels", f"no file '{path}'")
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise NetworkError(path.name, f"cannot be read as CSV: {problem}") from problem
    found: dict[str, int] = {}
    for line, row in enumerate(rows, start=2):
        text = row.get("label") or ""
        if "file" not in row or not text.strip().isdecimal():
            limit = "the header 'file,label' and whole numbers are expected"
            raise NetworkError(f"{path.name}, line {line}", f"{row}", limit)
        found[str(row["file"])] = int(text)
    return found
