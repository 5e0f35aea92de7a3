"""The synapse that made a neuron differ: what each one added to the difference of the voltage in that tick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from s2studio.analysis.causes import CLIP, DELAY, INHERITED, ROUNDING
from s2studio.analysis.float_network import FloatNetwork, FloatPopulation, FloatProjection, Raster
from s2studio.analysis.float_synapses import BoolArray, Incoming
from s2studio.lowering.population import Constants
from s2studio.network.layers import FloatArray


@dataclass(frozen=True)
class Synapse:
    """A synapse from neuron `neuron` of `pre`, of the node `layer` (None: an edge or a pool).

    `weight` is in the model's units, `scaled` in the chip's before rounding, `integer` on the chip, `delay_ticks` its
    delay field. `contribution` is what it adds to v_chip - v_float, in the model's units.
    """

    pre: str
    neuron: int
    layer: str | None
    weight: float
    scaled: float
    integer: int
    delay_ticks: int
    contribution: float


@dataclass(frozen=True)
class Difference:
    """The first tick in which a neuron spikes on one side only.

    `v_float` and `v_chip` are the voltages before the reset of that tick and `threshold` what they are compared with,
    all in the model's units. `synapse` has the largest part in their difference, None where no synapse made it.
    """

    sample: str
    tick: int
    neuron: int
    spiked_in_float: bool
    cause: str
    v_float: float
    v_chip: float
    threshold: float
    synapse: Synapse | None


@dataclass(frozen=True)
class Sides:
    """Both runs, and the networks that differ from each other by rounding, and by clipping."""

    exact: FloatNetwork
    rounded: FloatNetwork
    clipped: FloatNetwork
    spikes_in_float: Raster
    spikes_on_chip: Raster

    def explain(self, name: str, sample: int, title: str, neuron: int, tick: int, cause: str) -> Difference:
        """Return the difference of `neuron` of the population `name` in `tick`; `title` is the name of the sample."""
        population = self.exact.population(name)
        constants = _constants(population)
        fired = self.spikes_in_float[name][:tick, sample, neuron]
        ways = [_Way(self, index, sample, neuron, tick) for index in self._into(name)]
        scale = float(constants.scale[neuron])
        v_float = _voltage([(way.float_arrivals, way.exact.weight) for way in ways], constants, neuron, fired)
        v_chip = _voltage(
            [(way.chip_arrivals, way.clipped.weight) for way in ways], constants, neuron, fired, np.float32
        )
        return Difference(
            title,
            tick,
            neuron,
            bool(self.spikes_in_float[name][tick, sample, neuron]),
            cause,
            v_float / scale,
            v_chip / scale,
            float(constants.threshold[neuron]) / scale,
            _largest(ways, cause, _gain(constants, neuron, fired), population, scale),
        )

    def _into(self, name: str) -> list[int]:
        return [index for index, way in enumerate(self.exact.projections) if way.post == name]


class _Way:
    """The synapses of one projection into one neuron, and the spikes that arrive through them, (ticks, synapses)."""

    def __init__(self, sides: Sides, index: int, sample: int, neuron: int, tick: int) -> None:
        self.projection: FloatProjection = sides.exact.projections[index]
        self.exact, self.rounded, self.clipped = (
            network.projections[index].synapses.into(neuron) for network in (sides.exact, sides.rounded, sides.clipped)
        )
        pre = self.projection.pre
        self.float_arrivals, self.chip_arrivals = (
            _arrivals(spikes[pre][:, sample], self.exact, tick)
            for spikes in (sides.spikes_in_float, sides.spikes_on_chip)
        )

    def contributions(self, cause: str, gain: FloatArray) -> FloatArray:
        """Return what each synapse adds to v_chip - v_float, in the chip's units, by the change that is the cause."""
        heard: FloatArray = gain @ self.float_arrivals
        if cause == INHERITED:
            inherited: FloatArray = (gain @ self.chip_arrivals - heard) * self.clipped.weight
            return inherited
        before = self.rounded if cause == CLIP else self.exact
        after = self.rounded if cause == ROUNDING else self.clipped
        lost: FloatArray = heard * (after.weight - before.weight)
        return lost


