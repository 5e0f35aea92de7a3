"""A user's list of connections as columns, and their weights and delays as the integers that a synapse word holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ModelLimits
from s2studio.errors import NetworkError
from s2studio.lowering.schemes import ROUNDINGS
from s2studio.snn.connectivity import DenseWeights, SynapseList
from s2studio.snn.digest import value_digest
from s2studio.units import counted

FloatArray = NDArray[np.float64]
_COLUMNS = 4
_LARGEST = 2**31 - 1
# From this share of all pairs on a matrix is smaller and faster than a list.
_DENSE_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Synapses:
    """One entry per synapse as the user gave it; `digest` identifies the values."""

    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    weight: FloatArray
    delay: FloatArray
    digest: str


def synapses_of(subject: str, connections: Any) -> Synapses:
    """Return the columns of a list of [pre, post, weight, delay]. Raises NetworkError where it is no such list."""
    try:
        table = np.asarray(connections, np.float64)
    except (TypeError, ValueError) as problem:
        raise _no_list(subject, " ".join(str(problem).split())) from problem
    if table.size == 0:
        table = np.zeros((0, _COLUMNS))
    if table.ndim != 2 or table.shape[1] != _COLUMNS:
        raise _no_list(subject, f"a table of {' x '.join(map(str, table.shape))}")
    if not np.isfinite(table).all():
        raise _no_list(subject, f"row {int(np.argmax(~np.isfinite(table).all(axis=1)))} has a value that is not finite")
    ends = table[:, :2]
    if len(ends) and (np.any(ends != np.rint(ends)) or ends.min() < 0 or ends.max() > _LARGEST):
        raise _no_list(subject, "neurons that are no whole numbers from 0 on")
    pre, post = ends.T.astype(np.int32)
    weight, delay = np.ascontiguousarray(table[:, 2]), np.ascontiguousarray(table[:, 3])
    return Synapses(pre, post, weight, delay, value_digest((pre, post, weight, delay)))


def quantised(
    synapses: Synapses, limits: ModelLimits, model: str, rounding: str, sizes: tuple[int, int]
) -> tuple[SynapseList | DenseWeights, list[str]]:
    """Return the synapses with integer weights and delay fields of `model`, and what had to be changed, counted.

    A weight that is or becomes 0 is no synapse. `sizes` are those of the two populations.
    """
    notes: list[str] = []
    weight = rounded_weights(synapses.weight, limits.max_weight, model, rounding, notes)
    delay = _rounded_delays(synapses.delay, limits.max_delay, model, notes)
    kept = weight != 0
    if not kept.all():
        weight, delay = weight[kept], delay[kept]
        synapses = Synapses(synapses.pre[kept], synapses.post[kept], synapses.weight, synapses.delay, "")
    return _as_matrix(synapses, weight, delay, sizes) or SynapseList(synapses.pre, synapses.post, weight, delay), notes


def rounded_weights(weight: NDArray[Any], limit: int, model: str, rounding: str, notes: list[str]) -> NDArray[np.int8]:
    """Return `weight` rounded and clipped to -limit..limit; `notes` gets how many were changed."""
    whole = ROUNDINGS[rounding](np.asarray(weight, np.float64))
    inside = np.clip(whole, -limit, limit)
    total, changed, clipped = weight.size, np.count_nonzero(whole != weight), np.count_nonzero(inside != whole)
    lost = np.count_nonzero((inside == 0) & (np.asarray(weight) != 0))
    if changed:
        gone = f", {lost:,} of them to 0" if lost else ""
        notes.append(f"{changed:,} of {counted(total, 'weight')} rounded ({rounding}){gone}")
    if clipped:
        notes.append(f"{clipped:,} of {counted(total, 'weight')} clipped to {model}'s -{limit} to {limit}")
    return inside.astype(np.int8)


def _rounded_delays(delay: FloatArray, limit: int, model: str, notes: list[str]) -> NDArray[np.uint8]:
    whole = np.rint(delay)
    inside = np.clip(whole, 0, limit)
    changed, clipped = np.count_nonzero(whole != delay), np.count_nonzero(inside != whole)
    if changed:
        notes.append(f"{changed:,} of {counted(delay.size, 'delay')} rounded")
    if clipped and limit:
        notes.append(f"{clipped:,} of {counted(delay.size, 'delay')} clipped to {model}'s 0 to {limit}")
    elif clipped:
        notes.append(f"{clipped:,} of {counted(delay.size, 'delay')} dropped: {model} has no delay field")
    return inside.astype(np.uint8)


def _as_matrix(
    synapses: Synapses, weight: NDArray[np.int8], delay: NDArray[np.uint8], sizes: tuple[int, int]
) -> DenseWeights | None:
    """Return the matrix of synapses that fill it and share a delay, None for any others."""
    pairs = sizes[0] * sizes[1]
    if not len(weight) or len(weight) < _DENSE_SHARE * pairs or len(weight) > pairs or np.any(delay != delay[0]):
        return None
    if synapses.pre.max() >= sizes[0] or synapses.post.max() >= sizes[1]:
        return None
    matrix = np.zeros(sizes, np.int8)
    matrix[synapses.pre, synapses.post] = weight
    if np.count_nonzero(matrix) != len(weight):
        return None  # a pair has two synapses
    return DenseWeights(matrix, int(delay[0]))


def _no_list(subject: str, found: str) -> NetworkError:
    return NetworkError(subject, found, "a list of [pre neuron, post neuron, weight, delay] is expected")
