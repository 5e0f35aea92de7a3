"""The lowering stage: a float network in, a network of integer weights and fp32 parameters with a report out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError, UsageError
from s2studio.lowering.chains import Chain, is_convolution
from s2studio.lowering.drive import largest_input, saturated, silent
from s2studio.lowering.nir_rules import RULES, Discrete, discretise
from s2studio.lowering.options import LoweringOptions
from s2studio.lowering.plan import Plan, make_plan
from s2studio.lowering.population import Constants, chip_constants, chip_parameters
from s2studio.lowering.refusal import NodeError
from s2studio.lowering.report import PopulationReport, unit_warnings, weight_loss
from s2studio.lowering.schemes import Quantised, parse_scale, quantise
from s2studio.lowering.synapses import convolution, dense, one_to_one, sum_pool
from s2studio.network.graph import Network
from s2studio.network.layers import IF, Affine, Conv2d, FloatArray, Input, Neuron, SumPool2d, Unsupported, Weights
from s2studio.snn.connectivity import Connectivity
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection


@dataclass(frozen=True)
class Lowered:
    """A network in the chip's terms, a row of the report for each population with inputs, and what was taken for granted.

    `warnings` are about the network as a whole; those about one population are in its row.
    """

    network: ChipNetwork
    report: tuple[PopulationReport, ...]
    assumed: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnsupportedNode:
    """A node that cannot be lowered: its layer type, why, and what to do."""

    node: str
    type_name: str
    reason: str
    remedy: str


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
