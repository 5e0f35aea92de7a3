"""`spinnaker2.s2_nir`: networks from NIR graphs, to be patched by the script before they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from s2studio.compat.convert import SPIKE_LIST
from s2studio.compat.names import unknown_name, warn
from s2studio.compat.nir_order import population_order, projection_order
from s2studio.compat.spinnaker2.snn import Conv2DProjection, Network, Population, Projection
from s2studio.compat.studio import Studio
from s2studio.errors import UsageError
from s2studio.lowering.lower import Lowered, lower
from s2studio.lowering.options import LoweringOptions
from s2studio.network.graph import Network as FloatNetwork
from s2studio.snn.connectivity import ConvWeights, DenseWeights
from s2studio.snn.population import Population as ChipPopulation
from s2studio.snn.projection import Projection as ChipProjection


class IntegratorMethod(str, Enum):  # noqa: UP042 - StrEnum prints otherwise
    """How time constants become decays per tick: forward or exponential Euler."""

    FORWARD = "Forward-Euler"
    EXPONENTIAL = "Exponential-Euler"


class ResetMethod(str, Enum):  # noqa: UP042 - StrEnum prints otherwise
    """What a spike does to v: the threshold is taken off, or v becomes the reset voltage."""

    SUBTRACT = "subtract"
    ZERO = "zero"


@dataclass
class ConversionConfig:
    """How a NIR graph becomes integers.

    dt: model time of a tick in s; output_record: what the populations in front of an Output record; conn_delay: the
    delay field of synapses, for models that have one; scale_weights: whether weights fill the chip's range.
    """

    dt: float = 1.0
    output_record: list[str] = field(default_factory=lambda: ["spikes"])
    conn_delay: int = 1
    scale_weights: bool = False
    integrator: IntegratorMethod = IntegratorMethod.EXPONENTIAL
    reset: ResetMethod = ResetMethod.SUBTRACT


# The arguments of `from_nir` before it had a config, and what they are called in it.
_EARLIER = {"outputs": "output_record", "discretization_timestep": "dt"}
_INTEGRATORS = {IntegratorMethod.FORWARD: "forward", IntegratorMethod.EXPONENTIAL: "exponential"}


def from_nir(
    nir_model: Any, config: ConversionConfig | None = None, **earlier: Any
) -> tuple[Network, list[Population], list[Population]]:
    """Return (network, input populations, output populations) of a `nir.NIRGraph`, or of the file a path names.

    Populations and projections stand in the order of the graph's nodes and edges; each population carries
    `nir_v_scale` (one factor per neuron) and `nir_w_scale`. Raises NetworkError and LoweringError for what is not
    covered, by node.
    """
    config = _configured(config or ConversionConfig(), earlier)
    graph = _read(nir_model)
    studio = Studio.current()
    options = LoweringOptions(
        float(config.dt),
        _INTEGRATORS[IntegratorMethod(config.integrator)],
        ResetMethod(config.reset).value,
        "max" if config.scale_weights else "none",
        studio.options.rounding,
    )
    lowered = lower(graph, options, studio.machine.spec)
    repairs = [f"node '{repair.node}': {repair.action}" for repair in graph.repairs]
    notes = tuple(f"from_nir: {note}" for note in (*repairs, *lowered.all_warnings, *lowered.assumed))
    for note in notes:
        warn(note)
    network, inputs, outputs = _network(graph, lowered, config)
    network.lowering, network.notes = tuple(row.as_dict() for row in lowered.report), notes
    return network, inputs, outputs


def add_output_to_node(node_name: str, nir_model: Any, output_name: str) -> None:
    """Add an Output behind a node of the graph, so that its population is recorded."""
    from s2studio.network.readers.nir_graph import add_output

    add_output(nir_model, node_name, output_name)


def model_summary(nir_model: Any) -> None:
    """Print each node of the graph with its shapes and where its edges lead."""
    import sys

    lines = []
    for name, node in nir_model.nodes.items():
        targets = [target for source, target in nir_model.edges if source == name]
        shapes = f"{_shape(node, 'input_type')} -> {_shape(node, 'output_type')}"
        lines.append(f"{name}: {type(node).__name__} {shapes}, to {', '.join(targets) or 'nothing'}\n")
    sys.stdout.write("".join(lines))


def _shape(node: Any, which: str) -> str:
    shapes = getattr(node, which, None) or {}
    return ", ".join(str(tuple(np.atleast_1d(shape).tolist())) for shape in shapes.values() if shape is not None) or "?"


def _configured(config: ConversionConfig, earlier: Mapping[str, Any]) -> ConversionConfig:
    """Return `config` with the arguments that scripts for earlier versions give directly."""
    given = {_EARLIER.get(name, name): value for name, value in earlier.items()}
    unknown = sorted(set(given) - set(ConversionConfig.__dataclass_fields__))
    if unknown:
        limit = f"ConversionConfig has {', '.join(ConversionConfig.__dataclass_fields__)}"
        raise UsageError("from_nir", f"no argument '{unknown[0]}'", limit)
    return replace(config, **given)


def _read(nir_model: Any) -> FloatNetwork:
    if isinstance(nir_model, str | Path):
        from s2studio.network.readers.nir import read_nir

        network = read_nir(Path(nir_model))
    else:
        from s2studio.network.readers.nir_graph import read_graph

        network = read_graph(nir_model)
    return network


def _network(
    graph: FloatNetwork, lowered: Lowered, config: ConversionConfig
) -> tuple[Network, list[Population], list[Population]]:
    part, w_scales = lowered.network.spiking, {row.name: row.scale for row in lowered.report}
    order = population_order(graph, [population.name for population in part.populations])
    made = {
        name: _population(
            part.population(name), w_scales.get(name, 1.0), config.output_record if name in part.outputs else []
        )
        for name in order
    }
    network = Network(lowered.network.name)
    network.dt_s = lowered.network.dt_s
    network.add(*made.values())
    for projection in projection_order(graph, part.projections):
        network.add(_projection(projection, made, config.conn_delay))
    network.outputs = [made[name] for name in order if name in part.outputs]
    inputs = [population for population in made.values() if population.neuron_model == SPIKE_LIST]
    return network, inputs, list(network.outputs)


def _population(chip: ChipPopulation, w_scale: float, record: list[str]) -> Population:
    params = {
        name: value if isinstance(value, str) or name == "t_refrac" else _each(value, chip.size)
        for name, value in chip.params.items()
    }
    population = Population(chip.size, chip.model, params, chip.name, list(record))
    population.nir_v_scale = _each(chip.v_scale, chip.size)
    population.nir_w_scale = w_scale
    return population


def _each(value: Any, size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return one value per neuron: scripts index what `from_nir` made by neuron."""
    return np.array(np.broadcast_to(np.asarray(value, np.float64), (size,)))


