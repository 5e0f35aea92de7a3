"""A script's network as the chip network it stands for, with what had to be changed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2studio.chip.spec import ChipSpec
from s2studio.compat.convolution import convolution_of, geometry_of, kernel_digest
from s2studio.compat.names import ARRAY_SOURCE, check_model
from s2studio.compat.spinnaker2.snn import Conv2DProjection, Network, Population, Projection
from s2studio.compat.synapses import quantised
from s2studio.documents import nearest
from s2studio.errors import NetworkError
from s2studio.snn.connectivity import Connectivity
from s2studio.snn.digest import value_digest
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import ParameterValue
from s2studio.snn.population import Population as ChipPopulation
from s2studio.snn.projection import Projection as ChipProjection

SPIKE_LIST = "spike_list"
NAMELESS = "network"
# Their defaults in py-spinnaker2 are published nowhere.
_UNSURE_DEFAULTS = ("threshold", "alpha_decay", "exc_decay", "inh_decay")


@dataclass(frozen=True)
class Described:
    """A script's network before its synapses are turned into integers: cheap enough to do at every run.

    `names` has the name of each population in the chip network, by its place; `digest` identifies everything that
    decides the chip network but the name.
    """

    populations: tuple[ChipPopulation, ...]
    names: Mapping[int, str]
    notes: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class Converted:
    """The chip network, and what a user must know of how it came about."""

    network: ChipNetwork
    notes: tuple[str, ...]


def describe(network: Network, rounding: str) -> Described:
    """Return the populations of `network` and a digest of all of it. Raises NetworkError that names what is wrong."""
    if not network.populations:
        raise NetworkError(f"network '{network.name}'", "it has no populations", hint="add them with net.add")
    names = _names(network.populations)
    shapes = _shapes(network)
    notes: list[str] = []
    populations = tuple(
        _population(population, names[id(population)], shapes.get(id(population)), notes)
        for population in network.populations
    )
    projections = [_projection_key(network, projection, names) for projection in network.projections]
    outputs = [names[id(population)] for population in network.outputs if id(population) in names]
    digest = value_digest((populations, projections, outputs, network.dt_s, rounding))
    return Described(populations, names, tuple(notes), digest)


def convert(network: Network, rounding: str, spec: ChipSpec, described: Described) -> Converted:
    """Return the chip network with integer weights, and what rounding and clipping changed, counted."""
    notes = list(described.notes)
    projections = tuple(
        _projection(projection, described.names, spec, rounding, notes) for projection in network.projections
    )
    outputs = tuple(described.names[id(population)] for population in network.outputs)
    part = SpikingPart(described.populations, projections, outputs)
    return Converted(ChipNetwork(network.name or NAMELESS, part, network.dt_s), tuple(notes))


def _names(populations: list[Population]) -> dict[int, str]:
    """Return a name of its own for each population: py-spinnaker2 asks for none, and lets two share one."""
    names: dict[int, str] = {}
    for place, population in enumerate(populations):
        if id(population) in names:
            raise NetworkError(f"population '{population.name}'", "added twice", hint="add it once")
        wanted = "".join(letter if letter.isprintable() else "?" for letter in str(population.name or f"pop_{place}"))
        name, number = wanted, 1
        while name in names.values():
            number += 1
            name = f"{wanted}_{number}"
        names[id(population)] = name
    return names


def _shapes(network: Network) -> dict[int, tuple[int, int, int]]:
    """Return the image (channels, height, width) of each population that a convolution leads from or to."""
    shapes: dict[int, tuple[int, int, int]] = {}
    for projection in network.projections:
        if isinstance(projection, Conv2DProjection):
            geometry = geometry_of(projection)
            shapes.setdefault(id(projection.pre), geometry.source_shape)
            shapes[id(projection.post)] = geometry.target_shape
    return shapes


def _population(
    population: Population, name: str, shape: tuple[int, int, int] | None, notes: list[str]
) -> ChipPopulation:
    subject = f"population '{name}'"
    check_model(subject, population.neuron_model)
    is_spikes = population.neuron_model in (SPIKE_LIST, ARRAY_SOURCE)
    model = SPIKE_LIST if is_spikes else population.neuron_model
    params = {} if is_spikes else _params(subject, population, notes)
    record = population.record
    variables = frozenset([record] if isinstance(record, str) else record or ())
    scale = np.asarray(population.nir_v_scale, np.float64).reshape(-1)
    uniform = len(scale) > 0 and bool(np.all(scale == scale[0]))
    return ChipPopulation(
        name=name,
        size=int(population.size),
        model=model,
        params=params,
        record=variables,
        shape=shape,
        v_scale=float(scale[0]) if uniform else scale,
        neurons_per_pe=population.max_atoms_per_core,
    )


def _params(subject: str, population: Population, notes: list[str]) -> dict[str, ParameterValue]:
    """Return the parameters that the model has; those it does not have are ignored, as on the board, and noted."""
    model = MODELS[population.neuron_model]
    if not isinstance(population.params, Mapping):
        raise NetworkError(subject, f"params is a {type(population.params).__name__}", "a dictionary is expected")
    known = [parameter.name for parameter in model.parameters]
    for name in population.params:
        if name not in known:
            hint = f" ({nearest(str(name), known)})" if known else ""
            notes.append(f"{subject}: {model.name} has no parameter '{name}': it is ignored{hint}")
    for name in known:
        if name in _UNSURE_DEFAULTS and name not in population.params:
            taken = model.parameter(name).default
            notes.append(f"{subject}: no {name} given: {taken:g} is taken, py-spinnaker2's default is not published")
    return {
        name: _value(f"{subject}, parameter '{name}'", value, int(population.size))
        for name, value in population.params.items()
        if name in known
    }


def _value(subject: str, value: Any, size: int) -> ParameterValue:
    if type(value) in (float, int):
        return float(value)
    if isinstance(value, str):
        return str(getattr(value, "value", value))
    try:
        values = np.asarray(value, np.float64).reshape(-1)
    except (TypeError, ValueError) as problem:
        raise NetworkError(
            subject, f"{value!r} is no number", "one number, or one per neuron, is expected"
        ) from problem
    if values.size == 1 and (size != 1 or np.ndim(value) == 0):
        return float(values[0])
    return values.astype(np.float32)


def _projection_key(
    network: Network, projection: Projection | Conv2DProjection, names: Mapping[int, str]
) -> tuple[Any, ...]:
    for end in (projection.pre, projection.post):
        if id(end) not in names:
            subject = f"projection '{projection.pre.name}' -> '{projection.post.name}'"
            raise NetworkError(subject, f"'{end.name}' is not in network '{network.name}'", hint="net.add it too")
    ends = (names[id(projection.pre)], names[id(projection.post)])
    return (*ends, projection.synapses.digest if isinstance(projection, Projection) else kernel_digest(projection))


def _projection(
    projection: Projection | Conv2DProjection,
    names: Mapping[int, str],
    spec: ChipSpec,
    rounding: str,
    notes: list[str],
) -> ChipProjection:
    model = projection.post.neuron_model
    limits = spec.models[SPIKE_LIST if model == ARRAY_SOURCE else model]
    found: list[str] = []
    connectivity: Connectivity
    if isinstance(projection, Projection):
        sizes = (int(projection.pre.size), int(projection.post.size))
        connectivity, found = quantised(projection.synapses, limits, model, rounding, sizes)
    else:
        connectivity = convolution_of(projection, limits, model, rounding, found)
    pre, post = names[id(projection.pre)], names[id(projection.post)]
    notes += [f"projection '{pre}' -> '{post}': {note}" for note in found]
    return ChipProjection(pre, post, connectivity)
