"""Reads what a board returned: `results/1` archives, which the exported script writes, and CSV tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.network.arrays import load_npz
from s2studio.session.results import Results
from s2studio.session.results_table import read_results_table

SCHEMA = "results/1"
MAX_BYTES = 1 << 31


def read_results(paths: Sequence[Path]) -> Results:
    """Return what is in the files `paths` (.npz, .csv) of one run.

    Raises SessionError, with the line of a CSV file, for what cannot be read or is of no known form.
    """
    found = Results()
    for path in paths:
        found = found.joined(_read(path))
    return found


def _read(path: Path) -> Results:
    if not path.is_file():
        raise SessionError(str(path), "is a folder" if path.is_dir() else "no such file", hint="check the path")
    if path.suffix == ".csv":
        return read_results_table(path)
    if path.suffix != ".npz":
        raise SessionError(path.name, f"a file of kind '{path.suffix}'", "results are .npz or .csv")
    try:
        return _archive(load_npz(path, MAX_BYTES))
    except (ValueError, TypeError, OverflowError, KeyError, IndexError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise SessionError(path.name, f"holds no results: {reason}", f"'{SCHEMA}' is expected") from problem


def _archive(arrays: Mapping[str, NDArray[Any]]) -> Results:
    if _text(arrays, "s2studio") != SCHEMA:
        raise ValueError(f"it says '{_text(arrays, 's2studio')}'")
    names = _texts(arrays, "populations")
    return Results(
        steps=int(_scalar(arrays, "steps")),
        tick_s=float(_scalar(arrays, "tick_s")),
        network_digest=_text(arrays, "network_digest") or None,
        spikes={
            name: _numbers(arrays[f"{number}.spikes"], 2, np.int64)
            for number, name in enumerate(names)
            if f"{number}.spikes" in arrays
        },
        voltages={
            name: _numbers(arrays[f"{number}.v"], 2, np.float32)
            for number, name in enumerate(names)
            if f"{number}.v" in arrays
        },
        time_done_s=_by_pe(arrays, "time_done_s", np.float64),
        n_packets=_by_pe(arrays, "n_packets", np.int64),
        power=_numbers(arrays["power"], 2, np.float64) if "power" in arrays else None,
    )


def _by_pe(arrays: Mapping[str, NDArray[Any]], name: str, dtype: Any) -> dict[str, NDArray[Any]]:
    if name not in arrays:
        return {}
    values, pes = _numbers(arrays[name], 2, dtype), _texts(arrays, f"{name}_pes")
    if values.shape[1] != len(pes):
        raise ValueError(f"'{name}' has {values.shape[1]} columns for {len(pes)} PEs")
    return {pe: values[:, number] for number, pe in enumerate(pes)}


def _numbers(values: NDArray[Any], dimensions: int, dtype: Any) -> NDArray[Any]:
    if values.ndim != dimensions or values.dtype.kind not in "iuf":
        raise ValueError(f"an array of {values.dtype} {values.shape} is no table of numbers")
    converted = values.astype(dtype)
    if np.dtype(dtype).kind == "i" and not np.array_equal(converted, values):
        raise ValueError("whole numbers are expected")
    return converted


def _scalar(arrays: Mapping[str, NDArray[Any]], name: str) -> float:
    if arrays[name].size != 1 or arrays[name].dtype.kind not in "iuf":
        raise ValueError(f"'{name}' is no number")
    return float(arrays[name].reshape(-1)[0])


def _text(arrays: Mapping[str, NDArray[Any]], name: str) -> str:
    return str(arrays[name].reshape(-1)[0])[:200] if name in arrays and arrays[name].size == 1 else ""


def _texts(arrays: Mapping[str, NDArray[Any]], name: str) -> list[str]:
    values = arrays[name]
    if values.ndim != 1 or (values.dtype.kind != "U" and values.size):
        raise ValueError(f"'{name}' is no list of texts")
    return [str(text) for text in values.tolist()]
