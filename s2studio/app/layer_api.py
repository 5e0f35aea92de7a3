"""The stages of deep networks as plain functions, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.app.layer_runs import RUNTIME
from s2studio.app.layer_samples import LayerSamples
from s2studio.app.lower_layers import quantise_layers
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE
from s2studio.chip.spec import LevelName
from s2studio.errors import UsageError
from s2studio.lowering.int8.network import Quantised, run_quantised
from s2studio.mapping.layers.beside import beside_slices
from s2studio.mapping.layers.map import map_layers as map_works
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.of_part import works_of
from s2studio.mapping.mapping import ChipMapping
from s2studio.network.tensors import LayerGraph
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.timeline import LayerTimeline

# An array of a network with one input, or arrays by the inputs' names; tensors of torch are arrays.
Sample = Any


def quantise(graph: LayerGraph, samples: Sequence[Sample], *, chip: str | Path = "spinnaker2") -> Quantised:
    """Return `graph` in the chip's whole numbers, `part`, its steps chosen on the first 64 of `samples`.

    Raises NetworkError for a layer that is not covered or a sample of another shape.
    """
    named = LayerSamples(tuple(_named(graph.inputs, sample) for sample in samples))
    return quantise_layers(graph, named, load_chip(chip))


def run_layers(network: Quantised, sample: Sample) -> dict[str, NDArray[np.float64]]:
    """Return the outputs by name as the chip has them, bit for bit: its whole numbers times their steps."""
    part = network.part
    made = run_quantised(part, _named(tuple(tensor.name for tensor in part.inputs), sample)).tensors
    return {tensor.name: tensor.to_float(made[tensor.name]) for tensor in part.outputs}


def map_layers(
    network: Quantised,
    *,
    level: LevelName = "low",
    dram_bytes_per_s: float | None = None,
    workers: int | None = None,
    forbid: Sequence[str] = (),
    beside: ChipMapping | None = None,
    keeps_weights: bool = True,
    chip: str | Path = "spinnaker2",
) -> LayerMapping:
    """Return how each layer is cut and which PEs run it, off those of the spiking network `beside`.

    Raises MappingError that names the layer which does not fit.
    """
    others = None if beside is None else beside_slices(beside)
    forbidden = frozenset(PE.parse(name) for name in forbid)
    options = LayerOptions(level, dram_bytes_per_s, workers, forbidden, keeps_weights, others)
    return map_works(network.graph.name, works_of(network.part), make_machine(load_chip(chip), RUNTIME), options)


def time_layers(mapping: LayerMapping, *, is_first: bool = False, chip: str | Path = "spinnaker2") -> LayerTimeline:
    """Return what every PE does when in an inference, and its energy; the first one fetches weights that stay."""
    return simulate_layers(mapping, make_machine(load_chip(chip), RUNTIME), is_first)


def _named(inputs: Sequence[str], sample: Sample) -> Mapping[str, NDArray[Any]]:
    if isinstance(sample, Mapping):
        return {name: np.asarray(values) for name, values in sample.items()}
    if len(inputs) != 1:
        raise UsageError("sample", "one array", f"the network has the inputs {', '.join(inputs)}", "give them by name")
    return {inputs[0]: np.asarray(sample)}
