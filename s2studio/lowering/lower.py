"""The lowering stage: a float network in, a network of integer weights and fp32 parameters with a report out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError, UsageError
from s2studio.lowering.neurons import LoweredNeurons, lower_neurons, lower_pool, pool_threshold
from s2studio.lowering.nir_rules import RULES
from s2studio.lowering.options import LoweringOptions
from s2studio.lowering.plan import Plan, make_plan
from s2studio.lowering.report import PopulationReport
from s2studio.network.graph import Network
from s2studio.network.layers import AvgPool2d, Delay, Graded, Input, Neuron, Scale, SumPool2d, Unsupported
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population

SOURCE_MODEL = "spike_list"


@dataclass(frozen=True)
class Lowered:
    """A network in the chip's terms, a row of the report for each population of neurons, and what was assumed.

    `warnings` are about the network as a whole; those about one population are in its row.
    """

    network: ChipNetwork
    report: tuple[PopulationReport, ...]
    assumed: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def all_warnings(self) -> tuple[str, ...]:
        """Those about the network, then those about each population, with its name."""
        rows = [f"population '{row.name}': {warning}" for row in self.report for warning in row.warnings]
        return (*self.warnings, *rows)


@dataclass(frozen=True)
class UnsupportedNode:
    """A node that cannot be lowered: its layer type, why, and what to do."""

    node: str
    type_name: str
    reason: str
    remedy: str


def lower(network: Network, options: LoweringOptions, spec: ChipSpec) -> Lowered:
    """Return `network` with integer weights and fp32 parameters; the populations have the names of its nodes.

    The equations are those of `nir_rules`; the populations do not say what is recorded, unless one has no spikes: then
    its voltages are, and the spikes of the outputs. Raises LoweringError for
    what the chip cannot run, UsageError where the network has a time constant and `options` no time step.
    """
    plan = make_plan(network)
    _refuse_problems(network, plan)
    _refuse_without_dt(network, options)
    populations: list[Population] = []
    lowered: list[LoweredNeurons] = []
    for node in plan.order:
        layer = plan.wires.layers[node]
        if isinstance(layer, Input):
            populations.append(Population(node, plan.size(node), SOURCE_MODEL, shape=plan.image(node)))
            continue
        if isinstance(layer, SumPool2d):
            lowered.append(lower_pool(node, layer, plan))
        elif isinstance(layer, Neuron):
            lowered.append(lower_neurons(node, layer, plan, options, spec))
        populations.append(lowered[-1].population)
    projections = tuple(projection for neurons in lowered for projection in neurons.projections)
    part = SpikingPart(_with_recording(populations, plan), projections, plan.outputs)
    return Lowered(
        ChipNetwork(network.name, part, options.dt_s),
        tuple(neurons.report for neurons in lowered),
        tuple(_assumed(plan)),
        tuple(_warnings(plan)),
    )


def needs_dt(network: Network) -> bool:
    """Return whether any layer of `network` has a time constant, so that lowering needs the model's time step."""
    return _first_with_time_constant(network) is not None


def unsupported(network: Network) -> tuple[UnsupportedNode, ...]:
    """Return every node of `network` that cannot be lowered, whatever the options."""
    return tuple(
        UnsupportedNode(
            problem.node,
            _type_name(network, problem.node),
            ", ".join(part for part in (problem.found, problem.limit) if part),
            problem.hint,
        )
        for problem in make_plan(network).problems
    )


def _refuse_problems(network: Network, plan: Plan) -> None:
    if len(plan.problems) == 1:
        raise plan.problems[0]
    if plan.problems:
        first, others = plan.problems[0], len(plan.problems) - 1
        more = f"{others} more node{'s' * (others > 1)} cannot be lowered, which s2studio info lists"
        hint = f"{first.hint}; {more}" if first.hint else more
        raise LoweringError(first.subject, first.found, first.limit, hint)
    if not any(isinstance(layer, Neuron) for layer in network.layers.values()):
        raise LoweringError(
            f"network '{network.name}'", "it has no layer of neurons", "the chip runs IF, LIF and CubaLIF"
        )


def _refuse_without_dt(network: Network, options: LoweringOptions) -> None:
    node = _first_with_time_constant(network)
    if node is not None and options.dt_s is None:
        what = "its delay in seconds" if isinstance(network.layers[node], Delay) else "a time constant"
        raise UsageError(
            "--dt",
            "it is missing",
            f"the {_type_name(network, node)} layer '{node}' has {what}, and a NIR file holds no time step",
            "give the model's time step in seconds, for example --dt 1e-3",
        )


def _first_with_time_constant(network: Network) -> str | None:
    return next(
        (
            node
            for node, layer in network.layers.items()
            if isinstance(layer, Delay) or (isinstance(layer, Neuron) and RULES[type(layer)].needs_dt)
        ),
        None,
    )


def _with_recording(populations: list[Population], plan: Plan) -> tuple[Population, ...]:
    """Return `populations` with what is recorded, which needs saying only where one has a voltage and no spikes."""
    graded = {node for node in plan.order if isinstance(plan.wires.layers[node], Graded)}
    if not graded:
        return tuple(populations)
    record = {node: frozenset({"spikes"}) for node in plan.outputs} | dict.fromkeys(graded, frozenset({"v"}))
    return tuple(replace(population, record=record.get(population.name)) for population in populations)


def _type_name(network: Network, node: str) -> str:
    layer = network.layers[node]
    return layer.type_name if isinstance(layer, Unsupported) else type(layer).__name__


def _assumed(plan: Plan) -> Iterator[str]:
    """Yield what the file does not say and lowering took for granted."""
    for node in plan.order:
        layer = plan.wires.layers[node]
        if isinstance(layer, SumPool2d):
            word, threshold = "average" if isinstance(layer, AvgPool2d) else "sum", pool_threshold(layer)
            yield (
                f"{word} pool '{node}' runs as a population of IF neurons with threshold {threshold}, since no weights "
                "take it in"
            )
            continue
        for chain in plan.chains.get(node, ()):
            if chain.weights is None and not any(isinstance(plan.wires.layers[hop], Scale) for hop in chain.path):
                yield f"a spike from '{chain.source}' to '{node}' has the weight 1, since no weights are between them"


def _warnings(plan: Plan) -> Iterator[str]:
    for node in plan.idle:
        yield f"'{node}' leads nowhere and is left out"
    if not any(isinstance(layer, Input) for layer in plan.wires.layers.values()):
        yield "the network has no input"
