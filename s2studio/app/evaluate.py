"""A data set through a network: batches of samples, and what each gave, took and cost."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.app.dataset import Sample
from s2studio.app.inputs import RunInputs
from s2studio.app.project import Project
from s2studio.chip.machine import Machine
from s2studio.errors import SessionError, UsageError
from s2studio.mapping.mapping import ChipMapping, Demand
from s2studio.network.stimulus.spikes import Stimulus
from s2studio.session.csv_tables import write_marked_table
from s2studio.sim.counts import Counts, Lateness, TickBlock
from s2studio.sim.energy import idle_energy_j
from s2studio.sim.energy_ends import TOTAL, energy_ends
from s2studio.sim.engine import LOCKSTEP, EngineOptions, check_engine, make_engine
from s2studio.sim.lockstep import Simulator
from s2studio.sim.pricing import bounds, price_counts
from s2studio.sim.program import compile_program
from s2studio.sim.timing import late, slice_work
from s2studio.sim.traffic import traffic
from s2studio.snn.network import ChipNetwork
from s2studio.snn.structure import longest_path_populations, output_populations

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class SampleResult:
    """What one sample gave: `predicted` is the output neuron with most spikes, -1 where none spiked.

    `spikes` are those of each output neuron, `latency_s` the chip time until the predicted neuron's first spike, the
    whole `duration_s` where there was none.
    """

    sample: str
    label: int
    predicted: int
    spikes: str
    steps: int
    duration_s: float
    latency_s: float
    energy_j: float
    energy_dynamic_j: float
    synaptic_events: int
    late_ticks: int
    time_done_low_s: float
    time_done_max_s: float
    time_done_pessimistic_s: float
    energy_low_j: float
    energy_high_j: float
    energy_dynamic_low_j: float
    energy_dynamic_high_j: float


class Evaluation:
    """Runs samples on one mapping; `table`, where given, keeps finished rows, so that an evaluation can go on."""

    def __init__(
        self,
        project: Project,
        network: ChipNetwork,
        machine: Machine,
        samples: Sequence[Sample],
        batch: int,
        threads: int | None = None,
    ) -> None:
        if batch < 1:
            raise UsageError("--batch", f"{batch}", "at least 1 is expected")
        check_engine(project.run.engine, EngineOptions(fifo=project.run.fifo))
        self.project, self.network, self.machine = project, network, machine
        self.samples, self.batch, self.threads = samples, batch, threads or project.threads
        self.outputs = output_populations(network.spiking)
        if len(self.outputs) != 1:
            raise UsageError(f"network '{network.name}'", f"{len(self.outputs)} outputs", "1 is expected to classify")
        self.path_populations = longest_path_populations(network.spiking)

    def demand(self, inputs: RunInputs, report: Report) -> Demand:
        """Return what the PEs must hold for any one of the samples: they are read once for it."""
        stored: dict[str, NDArray[np.int64]] = {}
        steps = 1
        for done, sample in enumerate(self.samples):
            report(done, len(self.samples))
            stimulus = sample.read()
            steps = max(steps, self.steps(stimulus))
            for name, train in stimulus.items():
                size = self.network.spiking.population(name).size
                counts = np.bincount(train.neuron, minlength=size).astype(np.int64)
                stored[name] = np.maximum(stored.get(name, np.zeros(size, np.int64)), counts)
        return Demand(steps, inputs.record, stored)

    def steps(self, stimulus: Stimulus) -> int:
        """Return the ticks of a sample: what the project says, else as many as its spikes need to get through."""
        last = max((train.steps for train in stimulus.values()), default=0)
        return self.project.run.steps or last + self.path_populations

    def key(self, mapping: ChipMapping) -> str:
        """Return what identifies results that belong together."""
        said = (mapping.network_digest, mapping.chip_digest, mapping.options, mapping.runtime, self.project.run)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    def run(self, mapping: ChipMapping, table: Path | None, report: Report) -> list[SampleResult]:
        """Return the results of all samples, in their order; those already in `table` are not run again."""
        rows = _read(table, self.key(mapping)) if table is not None else {}
        waiting = [(index, sample) for index, sample in enumerate(self.samples) if sample.name not in rows]
        engine = _Engine(self, mapping)
        for first in range(0, len(waiting), self.batch):
            report(len(rows), len(self.samples))
            for result in engine.results(waiting[first : first + self.batch]):
                rows[result.sample] = result
            if table is not None:
                _write(table, self.key(mapping), rows.values())
        report(len(rows), len(self.samples))
        return [rows[sample.name] for sample in self.samples]


class _Engine:
    """One program, run batch after batch."""

    def __init__(self, evaluation: Evaluation, mapping: ChipMapping) -> None:
        self.of, self.mapping = evaluation, mapping
        self.spec = evaluation.machine.spec
        self.program = compile_program(evaluation.network, mapping, self.spec)
        self.work, self.traffic = slice_work(evaluation.network, mapping), traffic(mapping)
        self.output = self.program.names.index(evaluation.outputs[0])
        self.size = evaluation.network.spiking.population(evaluation.outputs[0]).size

    def results(self, samples: Sequence[tuple[int, Sample]]) -> Iterator[SampleResult]:
        """Run samples side by side, each as long as it needs, and yield what they gave."""
        stimuli = [sample.read() for _, sample in samples]
        steps = [self.of.steps(stimulus) for stimulus in stimuli]
        numbers = [index for index, _ in samples]
        if self.of.project.run.engine != LOCKSTEP:
            for (index, sample), own, stimulus in zip(samples, steps, stimuli, strict=True):
                yield self._result(sample, 0, own, self._alone(index, own, stimulus))
            return
        longest, seed = max(steps), self.of.project.mapping.seed
        engine = Simulator(self.program, seed, len(samples), samples=numbers, threads=self.of.threads)
        inside = [{name: train.between(0, longest) for name, train in stimulus.items()} for stimulus in stimuli]
        block = engine.advance(longest, inside)
        for place, ((_, sample), own) in enumerate(zip(samples, steps, strict=True)):
            yield self._result(sample, place, own, block)

    def _alone(self, index: int, steps: int, stimulus: Stimulus) -> TickBlock:
        """Run one sample on an engine that takes no more at once."""
        run, seed = self.of.project.run, self.of.project.mapping.seed
        options = EngineOptions(seed, index, steps, run.tick_s, run.level, run.fifo)
        engine = make_engine(run.engine, self.program, self.of.network, self.mapping, self.spec, options)
        return engine.advance(steps, {name: train.between(0, steps) for name, train in stimulus.items()})

    def _result(self, sample: Sample, place: int, steps: int, block: TickBlock) -> SampleResult:
        spikes = block.spikes
        rows = (spikes.sample == place) & (spikes.population == self.output) & (spikes.tick < steps)
        neurons, ticks = spikes.neuron[rows], spikes.tick[rows]
        counts = np.bincount(neurons, minlength=self.size)
        predicted = int(counts.argmax()) if counts.any() else -1
        tick_s = self.of.project.run.tick_s
        first = int(ticks[neurons == predicted][0]) + 1 if predicted >= 0 else steps
        cost = self._price(_one(block.counts, place, steps), block.lateness)
        idle_j = idle_energy_j(steps, tick_s, self.of.machine, len(self.work.models))
        return SampleResult(
            sample=sample.name,
            label=-1 if sample.label is None else sample.label,
            predicted=predicted,
            spikes=" ".join(map(str, counts.tolist())),
            steps=steps,
            duration_s=steps * tick_s,
            latency_s=first * tick_s,
            energy_j=cost.energy_j,
            energy_dynamic_j=cost.energy_j - idle_j,
            synaptic_events=int(block.counts.synaptic_events[place, :steps].sum(dtype=np.int64)),
            late_ticks=cost.late_ticks,
            time_done_low_s=cost.time_done_low_s,
            time_done_max_s=cost.time_done_max_s,
            time_done_pessimistic_s=cost.time_done_pessimistic_s,
            energy_low_j=cost.energy_low_j,
            energy_high_j=cost.energy_high_j,
            energy_dynamic_low_j=cost.energy_low_j - idle_j,
            energy_dynamic_high_j=cost.energy_high_j - idle_j,
        )

    def _price(self, counts: Counts, timed: Lateness | None) -> _Cost:
        """Return what `counts` cost; of late PEs, times are how long the slowest worked, without what it waited for."""
        options = self.of.project.run
        priced = price_counts(counts, self.work, self.traffic, self.spec, options.level, options.tick_s)
        delay_s = 0.0 if timed is None else timed.start_delay_s + timed.stalled_s
        lateness = int(late(priced.time_done_s + delay_s, options.tick_s).sum())
        ends = bounds(counts, self.work, self.spec, priced.levels, options.tick_s)
        energy = energy_ends(counts, self.work, priced, ends, self.of.machine, options.tick_s)
        return _Cost(
            float(energy.value_j[TOTAL].sum()),
            float(energy.low_j[TOTAL].sum()),
            float(energy.high_j[TOTAL].sum()),
            lateness,
            float(ends.time_low_s.max()),
            float(priced.time_done_s.max()),
            float(ends.time_pessimistic_s.max()),
        )


class _Cost(NamedTuple):
    """What a sample cost: energies in J by the chip file and by both ends of the cycle costs, times in s."""

    energy_j: float
    energy_low_j: float
    energy_high_j: float
    late_ticks: int
    time_done_low_s: float
    time_done_max_s: float
    time_done_pessimistic_s: float


def summarise(results: Sequence[SampleResult], outputs: int) -> dict[str, Any]:
    """Return accuracy, confusion matrix (rows: labels, columns: predictions) and the spread of costs, as JSON."""
    labelled = [row for row in results if row.label >= 0]
    classes = max([outputs, *(row.label + 1 for row in labelled)])
    confusion = np.zeros((classes, outputs), np.int64)
    for row in labelled:
        if row.predicted >= 0:
            confusion[row.label, row.predicted] += 1
    right = sum(row.label == row.predicted for row in labelled)
    return {
        "samples": len(results),
        "labelled": len(labelled),
        "right": right,
        "accuracy": right / len(labelled) if labelled else None,
        "undecided": sum(row.predicted < 0 for row in results),
        "confusion": confusion.tolist(),
        "late_ticks": sum(row.late_ticks for row in results),
        "time_done_low_s": max(row.time_done_low_s for row in results),
        "time_done_max_s": max(row.time_done_max_s for row in results),
        "time_done_pessimistic_s": max(row.time_done_pessimistic_s for row in results),
        "synaptic_events": sum(row.synaptic_events for row in results),
        **{name: _spread([getattr(row, name) for row in results]) for name in _SPREADS},
    }


_SPREADS = (
    *("energy_j", "energy_low_j", "energy_high_j"),
    *("energy_dynamic_j", "energy_dynamic_low_j", "energy_dynamic_high_j"),
    *("latency_s", "duration_s"),
)


def _spread(values: Sequence[float]) -> dict[str, float]:
    array = np.array(values, np.float64)
    return {
        "mean": float(array.mean()),
        "standard_deviation": float(array.std(ddof=1)) if len(array) > 1 else 0.0,
        "least": float(array.min()),
        "most": float(array.max()),
    }


def _one(counts: Counts, place: int, steps: int) -> Counts:
    """Return the counts of one sample of a batch, for its own ticks."""
    part = (slice(place, place + 1), slice(0, steps))
    return Counts(
        counts.packets[part], counts.synaptic_events[part], counts.spikes[part], counts.updates, counts.recorded_bytes
    )


def _read(table: Path, key: str) -> dict[str, SampleResult]:
    """Return the rows of an earlier evaluation, which must be one of the same network, mapping and run."""
    if not table.exists():
        return {}
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, strict=True))
        found = {row["sample"]: _row(row) for row in rows}
        keys = {row["run"] for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as problem:
        raise SessionError(
            str(table), f"is no table of an evaluation: {problem}", hint="choose another name"
        ) from problem
    if keys - {key}:
        raise SessionError(str(table), "holds results of another network, mapping or run", hint="choose another name")
    return found


def _row(row: dict[str, str]) -> SampleResult:
    kinds = {"str": str, "int": int, "float": float}
    return SampleResult(**{each.name: kinds[str(each.type)](row[each.name]) for each in fields(SampleResult)})


def _write(table: Path, key: str, rows: Any) -> None:
    columns = [*(each.name for each in fields(SampleResult)), "run"]
    write_marked_table(table, columns, [asdict(row) | {"run": key} for row in rows], frozenset())
