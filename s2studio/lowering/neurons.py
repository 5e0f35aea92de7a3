"""One layer of neurons with all that leads into it: one factor for all its weights, one population, its projections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.lowering.chains import Chain, is_convolution
from s2studio.lowering.delays import DelayLoss, delay_nodes, in_ticks
from s2studio.lowering.drive import largest_input, saturated, silent
from s2studio.lowering.nir_rules import RULES, discretise
from s2studio.lowering.options import LoweringOptions
from s2studio.lowering.plan import Plan
from s2studio.lowering.population import Constants, chip_constants, chip_parameters
from s2studio.lowering.refusal import NodeError
from s2studio.lowering.report import PopulationReport, WeightLoss, unit_warnings, weight_loss
from s2studio.lowering.schemes import Quantised, quantise, weight_scale
from s2studio.lowering.synapses import Delays, convolution, dense, one_to_one, sum_pool
from s2studio.lowering.wiring import Path
from s2studio.network.layers import IF, Affine, AvgPool2d, Conv2d, FloatArray, Graded, Neuron, Scale, SumPool2d
from s2studio.snn.connectivity import Connectivity
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection


@dataclass(frozen=True)
class LoweredNeurons:
    """A population with the projections into it and its row of the report."""

    population: Population
    projections: tuple[Projection, ...]
    report: PopulationReport


@dataclass(frozen=True)
class Unrounded:
    """A layer of neurons in the chip's units before anything is rounded to what the chip holds.

    `weights` are those of the file with the factors of their chain, by `key` of the chain; times `w_scale` they are in
    the chip's units, in which `limit` is the largest integer. `ticks` are the delays of each chain with warnings about
    them. `without_delay` is the w_scale and the limit that the layer would have without its delays, None where it has
    none.
    """

    model: str
    limit: int
    w_scale: float
    weights: Mapping[tuple[object, ...], FloatArray]
    constants: Constants
    ticks: tuple[tuple[Delays, tuple[str, ...]], ...]
    without_delay: tuple[float, int] | None
    warnings: tuple[str, ...]

    def rounded(self, rounding: str) -> dict[tuple[object, ...], Quantised]:
        """Return the integer weights."""
        return {name: quantise(weight, self.w_scale, rounding, self.limit) for name, weight in self.weights.items()}

    def loss(self, rounding: str) -> WeightLoss:
        """Return what rounding and clipping do to all weights of the layer."""
        return weight_loss(list(self.weights.values()), list(self.rounded(rounding).values()), self.limit)

    def delay_loss(self, rounding: str) -> DelayLoss | None:
        """Return what the short weights of delayed synapses cost, None where there is no delay."""
        if self.without_delay is None:
            return None
        w_scale, limit = self.without_delay
        weights = list(self.weights.values())
        wider = weight_loss(weights, [quantise(weight, w_scale, rounding, limit) for weight in weights], limit)
        return DelayLoss(self.loss(rounding).snr_db, wider.snr_db)


def unrounded(node: str, layer: Neuron, plan: Plan, options: LoweringOptions, spec: ChipSpec) -> Unrounded:
    """Return the neurons `layer` of `node` before rounding; `options` have dt_s where it has a time constant.

    One w_scale is taken from all weights into the node, so that what comes together is in the same unit.
    Raises NodeError where a value has no place on the chip.
    """
    chains = plan.chains[node]
    delayed = any(delay_nodes(plan.wires.layers, chain.path) for chain in chains)
    model = _model(layer, chains, plan, delayed)
    limit = spec.models[model].max_weight
    weights = {key(plan, chain): _float_weights(plan, chain) for chain in chains}
    magnitudes = _magnitudes(list(weights.values()))
    w_scale = weight_scale(node, magnitudes, options.scale, limit)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # chip_parameters refuses what is not finite
        rule = discretise(node, layer, options.dt_s or 0.0, options.integrator)
        constants = chip_constants(rule, w_scale, _bias(node, plan), options.reset)
    ticks = tuple(_ticks(plan, chain, options, spec.models[model].max_delay) for chain in chains)
    without_delay = None
    if delayed:
        wider = spec.models[RULES[type(layer)].model].max_weight
        without_delay = (weight_scale(node, magnitudes, options.scale, wider), wider)
    return Unrounded(model, limit, w_scale, weights, constants, ticks, without_delay, rule.warnings)


def lower_neurons(node: str, layer: Neuron, plan: Plan, options: LoweringOptions, spec: ChipSpec) -> LoweredNeurons:
    """Return what the neurons `layer` of `node` become. Raises NodeError where a value has no place on the chip."""
    before = unrounded(node, layer, plan, options, spec)
    integers = before.rounded(options.rounding)
    synapses = [
        _connectivity(plan, chain, integers[key(plan, chain)], delays)
        for chain, (delays, _) in zip(plan.chains[node], before.ticks, strict=True)
    ]
    warnings = before.warnings + tuple(dict.fromkeys(warning for _, several in before.ticks for warning in several))
    lost = before.delay_loss(options.rounding)
    if lost is not None:
        warnings += (lost.text,)
    return _lowered(
        node, plan, before.model, before.constants, synapses, before.w_scale, before.loss(options.rounding), warnings
    )


def lower_pool(node: str, layer: SumPool2d, plan: Plan) -> LoweredNeurons:
    """Return the IF population of threshold 1 that a sum pool becomes which no weights behind it can take in.

    It resets by subtraction whatever the options say, since a reset to zero would lose spikes of the same tick.
    The mean of a window is its sum against a threshold of the window's size.
    """
    synapses = [sum_pool(chain, layer, plan.shapes[node]) for chain in plan.chains[node]]
    loss = WeightLoss(sum(part.weight.size for part in synapses), 1.0, 1, 0.0, None, ())
    return _lowered(node, plan, RULES[IF].model, pool_constants(node, layer, plan), synapses, 1.0, loss, ())


def pool_constants(node: str, layer: SumPool2d, plan: Plan) -> Constants:
    """Return the constants of the IF population that a sum pool becomes."""
    shape = plan.shapes[node]
    threshold = np.full(shape, float(pool_threshold(layer)))
    neuron = IF(r=np.ones(shape), v_threshold=threshold, v_reset=np.zeros(shape))
    return chip_constants(discretise(node, neuron, 0.0, "forward"), 1.0, np.zeros(plan.size(node)), "subtract")


def pool_threshold(layer: SumPool2d) -> int:
    """Return how many spikes a pool that runs as a population of IF neurons takes for one of its own."""
    return math.prod(layer.kernel_size) if isinstance(layer, AvgPool2d) else 1


def _model(layer: Neuron, chains: Sequence[Chain], plan: Plan, delayed: bool) -> str:
    rule = RULES[type(layer)]
    if delayed:
        return rule.delay_model
    convolved = any(is_convolution(plan.wires, chain) for chain in chains)
    return rule.conv_model if convolved and rule.conv_model else rule.model


def key(plan: Plan, chain: Chain) -> tuple[object, ...]:
    """Return what chains that share their float weights have in common."""
    scaling = _scaling(plan, chain)
    return (chain.weights, scaling, chain.source_shape) if scaling else (chain.weights,)


def _scaling(plan: Plan, chain: Chain) -> Path:
    return tuple(node for node in chain.path if isinstance(plan.wires.layers[node], Scale | AvgPool2d))


def _magnitudes(weights: Sequence[FloatArray]) -> FloatArray:
    """Return all |w|, without a second copy on the way."""
    every, start = np.empty(sum(weight.size for weight in weights)), 0
    for weight in weights:
        np.abs(weight, out=every[start : start + weight.size].reshape(weight.shape))
        start += weight.size
    return every


def _float_weights(plan: Plan, chain: Chain) -> FloatArray:
    """Return the weights of `chain` with the factors on its way, a single 1 where it has none of both."""
    if chain.weights is None:
        return plan.ends(chain).factor_before if _scaling(plan, chain) else np.ones(1)
    weight: FloatArray = np.asarray(plan.weights(chain.weights).weight, dtype=np.float64)
    _check_finite(chain.weights, "weight", weight)
    return plan.ends(chain).effective(chain.weights, plan.weights(chain.weights)) if _scaling(plan, chain) else weight


def _ticks(plan: Plan, chain: Chain, options: LoweringOptions, longest: int) -> tuple[Delays, tuple[str, ...]]:
    nodes = delay_nodes(plan.wires.layers, chain.path)
    if not nodes:
        return (np.zeros(1), np.zeros(1)), ()
    return in_ticks(nodes, plan.ends(chain), options.dt_s or 1.0, longest)


def _bias(node: str, plan: Plan) -> FloatArray:
    """Return the sum of all biases into each neuron; chains that share their way from the weights on share one."""
    total = np.zeros(plan.size(node))
    for entry, chain in {chain.entry: chain for chain in plan.chains[node] if chain.entry}.items():
        layer = plan.weights(entry[0])
        if isinstance(layer, Affine | Conv2d):
            _check_finite(entry[0], "bias", layer.bias)
            bias = np.repeat(layer.bias, math.prod(chain.shape[1:]))
            total += bias * plan.ends(chain).factor_behind if _scaling(plan, chain) else bias
    return total


def _check_finite(node: str, name: str, values: FloatArray) -> None:
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        found = values.reshape(-1)[wrong[0]]
        place = [int(index) for index in np.unravel_index(wrong[0], values.shape)]
        raise NodeError(node, f"{name}{place} is {found:g}", "every value must be finite", "train or export it again")


def _connectivity(plan: Plan, chain: Chain, integers: Quantised, delays: Delays) -> Connectivity:
    if chain.weights is None:
        return one_to_one(plan.size(chain.target), integers.weight, delays[0])
    layer = plan.weights(chain.weights)
    if isinstance(layer, Conv2d):
        return convolution(chain, layer, integers.weight)
    return dense(chain, integers.weight, delays)


def _lowered(
    node: str,
    plan: Plan,
    model: str,
    constants: Constants,
    synapses: Sequence[Connectivity],
    w_scale: float,
    loss: WeightLoss,
    warnings: tuple[str, ...],
) -> LoweredNeurons:
    """Return the population of `constants` with `synapses`, one for each of its chains, and the report on both."""
    size, params = plan.size(node), chip_parameters(node, constants)
    silent_units, saturated_units = (int(which.sum()) for which in idle_units(constants, synapses, size))
    if isinstance(plan.wires.layers[node], Graded):
        silent_units = 0
    report = PopulationReport(
        name=node,
        model=model,
        neurons=size,
        scale=w_scale,
        silent_units=silent_units,
        saturated_units=saturated_units,
        **asdict(loss)
        | {"warnings": warnings + loss.warnings + unit_warnings(size, silent_units, saturated_units, bool(synapses))},
    )
    population = Population(node, size, model, params, shape=plan.image(node), v_scale=constants.v_scale)
    projections = tuple(
        Projection(chain.source, node, part) for chain, part in zip(plan.chains[node], synapses, strict=True)
    )
    return LoweredNeurons(population, projections, report)


def idle_units(
    constants: Constants, synapses: Sequence[Connectivity], size: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which neurons can never fire, and which fire in every tick without input."""
    largest = np.zeros(size)
    for part in synapses:
        largest += largest_input(part, size)
    decay = np.zeros(size) if constants.synapse_decay is None else constants.synapse_decay
    return (
        silent(largest, constants.offset, constants.alpha, decay, constants.threshold),
        saturated(constants.offset, constants.alpha, constants.threshold, constants.v_reset),
    )
