"""A measured run: what a board returned, checked and written as a session, and read back per PE."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE, Machine
from s2studio.documents import nearest
from s2studio.errors import SessionError, UsageError
from s2studio.mapping.file import write_mapping
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.about import RunAbout
from s2studio.session.about_writer import pe_columns, write_about
from s2studio.session.chunks import TableContent, TableWriter
from s2studio.session.results import Results
from s2studio.session.rows import RowMaker, Rows, Zooms, time_ns
from s2studio.session.run_lengths import Values
from s2studio.session.tables import N_PACKETS, POWER, SPIKES, TABLES, TIME_DONE, VOLTAGES, Table, zoom_name
from s2studio.sim.counts import Counts, SpikeRuns, SpikeTable, TickBlock
from s2studio.snn.network import ChipNetwork
from s2studio.units import NS_PER_S

# Ticks x populations: what a few numbers of a file may make us allocate.
MAX_BINS = 1 << 27


def measured_about(about: RunAbout, results: Results, machine: Machine) -> RunAbout:
    """Return what a measured session says of a run like `about`.

    Raises SessionError where `results` do not fit: another network, a neuron, tick or PE that is not there.
    """
    steps = about.steps if results.steps is None else results.steps
    tick_s = about.tick_s if results.tick_s is None else results.tick_s
    if not (0 < steps <= MAX_BINS // len(about.populations) and 0 < tick_s < math.inf):
        limit = f"1 to {MAX_BINS // len(about.populations):,} ticks of more than 0 s are read"
        raise SessionError("results", f"{steps:,} ticks of {tick_s:g} s", limit)
    if results.network_digest not in (None, about.network_digest):
        hint = "name the session or model that the script was exported from"
        raise SessionError("results", "are of another network", f"'{about.network}' is expected", hint)
    sizes = {entry.name: entry.size for entry in about.populations}
    for name in (*results.spikes, *results.voltages):
        if name not in sizes:
            raise SessionError("results", f"no population '{name}'", hint=nearest(name, sizes))
    for name, spikes in results.spikes.items():
        _check_spikes(name, spikes, steps, sizes[name])
    for name, voltages in results.voltages.items():
        if voltages.shape != (steps, sizes[name]) or not np.isfinite(voltages).all():
            limit = f"finite numbers of {steps:,} ticks x {sizes[name]:,} neurons are expected"
            raise SessionError(f"voltages of '{name}'", f"an array of {voltages.shape}", limit)
    _check_pes(results, steps, machine)
    populations = tuple(
        replace(entry, recorded=tuple(_recorded(entry.name, results)), observed=()) for entry in about.populations
    )
    return replace(
        about, steps=steps, tick_s=tick_s, samples=1, populations=populations, origin="measured", lowering=(), notes=()
    )


def _recorded(name: str, results: Results) -> Iterator[str]:
    yield from ["spikes"] if name in results.spikes else []
    yield from ["v"] if name in results.voltages else []


def _check_spikes(name: str, spikes: NDArray[np.int64], steps: int, size: int) -> None:
    if spikes.shape[1:] != (2,):
        raise SessionError(f"spikes of '{name}'", f"rows of {spikes.shape[1:]}", "tick and neuron are expected")
    for column, limit, what in ((0, steps, "ticks"), (1, size, "neurons")):
        wrong = (spikes[:, column] < 0) | (spikes[:, column] >= limit)
        if wrong.any():
            found = f"{what[:-1]} {spikes[np.argmax(wrong), column]}"
            raise SessionError(f"spikes of '{name}'", found, f"{what} are 0 to {limit - 1:,}")


def _check_pes(results: Results, steps: int, machine: Machine) -> None:
    there = set(machine.pes)
    for what, by_pe in (("time_done", results.time_done_s), ("n_packets", results.n_packets)):
        for name, values in by_pe.items():
            if _pe(name) not in there:
                raise SessionError(f"{what} of {name}", f"no PE of chip '{machine.spec.name}'")
            if values.shape != (steps,) or not (np.isfinite(values) & (values >= 0)).all():
                limit = f"{steps:,} numbers of at least 0 are expected"
                raise SessionError(f"{what} of {name}", f"{len(values):,} values", limit)
    power = results.power
    if power is not None and (
        power.shape[1:] != (2,) or not np.isfinite(power).all() or (np.diff(power[:, 0]) < 0).any()
    ):
        raise SessionError(
            "power", "is no row of moments and powers", "finite numbers, moments ascending, are expected"
        )


def _pe(name: str) -> PE:
    try:
        return PE.parse(name)
    except UsageError as problem:
        raise SessionError(problem.subject, problem.found, problem.limit, problem.hint) from problem


def write_measured(
    folder: Path, about: RunAbout, results: Results, network: ChipNetwork, mapping: ChipMapping
) -> Mapping[str, TableContent]:
    """Write the tables of the measured run `about` into `folder` and return their content."""
    content = write_about(folder, about, network, mapping)
    write_mapping(mapping, folder / "mapping.yaml")
    texts = {"population": about.names}
    for table, rows in _tables(about, results, mapping):
        writer = TableWriter(folder / table.name, table, texts)
        for part in rows:
            writer.append(part)
        content[table.name] = writer.finish()
    return content


def _tables(
    about: RunAbout, results: Results, mapping: ChipMapping
) -> Iterator[tuple[Table, Sequence[Mapping[str, Values]]]]:
    maker, block = RowMaker(about, mapping), _block(about, results)
    spikes = block.spike_runs
    yield SPIKES, [maker.spikes(spikes)]
    yield VOLTAGES, list(maker.voltages(block))
    zooms = Zooms(about.steps)
    bins: dict[int, list[Mapping[str, Values]]] = {zoom: [] for zoom in zooms.zooms}
    for zoom, first, counted in zooms.add(maker.population_spikes(spikes, block), last=True):
        bins[zoom].append(maker.bins(zoom, first, counted))
    yield from ((TABLES[zoom_name(zoom)], rows) for zoom, rows in bins.items())
    yield TIME_DONE, [_pe_rows(about, results.time_done_s, "time_done_s")]
    yield N_PACKETS, [_pe_rows(about, results.n_packets, "packets")]
    power = np.zeros((0, 2)) if results.power is None else results.power
    moments = np.rint(power[:, 0] * NS_PER_S).astype(np.int64)
    yield POWER, [{"time_ns": moments, "power_w": power[:, 1]}]


def _block(about: RunAbout, results: Results) -> TickBlock:
    """Return spikes and voltages in the form that the engine gives them; a board returns no counts."""
    code = {name: number for number, name in enumerate(about.names)}
    rows = [np.insert(spikes, 1, code[name], axis=1) for name, spikes in results.spikes.items()]
    table = np.concatenate([np.zeros((0, 3), np.int64), *rows])
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
    spikes = SpikeTable(
        np.zeros(len(table), np.int32), table[:, 0], table[:, 1].astype(np.int32), table[:, 2].astype(np.int32)
    )
    nothing = np.zeros((1, about.steps, 0), np.int32)
    counts = Counts(nothing, nothing, nothing, nothing[0, 0], nothing[0, 0])
    return TickBlock(
        0, about.steps, SpikeRuns.of(spikes), counts, {name: v[None] for name, v in results.voltages.items()}
    )


def _pe_rows(about: RunAbout, by_pe: Mapping[str, NDArray[Any]], column: str) -> Rows:
    """Return a row for each tick and PE, whatever their order in the file."""
    by_pe = {name: by_pe[name] for name in sorted(by_pe, key=_pe)}
    pes = pe_columns([_pe(name) for name in by_pe])
    tick = np.repeat(np.arange(about.steps, dtype=np.int64), len(by_pe))
    values = np.stack(list(by_pe.values()), axis=1).reshape(-1) if by_pe else np.zeros(0)
    rows: Rows = {"time_ns": time_ns(tick, about.tick_s), "tick": tick, "sample": np.zeros(len(tick), np.int32)}
    return rows | {name: np.tile(each, about.steps) for name, each in pes.items()} | {column: values}
