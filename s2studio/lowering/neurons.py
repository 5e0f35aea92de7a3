"""One layer of neurons with all that leads into it: one factor for all its weights, one population, its projections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError
from s2studio.lowering.chains import Chain, is_convolution
from s2studio.lowering.drive import largest_input, saturated, silent
from s2studio.lowering.nir_rules import RULES, discretise
from s2studio.lowering.options import LoweringOptions
from s2studio.lowering.plan import Plan
from s2studio.lowering.population import Constants, chip_constants, chip_parameters
from s2studio.lowering.refusal import NodeError
from s2studio.lowering.report import PopulationReport, population_report
from s2studio.lowering.schemes import Quantised, quantise, weight_scale
from s2studio.lowering.synapses import convolution, dense, one_to_one, sum_pool
from s2studio.network.layers import IF, Affine, Conv2d, FloatArray, Layer, Neuron, SumPool2d, Weights
from s2studio.snn.connectivity import Connectivity
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection


@dataclass(frozen=True)
class LoweredNeurons:
    """A population with the projections into it and its row of the report."""

    population: Population
    projections: tuple[Projection, ...]
    report: PopulationReport


def lower_neurons(node: str, plan: Plan, options: LoweringOptions, spec: ChipSpec) -> LoweredNeurons:
    """Return what the neuron layer `node` becomes. Raises LoweringError where a value has no place on the chip."""
    layer, chains = plan.wires.layers[node], plan.chains[node]
    assert_neuron(layer)
    model, limit = _model(node, plan, spec)
    weights = {chain.weights: _weights_of(plan, chain) for chain in chains}
    w_scale = _weight_scale(node, weights, options, limit)
    integers = {name: quantise(weight, w_scale, options.rounding, limit) for name, weight in weights.items()}
    rule = discretise(node, layer, options.dt_s or 0.0, options.integrator)
    constants = chip_constants(rule, w_scale, _bias(node, plan), options.reset)
    synapses = [_connectivity(plan, chain, integers[chain.weights]) for chain in chains]
