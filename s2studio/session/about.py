"""What a run's folder says of its network and mapping, enough to read and price it without the model file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.errors import SessionError
from s2studio.mapping.mapping import REGIONS, ChipMapping, Demand, Link, MappingOptions, Node, Route, Slice
from s2studio.session.chunks import TableContent, TableWriter
from s2studio.session.columns import Chunk
from s2studio.session.manifest import read_json, write_json
from s2studio.session.plain import from_plain, to_plain
from s2studio.session.tables import ROUTES, SLICES, TARGETS, V_SCALES, Table
from s2studio.sim.level import LevelPolicy
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.structure import output_populations

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
    """What was run: `steps` is how many ticks were asked for, `samples` the size of the batch."""

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

    @property
    def names(self) -> tuple[str, ...]:
        """The populations' names, in the network's order."""
        return tuple(population.name for population in self.populations)


def about_run(
    network: ChipNetwork,
    mapping: ChipMapping,
    policy: LevelPolicy,
    tick_s: float,
    steps: int,
    samples: int,
    recorded: Variables,
    observed: Variables,
) -> RunAbout:
    """Return what the session says of a run of `network` on `mapping`."""
    outputs = output_populations(network.spiking)
    return RunAbout(
        network=network.name,
        dt_s=network.dt_s,
        tick_s=float(tick_s),
        steps=steps,
        samples=samples,
        level=policy,
        network_digest=mapping.network_digest,
        chip=mapping.chip,
        chip_digest=mapping.chip_digest,
        runtime=mapping.runtime,
        mapping=mapping.options,
        populations=tuple(
            PopulationEntry(
                name=population.name,
                size=population.size,
                model=population.model,
                v_scale=None if isinstance(population.v_scale, np.ndarray) else float(population.v_scale),
                is_output=population.name in outputs,
                recorded=tuple(sorted(recorded.get(population.name, ()))),
                observed=tuple(sorted(observed.get(population.name, ()))),
            )
            for population in network.spiking.populations
        ),
    )


def write_about(folder: Path, about: RunAbout, network: ChipNetwork, mapping: ChipMapping) -> dict[str, TableContent]:
    """Write `run.json` and the tables of slices, targets and routes; return the content of the tables."""
    write_json(folder / FILE, to_plain(about))
    nodes = sorted({node for route in mapping.routes for link in route.flits for node in link})
    texts = {"population": about.names, "source": _names(nodes), "target": _names(nodes)}
    rows = [_slice_rows(about, mapping), _target_rows(mapping), _route_rows(mapping, nodes), _v_scale_rows(about, network)]
    content = {}
    for table, columns in zip((SLICES, TARGETS, ROUTES, V_SCALES), rows, strict=True):
        writer = TableWriter(folder / table.name, table, texts)
        writer.append(columns)
        content[table.name] = writer.finish()
    return content


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


def link_columns(nodes: Sequence[Node], links: Iterable[Link]) -> dict[str, NDArray[Any]]:
    """Return the columns that name `links`, whose ends are among `nodes`, texts as indices into them."""
    index = {node: number for number, node in enumerate(nodes)}
    columns: dict[str, NDArray[Any]] = {}
    ends = list(links)
    for position, end in enumerate(("source", "target")):
        chosen = [link[position] for link in ends]
        columns[end] = np.array([index[node] for node in chosen], np.int32)
        for name in ("chip_x", "chip_y", "x", "y"):
            columns[f"{end}_{name}"] = np.array([getattr(node, name) for node in chosen], np.int16)
        columns[f"{end}_is_router"] = np.array([node.is_router for node in chosen], np.bool_)
    return columns


def pe_columns(pes: Sequence[PE]) -> dict[str, NDArray[np.int16]]:
    """Return the columns that name `pes`."""
    table = np.array(pes, np.int16).reshape(-1, len(PE._fields))
    return {name: table[:, column] for column, name in enumerate(PE._fields)}


def _names(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(str(node) for node in nodes)


def _slice_rows(about: RunAbout, mapping: ChipMapping) -> dict[str, NDArray[Any]]:
    code = {name: number for number, name in enumerate(about.names)}
    slices = mapping.slices
    return {
        "slice": np.arange(len(slices), dtype=np.int32),
        "population": np.array([code[piece.population] for piece in slices], np.int32),
        "start": np.array([piece.start for piece in slices], np.int32),
        "stop": np.array([piece.stop for piece in slices], np.int32),
        **pe_columns([piece.pe for piece in slices]),
        "packets_per_spike": np.array([route.packets for route in mapping.routes], np.int32),
        "router_lookups": np.array([route.router_lookups for route in mapping.routes], np.int32),
        **{f"{region}_bytes": np.array([piece.bytes.get(region, 0) for piece in slices], np.int64) for region in REGIONS},
    }


def _target_rows(mapping: ChipMapping) -> dict[str, NDArray[Any]]:
    pairs = [(number, target) for number, route in enumerate(mapping.routes) for target in route.targets]
    table = np.array(pairs, np.int32).reshape(-1, 2)
    return {"slice": table[:, 0], "target": table[:, 1]}


def _route_rows(mapping: ChipMapping, nodes: Sequence[Node]) -> dict[str, NDArray[Any]]:
    rows = [(number, *row) for number, route in enumerate(mapping.routes) for row in sorted(route.flits.items())]
    return {
        "slice": np.array([number for number, _, _ in rows], np.int32),
        **link_columns(nodes, (link for _, link, _ in rows)),
        "flits": np.array([flits for _, _, flits in rows], np.int32),
    }


def _v_scale_rows(about: RunAbout, network: ChipNetwork) -> dict[str, NDArray[Any]]:
    own = [
        (number, population)
        for number, population in enumerate(network.spiking.populations)
        if about.populations[number].v_scale is None
    ]
    sizes = [population.size for _, population in own]
    empty = np.empty(0)
    return {
        "population": np.repeat(np.array([number for number, _ in own], np.int32), sizes),
        "neuron": np.concatenate([empty, *map(np.arange, sizes)]).astype(np.int32),
        "v_scale": np.concatenate([empty, *(np.asarray(population.v_scale) for _, population in own)]),
    }


def _check(path: Path, about: RunAbout) -> None:
    neurons = sum(entry.size for entry in about.populations)
    sound = (
        about.tick_s > 0
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
