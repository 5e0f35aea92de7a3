"""A network before rounding: the chip's structure and tick with weights, parameters and state in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from s2studio.analysis.float_synapses import BoolArray, DenseSynapses, FloatSynapses, KernelSynapses, ListedSynapses
from s2studio.chip.spec import ChipSpec
from s2studio.lowering.chains import Chain
from s2studio.lowering.neurons import Unrounded, key, pool_constants, unrounded
from s2studio.lowering.options import LoweringOptions
from s2studio.lowering.plan import Plan, make_plan
from s2studio.lowering.population import Constants
from s2studio.lowering.synapses import Delays, convolution, dense_delays, dense_matrix, sum_pool
from s2studio.network.graph import Network
from s2studio.network.layers import Conv2d, FloatArray, Graded, Neuron, SumPool2d

# Spikes of each population, (ticks, samples, neurons).
Raster = Mapping[str, BoolArray]
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class FloatProjection:
    """Synapses from the population `pre` to `post`, weights in the chip's units; `layer` is the node they come from."""

    pre: str
    post: str
    layer: str | None
    synapses: FloatSynapses


@dataclass(frozen=True)
class FloatPopulation:
    """A population of the network; `constants` None is an input. `is_graded` has a voltage and no spikes.

    `before` is what lowering had before it rounded, None for inputs and pools, whose weights are whole numbers.
    """

    name: str
    size: int
    constants: Constants | None = None
    is_graded: bool = False
    before: Unrounded | None = None


@dataclass(frozen=True)
class FloatNetwork:
    """A network in the chip's units without rounding; the populations have the order and names of the chip's."""

    plan: Plan
    populations: tuple[FloatPopulation, ...]
    projections: tuple[FloatProjection, ...]

    def population(self, name: str) -> FloatPopulation:
        """Return the population called `name`."""
        return next(population for population in self.populations if population.name == name)

    def with_weights(self, change: Callable[[Unrounded, FloatArray], FloatArray]) -> FloatNetwork:
        """Return this network with `change(before, weight)` in the place of each layer's scaled weights."""
        projections: list[FloatProjection] = []
        for population in self.populations:
            own = [projection for projection in self.projections if projection.post == population.name]
            if population.before is not None:
                own = _projections(self.plan, population.name, population.before, change)
            projections += own
        return replace(self, projections=tuple(projections))


def float_network(network: Network, options: LoweringOptions, spec: ChipSpec) -> FloatNetwork:
    """Return `network` as `lowering.lower` has it before it rounds; it has been lowered, so nothing is refused."""
    plan = make_plan(network)
    populations: list[FloatPopulation] = []
    projections: list[FloatProjection] = []
    for node in plan.order:
        layer, size = plan.wires.layers[node], plan.size(node)
        if isinstance(layer, SumPool2d):
            populations.append(FloatPopulation(node, size, pool_constants(node, layer, plan)))
            projections += [
                FloatProjection(chain.source, node, None, _pooled(plan, chain, layer)) for chain in plan.chains[node]
            ]
        elif isinstance(layer, Neuron):
            before = unrounded(node, layer, plan, options, spec)
            populations.append(FloatPopulation(node, size, before.constants, isinstance(layer, Graded), before))
            projections += _projections(plan, node, before, lambda _before, weight: weight)
        else:
            populations.append(FloatPopulation(node, size))
    return FloatNetwork(plan, tuple(populations), tuple(projections))


def _projections(
    plan: Plan, node: str, before: Unrounded, change: Callable[[Unrounded, FloatArray], FloatArray]
) -> list[FloatProjection]:
    weights = {name: change(before, weight * before.w_scale) for name, weight in before.weights.items()}
    return [
        FloatProjection(chain.source, node, chain.weights, _synapses(plan, chain, weights[key(plan, chain)], delays))
        for chain, (delays, _) in zip(plan.chains[node], before.ticks, strict=True)
    ]


