"""`spinnaker2.helpers`: connection lists from matrices, and spikes in other shapes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.compat.names import unknown_name
from s2studio.errors import UsageError


def connection_list_from_dense_weights(weights: Any, delay: float = 0) -> list[list[float]]:
    """Return [pre, post, weight, delay] for every entry of `weights` (pre, post), zeros included."""
    matrix = _matrix(weights)
    return _listed(matrix, np.ones(matrix.shape, np.bool_), delay)


def sparse_connection_list_from_dense_weights(weights: Any, delay: float = 0) -> list[list[float]]:
    """Return [pre, post, weight, delay] for every entry of `weights` (pre, post) that is not 0."""
    matrix = _matrix(weights)
    return _listed(matrix, matrix != 0, delay)


def spike_times_dict_to_arrays(spike_times: Mapping[int, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (neurons, ticks) of {neuron: [tick, ...]}, one entry each for every spike."""
    counts = [len(ticks) for ticks in spike_times.values()]
    indices = np.repeat(np.array(list(spike_times), np.int64), counts)
    ticks = [np.asarray(ticks, np.int64) for ticks in spike_times.values()]
    return indices, np.concatenate([np.zeros(0, np.int64), *ticks])


def spike_times_to_matrix(spike_times: Mapping[int, Any], n_timesteps: int) -> NDArray[np.int64]:
    """Return 1 where a neuron spikes in a tick, shape (neurons, ticks); neurons run up to the highest key."""
    indices, times = spike_times_dict_to_arrays(spike_times)
    matrix = np.zeros((max(spike_times, default=-1) + 1, n_timesteps), np.int64)
    inside = times < n_timesteps
    matrix[indices[inside], times[inside]] = 1
    return matrix


def save_dict_to_npz(results: Mapping[str, Any], filename: str | Path) -> None:
    """Save {PE: values per tick}, as `get_time_done_times` returns it, to a .npz file with `pes` and `times`."""
    path = Path(filename)
    path = path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz")
    np.savez(path, pes=np.array(list(results)), times=np.stack([np.asarray(values) for values in results.values()]))


def plot_times_done_multiple_pes_one_plot_vertical(filename: str | Path, sys_tick_in_s: float = 1e-3) -> None:
    """Draw when each PE of a file of `save_dict_to_npz` was done, one row each, with matplotlib."""
    from matplotlib import pyplot as plt

    with np.load(filename, allow_pickle=False) as saved:
        names, shares = saved["pes"], saved["times"]
    figure, axes = plt.subplots(len(names), 1, sharex=True, sharey=True, squeeze=False)
    for axis, name, values in zip(axes[:, 0], names, shares, strict=True):
        axis.plot(np.arange(len(values)), values * sys_tick_in_s, ".", label=str(name))
        axis.axhline(sys_tick_in_s, color="0.5", linestyle="--")
        axis.legend(loc="upper right")
    axes[-1, 0].set_xlabel("time step")
    figure.supylabel("time done [s]")
    plt.show()


def _matrix(weights: Any) -> NDArray[Any]:
    matrix = np.asarray(weights)
    if matrix.ndim != 2:
        raise UsageError("weights", f"an array of shape {matrix.shape}", "a matrix (pre, post) is expected")
    return matrix


def _listed(matrix: NDArray[Any], chosen: NDArray[np.bool_], delay: float) -> list[list[float]]:
    pre, post = np.nonzero(chosen)
    # Rows of Python numbers, as scripts expect them: they append to them, print them and index with them.
    rows = np.empty((len(pre), 4), object)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = pre, post, matrix[pre, post], delay
    listed: list[list[float]] = rows.tolist()
    return listed


__getattr__ = unknown_name(
    "spinnaker2.helpers",
    (
        "connection_list_from_dense_weights",
        "spike_times_dict_to_arrays",
        "spike_times_to_matrix",
        "save_dict_to_npz",
        "plot_times_done_multiple_pes_one_plot_vertical",
    ),
)
