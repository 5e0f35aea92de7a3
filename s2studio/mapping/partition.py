"""Cutting populations into slices, each with as many neurons as the model and the memory of a PE allow."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from s2studio.mapping.mapping import MappingOptions, Slice
from s2studio.mapping.memory import Cuts, MemoryModel
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.fan_out import IntArray
from s2studio.snn.network import SpikingPart
from s2studio.snn.population import Population


class Piece(NamedTuple):
    """The neurons `start` to `stop` (excluded) of a population, not yet placed."""

    population: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        """The number of neurons."""
        return self.stop - self.start


def partition(memory: MemoryModel, options: MappingOptions) -> dict[str, IntArray]:
    """Return the slice limits of every population.

    Each population takes as many neurons per PE as its model's default and the memory allow; what the user asks for
    is obeyed, fitting or not. A population that does not fit even with one neuron per PE stays at its default. What a
    slice stores depends on how its sources and targets are cut, so cutting repeats until nothing changes: it only
    ever cuts finer, so it ends.
    """
    wish = {population.name: neurons_per_pe(memory, population, options) for population in memory.part.populations}
    cuts = {name: cut(memory.part, population, wish[name]) for name, population in memory.populations.items()}
    open_names = [name for name, population in memory.populations.items() if asked(population, options) is None]
    changed = True
    while changed:
        changed = False
        for name in list(open_names):
            largest = largest_fit(memory, name, cuts, wish[name])
            if largest is None:
                open_names.remove(name)
            elif largest < wish[name]:
                wish[name], changed = largest, True
                cuts[name] = cut(memory.part, memory.populations[name], largest)
    return cuts


def pieces_of(cuts: Cuts) -> tuple[Piece, ...]:
    """Return the slices that `cuts` make, population after population."""
    return tuple(
        Piece(name, start, stop)
        for name, bounds in cuts.items()
        for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    )


def cuts_of(part: SpikingPart, pieces: Iterable[Piece | Slice]) -> dict[str, IntArray]:
    """Return the slice limits that `pieces`, in order and without gaps, make of every population."""
    stops: dict[str, list[int]] = {population.name: [0] for population in part.populations}
    for piece in pieces:
        stops[piece.population].append(piece.stop)
    return {name: np.array(limits, np.int64) for name, limits in stops.items()}


def asked(population: Population, options: MappingOptions) -> int | None:
    """Return the neurons per PE that the user, or else the network, asks for; None where neither does."""
    return options.neurons_per_pe.get(population.name, population.neurons_per_pe)


def neurons_per_pe(memory: MemoryModel, population: Population, options: MappingOptions) -> int:
    """Return the neurons per PE to begin with: what was asked for, or the model's default."""
    limits = memory.limits(population.name)
    wish = asked(population, options)
    return min(limits.default_neurons_per_pe, limits.max_neurons_per_pe) if wish is None else wish


def largest_fit(memory: MemoryModel, name: str, cuts: Cuts, at_most: int) -> int | None:
    """Return the most neurons per PE, up to `at_most`, with which every slice of `name` fits; None where none does.

    The other populations stay as `cuts` has them. The search halves its interval, so the number it returns fits and
    the next one does not.
    """
    if fits(memory, name, cuts, at_most):
        return at_most
    good, bad = 0, at_most
    while bad - good > 1:
        middle = (good + bad) // 2
        if fits(memory, name, cuts, middle):
            good = middle
        else:
            bad = middle
    return good or None


def fits(memory: MemoryModel, name: str, cuts: Cuts, most: int) -> bool:
    """Return whether every slice of `name` fits its PE with at most `most` neurons, wherever slices are placed."""
    bounds = cut(memory.part, memory.populations[name], most)
    own = sum(memory.own_regions(name, bounds).values(), np.zeros(1, np.int64))
    if own.max() > memory.capacity:
        return False
    every = sum(memory.regions(name, {**cuts, name: bounds}).values(), np.zeros(1, np.int64))
    return bool(every.max() <= memory.capacity)


def cut(part: SpikingPart, population: Population, most: int) -> IntArray:
    """Return slice limits with at most `most` neurons each, as even as they can be.

    Images behind a convolution are cut at whole channels if one fits, else at whole rows of a channel, else within
    rows: each slice then holds the kernels of as few channels as possible.
    """
    shape = population.shape
    behind_convolution = any(
        isinstance(projection.connectivity, ConvWeights) and projection.post == population.name
        for projection in part.projections
    )
    if not behind_convolution or shape is None or len(shape) != 3:
        return _even(population.size, most)
    channels, height, width = shape
    if height * width <= most:
        return _even(channels, most // (height * width)) * (height * width)
    line = _even(height, most // width) * width if width <= most else _repeated(_even(width, most), height)
    return _repeated(line, channels)


def _even(size: int, most: int) -> IntArray:
    slices = math.ceil(size / most)
    return np.arange(slices + 1, dtype=np.int64) * size // slices


def _repeated(bounds: IntArray, times: int) -> IntArray:
    """Return the limits of `times` blocks in a row, each cut as `bounds` say."""
    starts = np.arange(times, dtype=np.int64)[:, None] * bounds[-1] + bounds[None, :-1]
    return np.append(starts.reshape(-1), times * bounds[-1])
