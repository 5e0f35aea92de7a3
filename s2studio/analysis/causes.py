"""Why neurons differ between the network before rounding and the chip: each layer redone with one change at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.float_network import FloatNetwork, FloatPopulation, Raster
from s2studio.analysis.float_synapses import BoolArray
from s2studio.lowering.neurons import Unrounded, idle_units
from s2studio.lowering.schemes import ROUNDINGS
from s2studio.network.layers import FloatArray
from s2studio.snn.fan_out import IntArray
from s2studio.snn.network import ChipNetwork

INHERITED, ROUNDING, CLIP, DELAY = "inherited", "rounding", "clip", "delay"
PRECISION, SILENT, SATURATED = "fp32", "silent unit", "saturated unit"
CAUSES = (INHERITED, ROUNDING, CLIP, DELAY, PRECISION, SILENT, SATURATED)


def changes(rounding: str) -> Mapping[str, Callable[[Unrounded, FloatArray], FloatArray]]:
    """Return what may be done to scaled weights, by name.

    `rounded` only rounds, `clipped` cuts off as well: those are the chip's integers. `wider` rounds and cuts off as the
    layer would without the delays in front of it, the weights then taken back to the scale they have with them.
    """

    def rounded(_before: Unrounded, weight: FloatArray) -> FloatArray:
        return ROUNDINGS[rounding](weight)

    def clipped(before: Unrounded, weight: FloatArray) -> FloatArray:
        return np.clip(rounded(before, weight), -before.limit, before.limit)

    def wider(before: Unrounded, weight: FloatArray) -> FloatArray:
        w_scale, limit = before.without_delay or (before.w_scale, before.limit)
        finer = w_scale / before.w_scale
        return np.clip(ROUNDINGS[rounding](weight * finer), -limit, limit) / finer

    return {"rounded": rounded, "clipped": clipped, "wider": wider}


@dataclass(frozen=True)
class Redone:
    """Spikes of each population on its own, hearing the spikes of the float network.

    With `rounded` weights, with the chip's `clipped` ones, with the `wider` ones it would have without delays (all in
    float64), and on the `chip` itself.
    """

    rounded: Raster
    clipped: Raster
    wider: Raster
    chip: Raster


def idle_on_chip(network: ChipNetwork, population: FloatPopulation) -> tuple[BoolArray, BoolArray]:
    """Return which neurons of `population` can never fire on the chip, and which fire in every tick without input."""
    if population.constants is None or population.is_graded:
        return np.zeros(population.size, np.bool_), np.zeros(population.size, np.bool_)
    into = [part.connectivity for part in network.spiking.projections if part.post == population.name]
    return idle_units(population.constants, into, population.size)


def first_difference(one: BoolArray, other: BoolArray) -> IntArray:
    """Return the first tick in which two rasters (ticks, samples, neurons) differ, their length where none does."""
    differs = one != other
    return np.where(differs.any(axis=0), differs.argmax(axis=0), len(one)).astype(np.int64)


def causes_of(
    population: FloatPopulation, before: BoolArray, chip: BoolArray, redone: Redone, idle: tuple[BoolArray, BoolArray]
) -> tuple[IntArray, NDArray[np.int8]]:
    """Return the first tick in which each neuron of `population` differs, and its cause, both (samples, neurons).

    `before` and `chip` are its spikes in the float network and on the chip; causes are indices into `CAUSES`, -1 where
    nothing differs. A difference is the layer's own where the layer, on the chip and hearing the float network's
    spikes, differs by then too; else it is inherited. Of an own one the cause is, in this order, that the unit can
    never fire or always does; delay, where the weights without delays would not have differed by then; rounding and
    clipping, where they are enough to differ by then; and what remains, single precision.
    """
    name = population.name
    is_delayed = population.before is not None and population.before.without_delay is not None
    ticks = len(before)
    first = first_difference(before, chip)
    own = first_difference(before, redone.chip[name])
    by_then = {
        change: first_difference(before, getattr(redone, change)[name]) <= own
        for change in ("rounded", "clipped", "wider")
    }
    silent, saturated = (np.broadcast_to(mask, first.shape) for mask in idle)
    fired = np.take_along_axis(before, np.minimum(first, ticks - 1)[None], axis=0)[0]
    found = np.select(
        [
            first == ticks,
            silent & fired,
            saturated & ~fired,
            own > first,
            is_delayed & ~by_then["wider"] & (by_then["rounded"] | by_then["clipped"]),
            by_then["rounded"],
            by_then["clipped"],
        ],
        [-1, *map(CAUSES.index, (SILENT, SATURATED, INHERITED, DELAY, ROUNDING, CLIP))],
        CAUSES.index(PRECISION),
    )
    return first, found.astype(np.int8)


def has_delays(network: FloatNetwork) -> bool:
    """Return whether any layer's weights are short because of a delay."""
    return any(
        population.before is not None and population.before.without_delay is not None
        for population in network.populations
    )
