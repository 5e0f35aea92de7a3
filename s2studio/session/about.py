"""What a run's folder says of its network and mapping, enough to read and price it without the model file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.errors import SessionError
from s2studio.mapping.board import BoardClass
from s2studio.mapping.mapping import REGIONS, ChipMapping, Demand, Link, MappingOptions, Node, Route, Slice
from s2studio.session.columns import Chunk
from s2studio.session.manifest import Origin, read_json
from s2studio.session.plain import from_plain
from s2studio.session.tables import ROUTES, SLICES, TARGETS, V_SCALES, Table
from s2studio.sim.level import LevelPolicy
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population

FILE = "run.json"
Variables = Mapping[str, frozenset[str]]
_MAX_NEURONS = 1 << 28


@dataclass(frozen=True)
class PopulationEntry:
    """A population; `v_scale` is None where each neuron has its own, which the table `v_scales` then holds.

    `recorded` is what the board records of it (costs PE memory), `observed` what only the simulator saw.
    """

    name: str
    size: int
    model: str
    v_scale: float | None
    is_output: bool
    recorded: tuple[str, ...]
    observed: tuple[str, ...]

    def keeps(self, variable: str) -> bool:
        """Whether the session holds `variable` of it."""
        return variable in self.recorded or variable in self.observed


@dataclass(frozen=True)
class RunAbout:
    """What was run: `steps` is how many ticks were asked for, `samples` the size of the batch.

    `lowering` is the report of lowering, a row for each population, and `notes` what it warned of; both are empty for
    networks that came in the chip's terms. `board` says whether the board can reproduce the mapping (None: not known),
    `origin` whether the values were simulated, or measured on a board. `engine` is what simulated it, `fifo` what full
    FIFOs did in it (empty where the engine has none).
    """

    network: str
    dt_s: float | None
    tick_s: float
    steps: int
    samples: int
    level: LevelPolicy
    network_digest: str
    chip: str
    chip_digest: str
    runtime: str
    mapping: MappingOptions
    populations: tuple[PopulationEntry, ...]
    lowering: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    board: BoardClass | None = None
    origin: Origin = "simulated"
    engine: str = "lockstep"
    fifo: str = ""

    @property
    def is_timed(self) -> bool:
        """Whether function and time ran together, so that the session knows who was late and what was lost."""
        return self.engine == "per_pe"

    @property
    def names(self) -> tuple[str, ...]:
        """The populations' names, in the network's order."""
        return tuple(population.name for population in self.populations)


def read_about(folder: Path) -> tuple[RunAbout, ChipNetwork, ChipMapping]:
    """Return what `write_about` wrote; the network has its populations only: no parameters, no projections."""
    about = from_plain(RunAbout, read_json(folder / FILE), str(folder / FILE))
    _check(folder / FILE, about)
    scales = _v_scales(folder, about)
    populations = tuple(
        Population(
            entry.name,
            entry.size,
            entry.model,
            record=frozenset(entry.recorded),
            v_scale=scales[entry.name] if entry.v_scale is None else entry.v_scale,
        )
        for entry in about.populations
    )
    outputs = tuple(entry.name for entry in about.populations if entry.is_output)
    network = ChipNetwork(about.network, SpikingPart(populations, (), outputs), about.dt_s)
    return about, network, _mapping(folder, about)


def _check(path: Path, about: RunAbout) -> None:
    neurons = sum(entry.size for entry in about.populations)
    sound = (
        0 < about.tick_s < math.inf
        and about.steps >= 0
        and about.samples >= 1
        and all(entry.size > 0 for entry in about.populations)
        and neurons * about.samples <= _MAX_NEURONS
        and len(set(about.names)) == len(about.names)
    )
    if not sound:
        raise SessionError(str(path), "its numbers contradict each other", hint="the file was changed")


def _v_scales(folder: Path, about: RunAbout) -> dict[str, NDArray[np.float64]]:
    own = {entry.name: np.ones(entry.size) for entry in about.populations if entry.v_scale is None}
    for columns, texts in _static(folder, V_SCALES) if own else ():
        names = np.array(texts["population"], dtype=object)[columns["population"]] if texts["population"] else []
        for name, scales in own.items():
            rows = np.flatnonzero(np.asarray(names == name))
            neurons = columns["neuron"][rows]
            if len(neurons) and not (neurons.min() >= 0 and neurons.max() < len(scales)):
                raise _damaged(folder, V_SCALES)
            scales[neurons] = columns["v_scale"][rows]
    return own


def _mapping(folder: Path, about: RunAbout) -> ChipMapping:
    slices: list[Slice] = []
    sent: list[tuple[int, int]] = []
    for columns, texts in _static(folder, SLICES):
        names = texts["population"]
        rows = {name: values.tolist() for name, values in columns.items()}
        for row in range(len(rows["slice"])):
            pe = PE(*(rows[name][row] for name in PE._fields))
            memory = {region: rows[f"{region}_bytes"][row] for region in REGIONS}
            slices.append(Slice(names[rows["population"][row]], rows["start"][row], rows["stop"][row], pe, memory))
            sent.append((rows["packets_per_spike"][row], rows["router_lookups"][row]))
    if not slices or any(piece.population not in about.names for piece in slices):
        raise _damaged(folder, SLICES)
    targets = _targets(folder, len(slices))
    flits = _flits(folder, len(slices))
    routes = tuple(
        Route(tuple(targets[number]), packets, flits[number], lookups) for number, (packets, lookups) in enumerate(sent)
    )
    demand = Demand(about.steps, {entry.name: frozenset(entry.recorded) for entry in about.populations})
    return ChipMapping(
        about.network, about.network_digest, about.chip, about.chip_digest, about.runtime, about.mapping, demand,
        tuple(slices), routes,
    )  # fmt: skip


def _targets(folder: Path, slices: int) -> list[list[int]]:
    targets: list[list[int]] = [[] for _ in range(slices)]
    for columns, _ in _static(folder, TARGETS):
        _check_slices(folder, TARGETS, columns["slice"], slices)
        _check_slices(folder, TARGETS, columns["target"], slices)
        for number, target in zip(columns["slice"].tolist(), columns["target"].tolist(), strict=True):
            targets[number].append(target)
    return targets


def _flits(folder: Path, slices: int) -> list[dict[Link, int]]:
    flits: list[dict[Link, int]] = [{} for _ in range(slices)]
    for columns, _ in _static(folder, ROUTES):
        _check_slices(folder, ROUTES, columns["slice"], slices)
        ends = [
            [Node(*row) for row in zip(*(columns[f"{end}_{name}"].tolist() for name in Node._fields), strict=True)]
            for end in ("source", "target")
        ]
        for number, source, target, count in zip(
            columns["slice"].tolist(), *ends, columns["flits"].tolist(), strict=True
        ):
            flits[number][Link(source, target)] = count
    return flits


def _static(folder: Path, table: Table) -> Iterator[tuple[Mapping[str, NDArray[Any]], Mapping[str, list[str]]]]:
    paths = sorted((folder / table.name).glob("*.parquet"))
    if not paths:
        raise SessionError(str(folder / table.name), "has no Parquet file", hint="the session is incomplete")
    for path in paths:
        yield Chunk(path, table).read()


def _check_slices(folder: Path, table: Table, numbers: NDArray[Any], slices: int) -> None:
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < slices):
        raise _damaged(folder, table)


def _damaged(folder: Path, table: Table) -> SessionError:
    return SessionError(str(folder / table.name), "its rows do not fit the run", hint="the file was changed")
