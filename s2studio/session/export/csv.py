"""CSV export (RFC 4180): spikes.csv, voltages.csv, pe.csv, links.csv, and summary.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.session.export.text import csv_rows, quoted
from s2studio.session.run import PricedBlock, Progress, Run
from s2studio.session.summary import summarize
from s2studio.sim.energy import idle_pe_energy_j

# A column of CSV: numbers, or texts with the index of each row's text.
CsvColumn = NDArray[Any] | tuple[Sequence[str], NDArray[Any]]
CsvRows = dict[str, CsvColumn]
_COUNTS = ("packets", "synaptic_events", "spikes")
_PE_HEAD = ("step", "pe", "packets", "synaptic_events", "neuron_updates", "spikes", "cycles", "time_done_s", "level")


def write_csv(run: Run, folder: Path, start: int, stop: int, progress: Progress) -> None:
    """Write the ticks `start` to `stop` of `run`; with a batch of several samples every file has a column `sample`."""
    for number, (name, (head, rows)) in enumerate(_FILES.items()):
        columns = head if run.about.samples == 1 else (*head, "sample")
        with (folder / name).open("wb") as file:
            file.write(",".join(columns).encode() + b"\r\n")
            for tick, block in rows(run, start, stop):
                progress(number * (stop - start) + tick - start, (len(_FILES) + 1) * (stop - start))
                file.write(csv_rows([block[column] for column in columns]))
    summary = summarize(run, start, stop, progress=_after(progress, len(_FILES)))
    (folder / "summary.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _after(progress: Progress, files: int) -> Progress:
    return lambda done, total: progress(files * total + done, (files + 1) * total)


def _spikes(run: Run, start: int, stop: int) -> Iterator[tuple[int, CsvRows]]:
    names = quoted(run.about.names)
    for block in run.spike_blocks(start, stop):
        rows: CsvRows = {"population": (names, block.population), "neuron": block.neuron}
        yield int(block.tick[0]), rows | {"step": block.tick, "sample": block.sample}


def _voltages(run: Run, start: int, stop: int) -> Iterator[tuple[int, CsvRows]]:
    columns = run.voltage_columns
    if not columns:
        return
    index = {name: number for number, name in enumerate(run.about.names)}
    sizes = [part.stop - part.start for part in columns.values()]
    population = np.repeat([index[name] for name in columns], sizes)
    neuron = np.concatenate([np.arange(size) for size in sizes])
    scales = [run.network.spiking.population(name).v_scale for name in columns]
    scale = np.concatenate([np.broadcast_to(own, size) for own, size in zip(scales, sizes, strict=True)])
    names, span = quoted(run.about.names), run.span(len(neuron))
    for first in range(start, stop, span):
        kept = run.all_voltages(first, min(first + span, stop)).transpose(1, 0, 2)
        times = kept.shape[0] * kept.shape[1]
        rows: CsvRows = {"population": (names, np.tile(population, times)), "neuron": np.tile(neuron, times)}
        yield first, rows | {"v": (kept / scale).reshape(-1), "v_chip": kept.reshape(-1)} | _axis(kept, first)


def _pes(run: Run, start: int, stop: int) -> Iterator[tuple[int, CsvRows]]:
    usable = run.machine.usable_pes
    place = {pe: number for number, pe in enumerate(usable)}
    used = np.array([place[piece.pe] for piece in run.mapping.slices])
    names = quoted([str(pe) for pe in usable])
    levels = tuple(run.machine.spec.levels)
    asleep = levels.index(run.machine.spec.sleep_level)
    idle_j = idle_pe_energy_j(1, run.tick_s, run.machine.spec)
    span = run.span(len(usable))
    for block in run.priced_blocks(start, stop):
        for first in range(0, block.counts.packets.shape[1], span):
            values = _pe_values(block, slice(first, first + span))
            rows = {name: _on_all(kept, used, len(usable)) for name, kept in values.items()}
            rows["level"] = _on_all(values["level"], used, len(usable), asleep)
            rows["energy_j"] = _on_all(values["energy_j"], used, len(usable), idle_j)
            axis = _axis(rows["level"], block.start + first)
            pe = np.tile(np.arange(len(usable)), rows["level"].size // len(usable))
            flat: Mapping[str, CsvColumn] = {name: kept.reshape(-1) for name, kept in rows.items()}
            yield block.start + first, {**flat, **axis, "pe": (names, pe), "level": (levels, rows["level"].reshape(-1))}


def _pe_values(block: PricedBlock, part: slice) -> dict[str, NDArray[Any]]:
    """Return the columns of pe.csv for the used PEs in the ticks `part` of `block`, each (ticks, samples, slices)."""
    counts, priced = block.counts, block.priced
    values: dict[str, NDArray[Any]] = {name: getattr(counts, name) for name in _COUNTS}
    values["neuron_updates"] = np.broadcast_to(counts.updates, counts.packets.shape)
    values["cycles"] = sum(priced.cycles.values(), np.zeros(1))
    values["time_done_s"] = priced.time_done_s
    values["level"] = priced.levels
    values["energy_j"] = sum(priced.energy_j.values(), np.zeros(1))
    return {name: kept[:, part].transpose(1, 0, 2) for name, kept in values.items()}


def _on_all(values: NDArray[Any], used: NDArray[Any], pes: int, unused: float = 0) -> NDArray[Any]:
    """Return (ticks, samples, slices) as (ticks, samples, PEs)."""
    whole = np.full((*values.shape[:2], pes), unused, values.dtype)
    whole[:, :, used] = values
    return whole


def _axis(values: NDArray[Any], first: int) -> CsvRows:
    """Return the columns step and sample of (ticks, samples, objects)."""
    ticks, samples, objects = values.shape
    return {
        "step": np.repeat(np.arange(first, first + ticks), samples * objects),
        "sample": np.tile(np.repeat(np.arange(samples), objects), ticks),
    }


def _links(run: Run, start: int, stop: int) -> Iterator[tuple[int, CsvRows]]:
    for columns, texts in run.link_blocks(start, stop):
        ends: CsvRows = {
            name: (quoted(texts[end]), columns[end]) for name, end in (("from", "source"), ("to", "target"))
        }
        rows: CsvRows = {"step": columns["tick"], "flits": columns["flits"], "sample": columns["sample"]}
        yield int(columns["tick"][0]), rows | ends


Source = Callable[[Run, int, int], Iterator[tuple[int, CsvRows]]]

# {file: its columns, what yields (tick, rows)}
_FILES: Mapping[str, tuple[tuple[str, ...], Source]] = {
    "spikes.csv": (("population", "neuron", "step"), _spikes),
    "voltages.csv": (("population", "neuron", "step", "v", "v_chip"), _voltages),
    "pe.csv": ((*_PE_HEAD, "energy_j"), _pes),
    "links.csv": (("step", "from", "to", "flits"), _links),
}
