"""A chip network as one archive of arrays, `networks/DIGEST.npz` in a session: what a run can be repeated from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import SessionError
from s2studio.network.arrays import load_npz
from s2studio.session.plain import from_plain, to_plain
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList
from s2studio.snn.digest import network_digest
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from s2studio.whole_file import write_whole

FOLDER = "networks"
SCHEMA = "chip-network/1"
# More than the synapses of a whole board take.
MAX_BYTES = 1 << 31
MAX_ABOUT_BYTES = 1 << 26

Arrays = dict[str, NDArray[Any]]
_KINDS: Mapping[str, type[Connectivity]] = {"list": SynapseList, "dense": DenseWeights, "conv2d": ConvWeights}
_DIMENSIONS = {"list": 1, "dense": 2, "conv2d": 4}
_LENGTHS = {"source_shape": 3, "target_shape": 3, "stride": 2, "padding": 4, "pool": 2}


@dataclass(frozen=True)
class _PopulationAbout:
    name: str
    size: int
    model: str
    params: Mapping[str, float | str | None]
    record: tuple[str, ...] | None
    shape: tuple[int, ...] | None
    v_scale: float | None
    neurons_per_pe: int | None


@dataclass(frozen=True)
class _ProjectionAbout:
    pre: str
    post: str
    kind: Literal["list", "dense", "conv2d"]
    numbers: Mapping[str, int | tuple[int, ...]]


@dataclass(frozen=True)
class _About:
    schema: str
    name: str
    dt_s: float | None
    outputs: tuple[str, ...]
    populations: tuple[_PopulationAbout, ...]
    projections: tuple[_ProjectionAbout, ...]


def network_path(session: Path, digest: str) -> Path:
    """Return where the session in the folder `session` keeps the network with that digest."""
    return session / FOLDER / f"{digest[:32]}.npz"


def write_network(path: Path, network: ChipNetwork) -> None:
    """Write `network` to `path`, whole or not at all.

    `about` is its description in JSON; arrays stand beside it: `N.PARAMETER` and `N.v_scale` of population N where each
    neuron has its own, `N:pre`, `N:post`, `N:weight`, `N:delay` of projection N.
    """
    arrays: Arrays = {}
    about = _About(
        SCHEMA,
        network.name,
        network.dt_s,
        network.spiking.outputs,
        tuple(_population(number, one, arrays) for number, one in enumerate(network.spiking.populations)),
        tuple(_projection(number, one, arrays) for number, one in enumerate(network.spiking.projections)),
    )
    text = np.frombuffer(json.dumps(to_plain(about)).encode(), np.uint8)

    def save(unfinished: Path) -> None:
        with unfinished.open("wb") as file:
            np.savez(file, allow_pickle=False, about=text, **arrays)

    write_whole(path, save, SessionError)


def read_network(path: Path, digest: str | None = None) -> ChipNetwork:
    """Return the network in `path`. Raises SessionError where it is damaged, or its digest is not `digest`."""
    if not path.is_file():
        raise SessionError(str(path), "no such file", hint="the session was written by an older version: run again")
    try:
        arrays = load_npz(path, MAX_BYTES)
        about = json.loads(bytes(arrays["about"].astype(np.uint8)[:MAX_ABOUT_BYTES]))
        network = _network(from_plain(_About, about, str(path)), arrays)
        found = network_digest(network)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise SessionError(str(path), f"is no network: {reason}", hint="the file is damaged") from problem
    if digest is not None and found != digest:
        raise SessionError(str(path), "is not the network that was run", hint="the file was changed")
    return network


def _population(number: int, population: Population, arrays: Arrays) -> _PopulationAbout:
    params: dict[str, float | str | None] = {}
    for name, value in population.params.items():
        params[name] = None if isinstance(value, np.ndarray) else value
        if isinstance(value, np.ndarray):
            arrays[f"{number}.{name}"] = value
    v_scale = population.v_scale
    if isinstance(v_scale, np.ndarray):
        arrays[f"{number}.v_scale"] = v_scale
    return _PopulationAbout(
        population.name,
        population.size,
        population.model,
        params,
        None if population.record is None else tuple(sorted(population.record)),
        population.shape,
        None if isinstance(v_scale, np.ndarray) else float(v_scale),
        population.neurons_per_pe,
    )


def _projection(number: int, projection: Projection, arrays: Arrays) -> _ProjectionAbout:
    weights = projection.connectivity
    kind: Any = next(name for name, one in _KINDS.items() if isinstance(weights, one))
    numbers = {}
    for field in fields(weights):
        value = getattr(weights, field.name)
        if isinstance(value, np.ndarray):
            arrays[f"{number}:{field.name}"] = value
        else:
            numbers[field.name] = value
    return _ProjectionAbout(projection.pre, projection.post, kind, numbers)


def _network(about: _About, arrays: Mapping[str, NDArray[Any]]) -> ChipNetwork:
    if about.schema != SCHEMA:
        raise ValueError(f"its schema is {about.schema}, {SCHEMA} is expected")
    populations = []
    for number, one in enumerate(about.populations):
        own = {
            name: _floats(arrays[f"{number}.{name}"], one.size) for name, value in one.params.items() if value is None
        }
        said = {name: value for name, value in one.params.items() if value is not None}
        scale = _floats(arrays[f"{number}.v_scale"], one.size) if one.v_scale is None else one.v_scale
        record = None if one.record is None else frozenset(one.record)
        params = {name: own.get(name, said.get(name, 0.0)) for name in one.params}
        populations.append(
            Population(one.name, one.size, one.model, params, record, one.shape, scale, one.neurons_per_pe)
        )
    projections = tuple(
        Projection(one.pre, one.post, _connectivity(number, one, arrays))
        for number, one in enumerate(about.projections)
    )
    return ChipNetwork(about.name, SpikingPart(tuple(populations), projections, about.outputs), about.dt_s)


def _connectivity(number: int, one: _ProjectionAbout, arrays: Mapping[str, NDArray[Any]]) -> Connectivity:
    values: dict[str, Any] = dict(one.numbers)
    for name in ("pre", "post", "weight", "delay"):
        if f"{number}:{name}" in arrays:
            values[name] = arrays[f"{number}:{name}"]
            dimensions = _DIMENSIONS[one.kind]
            if values[name].dtype.kind not in "iu" or values[name].ndim != dimensions:
                raise ValueError(
                    f"'{name}' of projection {number} is no {dimensions}-dimensional array of whole numbers"
                )
    for name, length in _LENGTHS.items():
        if name in values and not (isinstance(values[name], tuple) and len(values[name]) == length):
            raise ValueError(f"'{name}' of projection {number} is {values[name]!r}")
    return _KINDS[one.kind](**values)


def _floats(values: NDArray[Any], size: int) -> NDArray[Any]:
    if values.dtype.kind != "f" or values.shape != (size,):
        raise ValueError(f"an array of {values.dtype} {values.shape}, {size:,} numbers are expected")
    return values