def _synapses(plan: Plan, chain: Chain, weight: FloatArray, delays: Delays) -> FloatSynapses:
    if chain.weights is None:
        neurons = np.arange(plan.size(chain.target))
        weights = np.broadcast_to(weight.reshape(-1), len(neurons))
        ticks = np.broadcast_to(np.rint(delays[0]), len(neurons)).astype(np.int64)
        return ListedSynapses.of(len(neurons), neurons, neurons, weights, ticks)
    layer = plan.weights(chain.weights)
    if isinstance(layer, Conv2d):
        # Only the geometry of the chip's convolution is taken: its own weights are left empty.
        return KernelSynapses(weight, convolution(chain, layer, np.zeros((0, 0, 0, 0), np.int8)))
    matrix = dense_matrix(chain, weight)
    if delays[0].size == delays[1].size == 1:
        return DenseSynapses(matrix, int(np.rint(delays[0][0] + delays[1][0])))
    by_pair = dense_delays(chain, weight.shape[1], matrix.shape[1], delays)
    pre, post = np.divmod(np.arange(matrix.size), matrix.shape[1])
    return ListedSynapses.of(len(matrix), pre, post, matrix.reshape(-1), by_pair.reshape(-1).astype(np.int64))


def _pooled(plan: Plan, chain: Chain, layer: SumPool2d) -> ListedSynapses:
    pool = sum_pool(chain, layer, plan.shapes[chain.target])
    pre, post = pool.pre.astype(np.int64), pool.post.astype(np.int64)
    weight, delay = pool.weight.astype(np.float64), pool.delay.astype(np.int64)
    return ListedSynapses.of(plan.size(chain.source), pre, post, weight, delay)


@dataclass
class _State:
    """What a population of neurons carries from tick to tick, for each sample."""

    ring: FloatArray
    v: FloatArray
    current: FloatArray


@dataclass(frozen=True)
class FloatRun:
    """What a run gave: `spikes` (ticks, samples, neurons), and `voltages` of the graded populations, in chip units."""

    spikes: Raster
    voltages: Mapping[str, FloatArray]


def run_float(
    network: FloatNetwork,
    given: Raster,
    steps: int,
    samples: int,
    fed: Raster | None = None,
    report: Report = lambda done, total: None,
) -> FloatRun:
    """Run `steps` ticks of `samples` side by side, from rest; `given` are the spikes of the inputs.

    `fed`, where given, is what arrives instead of the network's own spikes: each population then works alone, on
    spikes of another run. `report` is told of ticks done and all ticks, and may raise Cancelled.
    """
    neurons = [population for population in network.populations if population.constants is not None]
    states = {population.name: _at_rest(network, population, samples) for population in neurons}
    spikes = {p.name: np.zeros((steps, samples, p.size), np.bool_) for p in network.populations} | dict(given)
    voltages = {p.name: np.zeros((steps, samples, p.size)) for p in neurons if p.is_graded}
    sent = spikes if fed is None else fed
    for tick in range(steps):
        if tick % 16 == 0:
            report(tick, steps)
        for projection in network.projections if tick else ():
            projection.synapses.deliver(sent[projection.pre][tick - 1], tick, states[projection.post].ring)
        for population in neurons:
            state = states[population.name]
            spikes[population.name][tick] = _advance(state, population.constants, tick)
            if population.is_graded:
                voltages[population.name][tick] = state.v
    report(steps, steps)
    return FloatRun(spikes, voltages)


def _at_rest(network: FloatNetwork, population: FloatPopulation, samples: int) -> _State:
    into = [projection.synapses for projection in network.projections if projection.post == population.name]
    slots = 1 + max((synapses.longest_delay for synapses in into), default=0)
    shape = (samples, population.size)
    return _State(np.zeros((slots, *shape)), np.zeros(shape), np.zeros(shape))


def _advance(state: _State, constants: Constants | None, tick: int) -> BoolArray:
    """Advance neurons by a tick, as the chip's equations have it, and return who fired."""
    if constants is None:
        raise TypeError("an input has no state")
    slot = state.ring[tick % len(state.ring)]
    decay = 0.0 if constants.synapse_decay is None else constants.synapse_decay
    state.current = state.current * decay + slot
    slot[:] = 0.0
    v = constants.alpha * state.v + state.current + constants.offset
    fired: BoolArray = v >= constants.threshold
    after = v - constants.threshold if constants.v_reset is None else constants.v_reset
    state.v = np.where(fired, after, v)
    return fired
