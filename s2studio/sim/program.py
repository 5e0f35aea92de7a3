"""The program of a spiking network: flat arrays that an engine runs, compiled from network and mapping."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.memory import Cuts, words_per_step
from s2studio.mapping.partition import cuts_of
from s2studio.sim.arrays import distinct_rows
from s2studio.sim.rows import Rows, compile_rows, engine_order, planes
from s2studio.sim.traffic import receivers
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.fan_out import IntArray, slice_of
from s2studio.snn.models import MODELS
from s2studio.snn.models.lif import SUBTRACT
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population

Float32 = NDArray[np.float32]


class Populations(NamedTuple):
    """The populations as tables with one row each, in the network's order.

    `update` says which kernel. Neurons are numbered through: `first_neuron[p]` to `first_neuron[p + 1]` belong to p,
    and so are slices by `first_slice`; `slice_of` is each neuron's slice. Inside the engine the neurons of an image
    behind a convolution stand channel last: `planes` is its number of channels, 0 where neurons stand in their own
    order. The sums of inputs are a ring of `slots` ticks, from `first_sum` on, each slot `inputs` x neurons of int32.
    """

    update: NDArray[np.int32]
    first_neuron: IntArray
    first_slice: IntArray
    slice_of: NDArray[np.int32]
    planes: NDArray[np.int32]
    first_sum: IntArray
    slots: NDArray[np.int32]
    inputs: NDArray[np.int32]


class Parameters(NamedTuple):
    """The parameters of the neurons, one entry each, in the engine's order; the last three one entry per population.

    `alike` says where all neurons have the same: then the kernels read those of the first.
    """

    alpha_decay: Float32
    i_offset: Float32
    threshold: Float32
    v_init: Float32
    v_reset: Float32
    exc_decay: Float32
    inh_decay: Float32
    p: Float32
    t_refrac: NDArray[np.int32]
    subtracts: NDArray[np.bool_]
    seed: IntArray
    alike: NDArray[np.bool_]


class Packets(NamedTuple):
    """Whom packets reach: slice i sends as row `kind[i]` of `receivers` says, 1 where the column's PE gets one."""

    kind: NDArray[np.int32]
    receivers: NDArray[np.int32]


@dataclass(frozen=True)
class Program:
    """What an engine needs to run a network: names and flat arrays only, so that it travels without pickle.

    `updates` and `recorded_bytes` (slices,) int32 are counts that are the same in every tick. `voltages_of` lists the
    populations (indices) whose voltages an engine returns.
    """

    names: tuple[str, ...]
    populations: Populations
    parameters: Parameters
    rows: Rows
    packets: Packets
    updates: NDArray[np.int32]
    recorded_bytes: NDArray[np.int32]
    voltages_of: tuple[int, ...]


def compile_program(
    network: ChipNetwork, mapping: ChipMapping, spec: ChipSpec, voltages_of: Collection[str] = ()
) -> Program:
    """Return the program of `network` as `mapping` cuts it; `voltages_of` names populations whose voltages matter."""
    part = network.spiking
    cuts = cuts_of(part, mapping.slices)
    populations = _populations(part, cuts)
    names = tuple(population.name for population in part.populations)
    updates, recorded_bytes = fixed_counts(part, cuts, mapping, spec)
    return Program(
        names=names,
        populations=populations,
        parameters=_parameters(part, populations),
        rows=compile_rows(part, cuts),
        packets=packets_of(mapping),
        updates=updates,
        recorded_bytes=recorded_bytes,
        voltages_of=tuple(index for index, name in enumerate(names) if name in voltages_of),
    )


def packets_of(mapping: ChipMapping) -> Packets:
    """Return whom the packets of each slice reach."""
    rows, kind = distinct_rows(receivers(mapping))
    return Packets(kind, rows)


def fixed_counts(
    part: SpikingPart, cuts: Cuts, mapping: ChipMapping, spec: ChipSpec
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return `updates` and `recorded_bytes` of each slice, which are the same in every tick."""

    def recorded_bytes(population: Population, sizes: IntArray) -> NDArray[np.integer]:
        variables = mapping.demand.record.get(population.name, frozenset())
        return spec.memory.word_bytes * words_per_step(variables, sizes, spec.memory)

    updates = _per_slice(part, cuts, lambda population, sizes: sizes * MODELS[population.model].is_updated)
    return updates, _per_slice(part, cuts, recorded_bytes)


def _per_slice(
    part: SpikingPart, cuts: Cuts, of: Callable[[Population, IntArray], NDArray[np.integer]]
) -> NDArray[np.int32]:
    """Return `of(population, sizes of its slices)` for all slices, one population after the other."""
    values = [of(population, np.diff(cuts[population.name])) for population in part.populations]
    return np.concatenate(values).astype(np.int32)


def _populations(part: SpikingPart, cuts: Cuts) -> Populations:
    models = [MODELS[population.model] for population in part.populations]
    first_neuron = _starts(population.size for population in part.populations)
    first_slice = _starts(len(cuts[population.name]) - 1 for population in part.populations)
    slots = [1 + _longest_delay(part, population.name) for population in part.populations]
    images = [planes(part, population) for population in part.populations]
    sums = [
        count * model.inputs * population.size
        for count, model, population in zip(slots, models, part.populations, strict=True)
    ]
    return Populations(
        update=np.array([model.update for model in models], np.int32),
        first_neuron=first_neuron,
        first_slice=first_slice,
        slice_of=np.concatenate(
            [
                engine_order(slice_of(cuts[population.name]) + start, channels)
                for population, start, channels in zip(part.populations, first_slice[:-1], images, strict=True)
            ]
        ).astype(np.int32),
        planes=np.array(images, np.int32),
        first_sum=_starts(sums),
        slots=np.array(slots, np.int32),
        inputs=np.array([model.inputs for model in models], np.int32),
    )


def _starts(sizes: Iterable[int]) -> IntArray:
    return np.cumsum([0, *sizes], dtype=np.int64)


def _longest_delay(part: SpikingPart, name: str) -> int:
    """Return the longest delay field of the synapses into the population `name`."""
    connectivity = [projection.connectivity for projection in part.projections if projection.post == name]
    return max(
        (int(np.max(weights.delay, initial=0)) for weights in connectivity if not isinstance(weights, ConvWeights)),
        default=0,
    )


def _parameters(part: SpikingPart, populations: Populations) -> Parameters:
    neurons = int(populations.first_neuron[-1])
    columns: dict[str, NDArray[Any]] = {}
    alike = np.ones(len(part.populations), np.bool_)
    for name in Parameters._fields[:-3]:
        column = np.zeros(neurons, np.int32 if name == "t_refrac" else np.float32)
        for index, population in enumerate(part.populations):
            start, stop = populations.first_neuron[index : index + 2]
            column[start:stop] = engine_order(_value(population, name), int(populations.planes[index]))
            alike[index] &= name in ("v_init", "p") or bool((column[start:stop] == column[start]).all())
        columns[name] = column
    resets = [_value(population, "reset") == SUBTRACT for population in part.populations]
    seeds = [int(_value(population, "seed")) for population in part.populations]
    return Parameters(**columns, subtracts=np.array(resets), seed=np.array(seeds, np.int64), alike=alike)


def _value(population: Population, name: str) -> Any:
    """Return the value of a parameter, the model's default where the population does not say, 0 where it has none."""
    model = MODELS[population.model]
    if all(parameter.name != name for parameter in model.parameters):
        return 0
    return population.params.get(name, model.parameter(name).default)
