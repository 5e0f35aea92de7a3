"""A grid of options: each combination run on the same samples in a process of its own, and what came out compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from s2studio.app.evaluate import SampleResult, summarise
from s2studio.app.lowering_bench import bench_samples, float_output_spikes
from s2studio.app.pool import each_finished
from s2studio.app.project import Project
from s2studio.app.sweep_table import Row, mark_pareto, objectives, read_rows, write_rows
from s2studio.app.workbench import Workbench
from s2studio.chip.loader import load_chip
from s2studio.errors import S2StudioError, SessionError, UsageError
from s2studio.network.graph import Network
from s2studio.sim.timing import smallest_safe_tick_s
from s2studio.snn.structure import output_populations
from s2studio.version import __version__

Report = Callable[[int, int], None]

MOST_POINTS = 10_000
BATCH = 16


@dataclass(frozen=True)
class Point:
    """One combination: its options as they were typed, {option: value}, and the project that they make.

    `bin_s` is the length of a bin of event recordings in a data set, in s.
    """

    settings: Mapping[str, str]
    project: Project
    bin_s: float | None = None


@dataclass(frozen=True)
class DataSet:
    """What every point is run on: the samples in `folder` with the labels in `labels`, or the project's own stimulus.

    `label` is the right output neuron of that one.
    """

    folder: Path | None = None
    labels: Path | None = None
    label: int | None = None


def run_sweep(
    project: Project, points: Sequence[Point], data: DataSet, table: Path, jobs: int, report: Report
) -> dict[str, Any]:
    """Run the points that `table` does not hold yet, `jobs` at once, writing the table after each, and return all.

    `project` is what the points have in common. A point that is refused is a row with the reason; a UsageError ends
    the sweep, as does a Cancelled from `report`: rows that are finished stay in the table.
    """
    if jobs < 1:
        raise UsageError("--jobs", f"{jobs}", "at least 1 is expected")
    if len(points) > MOST_POINTS:
        raise UsageError("--over", f"{len(points):,} combinations", f"at most {MOST_POINTS:,} are run", "give fewer")
    columns = list(points[0].settings)
    if not table.absolute().parent.is_dir():
        raise SessionError(str(table), "cannot be written: no such folder", hint="make the folder or choose another")
    key = sweep_key(project, columns, data)
    asked = [tuple(point.settings.values()) for point in points]
    rows = {row.identity: row for row in read_rows(table, columns, key)}
    waiting = [point for point, identity in zip(points, asked, strict=True) if identity not in rows]
    total, before = len(points), len(points) - len(waiting)
    report(before, total)
    inputs = [(point, data) for point in waiting]
    results = each_finished(measure, inputs, jobs, "sweep", lambda done: report(before + done, total))
    for number, row in enumerate(results, 1):
        rows[row.identity] = row
        # In the order of the grid, whichever is done first; rows of an earlier, other grid go behind.
        order = [identity for identity in dict.fromkeys((*asked, *rows)) if identity in rows]
        write_rows(table, columns, key, mark_pareto([rows[identity] for identity in order]))
        report(before + number, total)
    found = mark_pareto([rows[identity] for identity in asked])
    return {
        "network": project.model.name,
        "over": {name: list(dict.fromkeys(point.settings[name] for point in points)) for name in columns},
        "points": total,
        "run": len(waiting),
        "refused": sum(bool(row.reason) for row in found),
        "objectives": dict(objectives(found)),
        "rows": [row.as_dict() for row in found],
    }


def sweep_key(project: Project, columns: Sequence[str], data: DataSet) -> str:
    """Return what identifies rows that belong into one table: model, stimuli, options in common, what is varied."""
    digest = hashlib.sha256(repr((__version__, sorted(columns), data.label)).encode())
    named = [project.model, project.mapping_file, data.labels, *(source.path for source in project.stimuli)]
    for path in named:
        digest.update(path.read_bytes() if path is not None and path.is_file() else b"-")
    if data.folder is not None and data.folder.is_dir():
        for path in sorted(path for path in data.folder.rglob("*") if path.is_file()):
            digest.update(repr((path.relative_to(data.folder).as_posix(), path.stat().st_size)).encode())
    digest.update(load_chip(project.chip, project.settings).digest.encode())
    events = [(source.population, source.poisson_hz, source.events) for source in project.stimuli]
    options = (project.run, project.lowering, project.runtime, _in_order(project), events)
    return hashlib.sha256(digest.digest() + repr(options).encode()).hexdigest()[:16]


def _in_order(project: Project) -> tuple[object, ...]:
    """Return the mapping options with sets in one order, which `repr` leaves open from process to process."""
    options = project.mapping
    per_pe, pins = sorted(options.neurons_per_pe.items()), sorted(options.pinned.items())
    return options.placer, options.routing, options.seed, per_pe, sorted(options.forbidden), pins, str(project.traffic)


def measure(point: Point, data: DataSet) -> Row:
    """Return the row of one point: what its samples gave, or why it is refused. Raises UsageError."""
    bench = Workbench(point.project)
    try:
        lowered, spec = bench.lower(), bench.machine().spec
        found = bench_samples(point.project, lowered.network, data.folder, data.labels, data.label, point.bin_s)
        samples, steps_of = found
        if not samples:
            raise UsageError("sweep", "there is nothing to run", hint="add --data FOLDER or --input FILE")
        mapping, results = bench.evaluate_samples(samples, BATCH, threads=1)
        (output,) = output_populations(lowered.network.spiking)
        summary = summarise(results, lowered.network.spiking.population(output).size)
        measured = {
            "samples": len(samples),
            "accuracy": summary["accuracy"],
            "energy_j": summary["energy_j"]["mean"],
            "energy_low_j": summary["energy_low_j"]["mean"],
            "energy_high_j": summary["energy_high_j"]["mean"],
            "energy_dynamic_j": summary["energy_dynamic_j"]["mean"],
            "energy_dynamic_low_j": summary["energy_dynamic_low_j"]["mean"],
            "energy_dynamic_high_j": summary["energy_dynamic_high_j"]["mean"],
            "latency_s": summary["latency_s"]["mean"],
            "pes_used": mapping.pes_used,
            "smallest_safe_tick_s": smallest_safe_tick_s(summary["time_done_pessimistic_s"], spec),
            "late_ticks": summary["late_ticks"],
            "synaptic_events": summary["synaptic_events"],
            "weighted_hops": mapping.weighted_hops,
            "max_link_load": mapping.max_link_load,
            "lowest_snr_db": min((row.snr_db for row in lowered.report if row.snr_db is not None), default=None),
            "clipped_share": max((row.clipped_share for row in lowered.report), default=None),
        }
        network = bench.open()
        if isinstance(network, Network):
            from s2studio.analysis.float_network import float_network

            exact = float_network(network, point.project.lowering, spec)
            measured |= _against_float(float_output_spikes(exact, output, samples, steps_of), results)
    except UsageError:
        raise
    except S2StudioError as refusal:
        return Row(point.settings, {}, " ".join(str(refusal).split()))
    return Row(point.settings, measured)


def _against_float(spikes: np.ndarray[Any, np.dtype[np.int64]], results: Sequence[SampleResult]) -> dict[str, Any]:
    """Return how the chip's output spikes compare with those before rounding, (samples, outputs)."""
    on_chip = np.array([list(map(int, row.spikes.split())) for row in results], np.int64)
    answers = np.where(spikes.any(axis=1), spikes.argmax(axis=1), -1)
    labels = np.array([row.label for row in results])
    labelled = labels >= 0
    together = int((spikes + on_chip).sum())
    return {
        "float_accuracy": float((answers == labels)[labelled].mean()) if labelled.any() else None,
        "same_answer": float((answers == [row.predicted for row in results]).mean()),
        "output_overlap": 2 * int(np.minimum(spikes, on_chip).sum()) / together if together else None,
    }
