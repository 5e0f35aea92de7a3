"""The synapses of a program: what a spike of each source neuron adds where, and how many events it causes per slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled.prefetch import LINE_BYTES
from s2studio.compiled.vectors import LANES
from s2studio.mapping.memory import Cuts
from s2studio.sim.arrays import aligned, joined, starts
from s2studio.sim.kernels.sorting import fill_rows
from s2studio.sim.places import Conv, Place, conv, pixel_places, reordered
from s2studio.sim.row_events import EventTable, kernel_events, list_events, matrix_events
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from s2studio.snn.fan_out import IntArray
from s2studio.snn.models import MODELS
from s2studio.snn.models.model import Update
from s2studio.snn.network import SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection

# The kinds of rows, a table of kernels in sim/kernels/deliver.py.
SPARSE, SPARSE_DELAYS, DENSE, CONVOLUTION = 0, 1, 2, 3
Targets = NDArray[np.uint16] | NDArray[np.uint32]


class Rows(NamedTuple):
    """All projections, sorted by source; projections of population p are `first_of[p]` to `first_of[p + 1]`.

    Source neurons stand in the engine's order. `post`, `kind` and `delay` have one entry per projection. `start` says
    where its own begin: of `row_start` for sparse rows, of `dense` for the other kinds. A sparse row is the stretch
    row_start[i] to row_start[i + 1] of `weight` and `target`, ascending by neuron: that of the target population, plus
    the population's size where the weight is inhibitory and kept apart, plus the width of a slot for each tick of delay
    where a projection has several delays. Where threads share the targets out, a row is `row_step` such stretches, one
    for each thread. A dense row is one weight per target neuron. A convolution is weights as
    `sim.places` arranges them, a row of `geometry` (see CONV) and one of `places` for each source pixel.
    A source neuron (a pixel, before a convolution) causes a row of `events` from `first_event` on, one for each of
    `event_columns`; slice i of the target population has those of column `event_of[first_event_of + i]`.
    """

    first_of: IntArray
    post: NDArray[np.int32]
    kind: NDArray[np.int32]
    delay: NDArray[np.int32]
    start: IntArray
    row_start: IntArray
    row_step: IntArray
    target: Targets
    weight: NDArray[np.int8]
    dense: NDArray[np.int8]
    geometry: IntArray
    places: NDArray[np.int32]
    events: NDArray[np.signedinteger[Any]]
    first_event: IntArray
    event_columns: IntArray
    event_of: NDArray[np.int32]
    first_event_of: IntArray


def planes(part: SpikingPart, population: Population) -> int:
    """Return the channels of an image behind a convolution, 0 for any other population."""
    for projection in part.projections:
        if projection.post == population.name and isinstance(projection.connectivity, ConvWeights):
            return projection.connectivity.target_shape[0]
    return 0


def engine_order(values: Any, channels: int) -> Any:
    """Return per-neuron `values` with the channel last, as the engine keeps images; anything else as it is."""
    if not channels or np.ndim(values) == 0:
        return values
    shape = np.shape(values)
    pixels = np.reshape(values, (channels, shape[0] // channels, *shape[1:])).swapaxes(0, 1)
    return np.ascontiguousarray(pixels).reshape(shape)


def compile_rows(part: SpikingPart, cuts: Cuts) -> Rows:
    """Return the rows of every projection of `part`, with events counted by the slices that `cuts` make."""
    names = [population.name for population in part.populations]
    ordered = sorted(part.projections, key=lambda projection: names.index(projection.pre))
    ends = [_Ends.of(part, projection) for projection in ordered]
    sources = np.array([names.index(projection.pre) for projection in ordered], np.int64)
    lists = _lists(ends)
    dense, dense_start = _dense(ends)
    geometry, places = _convolutions(ends)
    tables = [_events(each, cuts[each.post.name], lists, dense[dense_start[j] :], j) for j, each in enumerate(ends)]
    widest = np.result_type(np.int8, *(table.counts.dtype for table in tables))
    return Rows(
        first_of=np.searchsorted(sources, np.arange(len(names) + 1)).astype(np.int64),
        post=np.array([names.index(projection.post) for projection in ordered], np.int32),
        kind=np.array([each.kind for each in ends], np.int32),
        delay=np.array([each.delay for each in ends], np.int32),
        start=np.where([each.kind < DENSE for each in ends], lists.first[:-1], dense_start).astype(np.int64),
        row_start=lists.row_start,
        row_step=np.ones(len(ends), np.int64),
        target=lists.target,
        weight=lists.weight,
        dense=dense,
        geometry=geometry,
        places=places,
        events=joined([*(table.counts.reshape(-1) for table in tables), np.zeros(LANES, np.int8)], widest),
        first_event=starts(table.counts.size for table in tables),
        event_columns=np.array([table.counts.shape[1] for table in tables], np.int64),
        event_of=joined([table.column_of for table in tables], np.dtype(np.int32)),
        first_event_of=starts(len(table.column_of) for table in tables),
    )


@dataclass(frozen=True)
class _Ends:
    """A projection with the populations it joins, and the channels of an image that it comes from (or 0)."""

    weights: SynapseList | DenseWeights | ConvWeights
    pre: Population
    post: Population
    channels: int

    @classmethod
    def of(cls, part: SpikingPart, projection: Projection) -> _Ends:
        pre = part.population(projection.pre)
        return cls(projection.connectivity, pre, part.population(projection.post), planes(part, pre))

    @property
    def delays(self) -> tuple[int, int]:
        """The shortest and the longest delay field."""
        delay = 0 if isinstance(self.weights, ConvWeights) else self.weights.delay
        return (int(np.min(delay)), int(np.max(delay))) if np.size(delay) else (0, 0)

    @property
    def kind(self) -> int:
        if isinstance(self.weights, SynapseList):
            return SPARSE if self.delays[0] == self.delays[1] else SPARSE_DELAYS
        return DENSE if isinstance(self.weights, DenseWeights) else CONVOLUTION

    @property
    def delay(self) -> int:
        """The delay of every synapse, 0 where there are several."""
        return 0 if self.kind == SPARSE_DELAYS else self.delays[1]

    @property
    def width(self) -> int:
        """The sums of a slot of the target population's ring."""
        return MODELS[self.post.model].inputs * self.post.size

    @property
    def keys(self) -> int:
        """How many numbers a target may have."""
        return self.width * (1 + self.delays[1]) if self.kind == SPARSE_DELAYS else self.width

    @property
    def is_relay(self) -> bool:
        return MODELS[self.post.model].update == Update.RELAY