def _constants(population: FloatPopulation) -> Constants:
    if population.constants is None:
        raise TypeError(f"{population.name} is an input")
    return population.constants


def _arrivals(spikes: BoolArray, synapses: Incoming, tick: int) -> FloatArray:
    """Return 1 where a spike arrives through a synapse in a tick, (tick + 1, synapses), of `spikes` (ticks, pre)."""
    ticks = np.arange(tick + 1)[:, None] - 1 - synapses.delay
    found: BoolArray = spikes[np.maximum(ticks, 0), synapses.pre] & (ticks >= 0)
    return found.astype(np.float64)


def _gain(constants: Constants, neuron: int, fired: BoolArray) -> FloatArray:
    """Return how much of what arrives in each tick up to the last is in the voltage of the last, before its reset.

    `fired` are the spikes of the ticks before: a reset to v_reset forgets the voltage, one by subtraction does not.
    """
    alpha = float(constants.alpha[neuron])
    decay = 0.0 if constants.synapse_decay is None else float(constants.synapse_decay[neuron])
    gain = np.zeros(len(fired) + 1)
    through_v, through_current = 1.0, 1.0
    gain[-1] = 1.0
    for tick in range(len(fired) - 1, -1, -1):
        through_v = 0.0 if fired[tick] and constants.v_reset is not None else through_v * alpha
        through_current = through_current * decay + through_v
        gain[tick] = through_current
    return gain


def _voltage(
    arriving: list[tuple[FloatArray, FloatArray]],
    constants: Constants,
    neuron: int,
    fired: BoolArray,
    kind: DTypeLike = np.float64,
) -> float:
    """Return the voltage before the reset of the last tick, every operation in `kind`.

    `arriving` are spikes (ticks, synapses) with the weights (synapses,); `fired` are the spikes of the ticks before.
    """
    zeros = np.zeros(len(fired) + 1)
    excitation = sum((spikes @ np.maximum(weight, 0) for spikes, weight in arriving), zeros).astype(kind)
    inhibition = sum((spikes @ np.maximum(-weight, 0) for spikes, weight in arriving), zeros).astype(kind)
    alpha, offset, threshold = (
        np.asarray(values[neuron], kind) for values in (constants.alpha, constants.offset, constants.threshold)
    )
    decay = np.asarray(0.0 if constants.synapse_decay is None else constants.synapse_decay[neuron], kind)
    v, excited, inhibited = (np.asarray(0.0, kind) for _ in range(3))
    for tick, (more, less) in enumerate(zip(excitation, inhibition, strict=True)):
        excited, inhibited = excited * decay + more, inhibited * decay + less
        v = alpha * v + (excited - inhibited) + offset
        if tick < len(fired) and fired[tick]:
            v = v - threshold if constants.v_reset is None else np.asarray(constants.v_reset[neuron], kind)
    return float(v)


def _largest(
    ways: list[_Way], cause: str, gain: FloatArray, population: FloatPopulation, scale: float
) -> Synapse | None:
    """Return the synapse that adds most to the difference, None where the cause is none of the synapses'."""
    if cause not in (INHERITED, ROUNDING, CLIP, DELAY):
        return None
    w_scale = 1.0 if population.before is None else population.before.w_scale
    found: Synapse | None = None
    for way in ways:
        parts = way.contributions(cause, gain)
        if not parts.any():
            continue
        at = int(np.abs(parts).argmax())
        if found is None or abs(parts[at] / scale) > abs(found.contribution):
            found = Synapse(
                way.projection.pre,
                int(way.exact.pre[at]),
                way.projection.layer,
                float(way.exact.weight[at]) / w_scale,
                float(way.exact.weight[at]),
                int(way.clipped.weight[at]),
                int(way.exact.delay[at]),
                float(parts[at]) / scale,
            )
    return found
