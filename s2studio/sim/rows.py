"""The synapses of a program: what a spike of each source neuron adds where, and how many events it causes per slice."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.mapping.memory import Cuts
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from s2studio.snn.fan_out import IntArray, fan_out
from s2studio.snn.models import MODELS
from s2studio.snn.models.model import Update
from s2studio.snn.network import SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

# The kinds of rows, a table of kernels in sim/kernels/tick.py.
SPARSE, SPARSE_DELAYS, DENSE, CONVOLUTION = 0, 1, 2, 3
Targets = NDArray[np.uint16] | NDArray[np.uint32]
GEOMETRY = (
    *("in_height", "in_width", "out_height", "out_width", "out_channels"),
    *("kernel_height", "kernel_width", "stride_y", "stride_x", "top", "left", "pool_y", "pool_x"),
)


class Rows(NamedTuple):
    """All projections, sorted by source; projections of population p are `first_of[p]` to `first_of[p + 1]`.

    `post`, `kind` and `delay` have one entry per projection. `start` says where its own begin: of `row_start` for
    sparse rows, of `dense` for the other kinds. A sparse row is the stretch row_start[i] to row_start[i + 1] of
    `weight` and `target`: the neuron of the target population, plus its size where the weight is inhibitory and kept
    apart, plus the width of a slot for each tick of delay where a projection has several delays. A dense row is one
    weight per target neuron. A convolution is weights (in, kernel row, kernel column, out) and a row of `geometry`.
    `events` holds for each source neuron of each projection, from `first_event` on, the synapses it reaches in each
    slice of the target population.
    """

    first_of: IntArray
    post: NDArray[np.int32]
    kind: NDArray[np.int32]
    delay: NDArray[np.int32]
    start: IntArray
    row_start: IntArray
    target: Targets
    weight: NDArray[np.int8]
    dense: NDArray[np.int8]
    geometry: IntArray
    events: NDArray[np.uint16] | NDArray[np.int32]
    first_event: IntArray


def planes(part: SpikingPart, population: Population) -> int:
    """Return the channels of an image behind a convolution, 0 for any other population."""
    for projection in part.projections:
        if projection.post == population.name and isinstance(projection.connectivity, ConvWeights):
            return projection.connectivity.target_shape[0]
    return 0


def compile_rows(part: SpikingPart, cuts: Cuts) -> Rows:
    """Return the rows of every projection of `part`, with events counted by the slices that `cuts` make."""
    names = [population.name for population in part.populations]
    ordered = sorted(part.projections, key=lambda projection: names.index(projection.pre))
    builder = _Builder(part)
    for projection in ordered:
        builder.add(projection)
    sources = np.array([names.index(projection.pre) for projection in ordered], np.int64)
    tables = [
        fan_out(projection.connectivity, part.population(projection.pre).size, cuts[projection.post])
        for projection in ordered
    ]
    sizes = [table.size for table in tables]
    return Rows(
        first_of=np.searchsorted(sources, np.arange(len(names) + 1)).astype(np.int64),
        post=np.array([names.index(projection.post) for projection in ordered], np.int32),
        **builder.columns(),
        events=_joined([table.reshape(-1) for table in tables], np.uint16),
        first_event=np.cumsum([0, *sizes], dtype=np.int64),
    )


class _Builder:
    """Collects the arrays of one projection after the other."""

    def __init__(self, part: SpikingPart) -> None:
        self.part = part
        self.kind: list[int] = []
        self.delay: list[int] = []
        self.start: list[int] = []
        self.geometry: list[list[int]] = []
        self.parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("row_start", "target", "weight", "dense")}
        self.synapses = self.row_starts = self.dense_weights = 0

    def add(self, projection: Projection) -> None:
        """Append the rows of `projection`."""
        pre, post = self.part.population(projection.pre), self.part.population(projection.post)
        weights = projection.connectivity
        geometry = [0] * len(GEOMETRY)
        if isinstance(weights, ConvWeights):
            self._add_dense(CONVOLUTION, weights.weight.transpose(1, 2, 3, 0), 0)
            geometry = _geometry(weights)
        elif isinstance(weights, DenseWeights):
            matrix = weights.weight
            if MODELS[post.model].update == Update.RELAY:
                matrix = (matrix != 0).astype(np.int8)
            self._add_dense(DENSE, matrix, weights.delay)
        else:
            self._add_sparse(weights, pre.size, post)
        self.geometry.append(geometry)

    def columns(self) -> dict[str, Any]:
        """Return the columns of `Rows` that are made here."""
        return {
            "kind": np.array(self.kind, np.int32),
            "delay": np.array(self.delay, np.int32),
            "start": np.array(self.start, np.int64),
            "geometry": np.array(self.geometry, np.int64).reshape(-1, len(GEOMETRY)),
            "row_start": _joined(self.parts["row_start"], np.int64),
            "target": _joined(self.parts["target"], np.uint16),
            "weight": _joined(self.parts["weight"], np.int8),
            "dense": _joined(self.parts["dense"], np.int8),
        }

    def _add_dense(self, kind: int, weight: NDArray[np.int8], delay: int) -> None:
        self._note(kind, delay, self.dense_weights)
        self.parts["dense"].append(np.ascontiguousarray(weight).reshape(-1))
        self.dense_weights += weight.size

    def _add_sparse(self, synapses: SynapseList, sources: int, post: Population) -> None:
        model, width = MODELS[post.model], MODELS[post.model].inputs * post.size
        order = np.lexsort((synapses.post, synapses.delay, synapses.pre))
        target, weight, delay = synapses.post[order].astype(np.int64), synapses.weight[order], synapses.delay[order]
        if model.update == Update.RELAY:
            weight = np.ones_like(weight)
        if model.inputs == 2:
            target += np.where(weight < 0, post.size, 0)
            weight = np.abs(weight)
        several = len(delay) > 0 and delay.min() != delay.max()
        if several:
            target += width * delay.astype(np.int64)
        self._note(SPARSE_DELAYS if several else SPARSE, 0 if several else int(delay.max(initial=0)), self.row_starts)
        ends = np.cumsum(np.bincount(synapses.pre, minlength=sources), dtype=np.int64)
        self.parts["row_start"].append(np.concatenate([[0], ends]) + self.synapses)
        fits = target.max(initial=0) <= np.iinfo(np.uint16).max
        self.parts["target"].append(target.astype(np.uint16 if fits else np.uint32))
        self.parts["weight"].append(weight)
        self.synapses += len(target)
        self.row_starts += sources + 1

    def _note(self, kind: int, delay: int, start: int) -> None:
        self.kind.append(kind)
        self.delay.append(delay)
        self.start.append(start)


def _geometry(kernel: ConvWeights) -> list[int]:
    return [
        *kernel.source_shape[1:],
        *kernel.target_shape[1:],
        kernel.weight.shape[0],
        *kernel.weight.shape[2:],
        *kernel.stride,
        kernel.padding[0],
        kernel.padding[2],
        *kernel.pool,
    ]


def _joined(arrays: list[NDArray[Any]], empty: type[np.generic]) -> NDArray[Any]:
    """Return the arrays one after the other, in the widest of their types."""
    return np.concatenate(arrays) if arrays else np.zeros(0, empty)