class _Lists(NamedTuple):
    """The sparse rows of all projections; `first` says where those of each begin in `row_start`."""

    row_start: IntArray
    first: IntArray
    target: Targets
    weight: NDArray[np.int8]


def _lists(ends: Sequence[_Ends]) -> _Lists:
    synapses = starts(len(each.weights.pre) if isinstance(each.weights, SynapseList) else 0 for each in ends)
    first = starts(each.pre.size + 1 if isinstance(each.weights, SynapseList) else 0 for each in ends)
    keys = max((each.keys for each in ends if isinstance(each.weights, SynapseList)), default=0)
    fits = keys <= 1 + np.iinfo(np.uint16).max
    made = _Lists(
        row_start=np.zeros(first[-1], np.int64),
        first=first,
        target=np.empty(synapses[-1], np.uint16 if fits else np.uint32),
        weight=np.empty(synapses[-1], np.int8),
    )
    for each, begin, start in zip(ends, synapses, first, strict=False):
        if isinstance(each.weights, SynapseList):
            _fill(each, each.weights, int(begin), made, int(start))
    return made


def _fill(ends: _Ends, synapses: SynapseList, begin: int, made: _Lists, first: int) -> None:
    place = np.empty(ends.pre.size, np.int32)
    place[engine_order(np.arange(ends.pre.size), ends.channels)] = np.arange(ends.pre.size, dtype=np.int32)
    stretch = slice(begin, begin + len(synapses.pre))
    fill_rows(
        synapses.pre,
        synapses.post,
        synapses.weight,
        synapses.delay,
        place,
        ends.post.size if MODELS[ends.post.model].inputs > 1 else 0,
        ends.width if ends.kind == SPARSE_DELAYS else 0,
        ends.is_relay,
        begin,
        np.zeros(ends.post.size + 1, np.int64),
        np.empty(len(synapses.pre), np.int32 if len(synapses.pre) < 2**31 else np.int64),
        made.row_start[first : first + ends.pre.size + 1],
        made.target[stretch],
        made.weight[stretch],
    )


def _dense(ends: Sequence[_Ends]) -> tuple[NDArray[np.int8], IntArray]:
    """Return the weights of dense rows and convolutions, and where those of each projection begin."""
    sizes = [0 if isinstance(each.weights, SynapseList) else each.weights.weight.size for each in ends]
    first = starts(-(-size // LINE_BYTES) * LINE_BYTES for size in sizes)
    dense = aligned(int(first[-1]), np.int8)
    for each, size, start in zip(ends, sizes, first, strict=False):
        into = dense[start : start + size]
        if isinstance(each.weights, ConvWeights):
            arranged = reordered(each.weights)
            into.reshape(arranged.shape)[...] = arranged
        elif isinstance(each.weights, DenseWeights):
            into.reshape(each.weights.weight.shape)[...] = engine_order(each.weights.weight, each.channels)
            if each.is_relay:
                np.not_equal(into, 0, out=into)
    return dense, first[:-1]


def _convolutions(ends: Sequence[_Ends]) -> tuple[IntArray, NDArray[np.int32]]:
    """Return a row of geometry for each projection (0 where it is no convolution), and the places of all pixels."""
    geometry, places = np.zeros((len(ends), len(Conv._fields)), np.int64), []
    pixels = 0
    for row, each in zip(geometry, ends, strict=True):
        if not isinstance(each.weights, ConvWeights):
            continue
        row[:] = conv(each.weights, each.channels > 0, pixels)
        places.append(pixel_places(each.weights))
        pixels += len(places[-1])
    return geometry, np.concatenate(places) if places else np.zeros((0, len(Place._fields)), np.int32)


def _events(ends: _Ends, bounds: IntArray, lists: _Lists, dense: NDArray[np.int8], j: int) -> EventTable:
    """Return the events of projection `j`, whose rows are made already, those of a matrix at the front of `dense`."""
    if isinstance(ends.weights, ConvWeights):
        return kernel_events(ends.weights, bounds)
    if isinstance(ends.weights, DenseWeights):
        return matrix_events(dense[: ends.weights.weight.size].reshape(ends.weights.weight.shape), bounds)
    row_start = lists.row_start[lists.first[j] : lists.first[j + 1]]
    return list_events(row_start, lists.target, ends.post.size, bounds)
