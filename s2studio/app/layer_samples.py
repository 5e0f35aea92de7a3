"""Samples of a deep network, and their labels, from .npy and .npz files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import NetworkError, UsageError
from s2studio.network.arrays import load_npy, load_npz
from s2studio.network.tensors import LayerGraph, token_limits

MAX_BYTES = 2**30
# Names under which an archive holds labels, in the order in which they are looked for.
LABELS = ("labels", "label", "targets", "y")


@dataclass(frozen=True)
class LayerSamples:
    """Inputs of a network, each sample by the inputs' names; `labels` (samples, ...) where they are known.

    A label is the place of the right answer along the last axis of the network's first output.
    """

    samples: tuple[Mapping[str, NDArray[Any]], ...]
    labels: NDArray[np.int64] | None = None


def read_samples(graph: LayerGraph, path: Path | None, labels: Path | None = None) -> LayerSamples:
    """Return the samples in `path`: a .npy (samples, *shape of the input), or a .npz of one such array per input.

    The batch axis may be left out where it is 1. A .npz may hold labels as `labels`; `labels` is a .npy of them.
    Raises UsageError without `path`, NetworkError where a file does not fit the network.
    """
    if path is None:
        raise UsageError("--data", "it is missing", "samples are needed", "--data SAMPLES.npy")
    arrays = _arrays(graph, path)
    inputs = {name: _checked(graph, name, arrays[name], path) for name in graph.inputs}
    count = len(next(iter(inputs.values())))
    for name, values in inputs.items():
        if len(values) != count:
            raise NetworkError(path.name, f"{len(values):,} samples for '{name}'", f"the first input has {count:,}")
    found = _load(labels) if labels is not None else next((arrays[n] for n in LABELS if n in arrays), None)
    rows = tuple({name: values[i] for name, values in inputs.items()} for i in range(count))
    return LayerSamples(rows, None if found is None else _labels(graph, found, count, (labels or path).name))


def _arrays(graph: LayerGraph, path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays in a file by the inputs' names, and its labels by theirs."""
    if path.suffix != ".npz":
        if len(graph.inputs) != 1:
            named = ", ".join(graph.inputs)
            raise NetworkError(path.name, "one array", f"the network has the inputs {named}", "save them in a .npz")
        return {graph.inputs[0]: _load(path)}
    try:
        arrays = load_npz(path, MAX_BYTES)
    except (ValueError, OSError) as problem:
        raise NetworkError(path.name, str(problem), "a .npz of arrays is expected") from problem
    rest = [name for name in arrays if name not in LABELS]
    if len(graph.inputs) == 1 and graph.inputs[0] not in arrays and len(rest) == 1:
        arrays[graph.inputs[0]] = arrays[rest[0]]
    for name in graph.inputs:
        if name not in arrays:
            raise NetworkError(path.name, f"it holds {', '.join(arrays) or 'nothing'}", f"input '{name}' is expected")
    return arrays


def _load(path: Path) -> NDArray[Any]:
    try:
        return np.asarray(load_npy(path, MAX_BYTES))
    except (ValueError, OSError) as problem:
        raise NetworkError(path.name, str(problem), "a .npy array is expected", "np.save(path, samples)") from problem


def _checked(graph: LayerGraph, name: str, values: NDArray[Any], path: Path) -> NDArray[Any]:
    shape = graph.shapes[name]
    if shape[:1] == (1,) and values.shape[1:] == shape[1:]:
        values = values[:, None]
    if values.shape[1:] != shape or not len(values) or values.dtype.kind not in "biuf":
        found = f"{values.dtype} of {' x '.join(map(str, values.shape))}"
        raise NetworkError(path.name, found, f"samples x {' x '.join(map(str, shape))} is expected")
    tokens = token_limits(graph).get(name)
    if tokens is not None and (values.dtype.kind not in "iu" or values.min() < 0 or values.max() >= tokens):
        found = f"'{name}' holds {values.dtype} from {values.min():g} to {values.max():g}"
        raise NetworkError(path.name, found, f"tokens, whole numbers from 0 to {tokens - 1}, are expected")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise NetworkError(path.name, "values that are not finite", hint="leave them out")
    return values


def _labels(graph: LayerGraph, values: NDArray[Any], count: int, name: str) -> NDArray[np.int64]:
    """Return labels of the shape (samples, *answers of a sample), batch axes of 1 added."""
    shape = graph.shapes[graph.outputs[0]]
    expected = (count, *shape[:-1])
    if values.dtype.kind not in "iu" or values.size != np.prod(expected):
        found = f"labels: {values.dtype} of {' x '.join(map(str, values.shape))}"
        raise NetworkError(name, found, f"whole numbers of {' x '.join(map(str, expected))} are expected")
    if values.min() < 0 or values.max() >= shape[-1]:
        raise NetworkError(name, f"labels from {values.min()} to {values.max()}", f"0 to {shape[-1] - 1} are possible")
    return values.astype(np.int64).reshape(expected)