def _projection(
    projection: ChipProjection, made: Mapping[str, Population], conn_delay: int
) -> Projection | Conv2DProjection:
    pre, post, weights = made[projection.pre], made[projection.post], projection.connectivity
    if isinstance(weights, ConvWeights):
        return Conv2DProjection(pre, post, weights.weight.swapaxes(0, 1), _conv_params(weights))
    columns: list[Any]
    if isinstance(weights, DenseWeights):
        source, target = np.nonzero(weights.weight)
        columns = [source, target, weights.weight[source, target], np.full(len(source), weights.delay)]
    else:
        columns = [weights.pre, weights.post, weights.weight, weights.delay]
    if Studio.current().machine.spec.models[post.neuron_model].max_delay and not np.any(columns[3]):
        columns[3] = np.full(len(columns[0]), conn_delay)
    return Projection(pre, post, np.stack(columns, axis=1))


def _conv_params(kernel: ConvWeights) -> dict[str, int]:
    sides = ("pad_top", "pad_bottom", "pad_left", "pad_right")
    return {
        "in_height": kernel.source_shape[1],
        "in_width": kernel.source_shape[2],
        "stride_x": kernel.stride[1],
        "stride_y": kernel.stride[0],
        "pool_x": kernel.pool[1],
        "pool_y": kernel.pool[0],
        **dict(zip(sides, kernel.padding, strict=True)),
    }


__getattr__ = unknown_name(
    "spinnaker2.s2_nir",
    ("ConversionConfig", "IntegratorMethod", "ResetMethod", "from_nir", "add_output_to_node", "model_summary"),
)
