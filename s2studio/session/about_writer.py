"""Writes what a run's folder says of its network and mapping: `run.json`, and tables of slices, targets and routes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.mapping.mapping import REGIONS, ChipMapping, Link, Node
from s2studio.session.about import FILE, PopulationEntry, RunAbout, Variables
from s2studio.session.chunks import TableContent, TableWriter
from s2studio.session.manifest import write_json
from s2studio.session.plain import to_plain
from s2studio.session.tables import ROUTES, SLICES, TARGETS, V_SCALES
from s2studio.sim.level import LevelPolicy
from s2studio.snn.network import ChipNetwork
from s2studio.snn.structure import output_populations


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
    rows = {
        SLICES: _slice_rows(about, mapping),
        TARGETS: _target_rows(mapping),
        ROUTES: _route_rows(mapping, nodes),
        V_SCALES: _v_scale_rows(about, network),
    }
    content = {}
    for table, columns in rows.items():
        writer = TableWriter(folder / table.name, table, texts)
        writer.append(columns)
        content[table.name] = writer.finish()
    return content


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
        **{
            f"{region}_bytes": np.array([piece.bytes.get(region, 0) for piece in slices], np.int64)
            for region in REGIONS
        },
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
