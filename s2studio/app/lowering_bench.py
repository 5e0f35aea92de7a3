"""The lowering bench: what rounding to the chip's integers does to a network's weights, and to what it then does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.blame import Sides
from s2studio.analysis.causes import Redone, changes, has_delays, idle_on_chip
from s2studio.analysis.chip_side import ChipRun, each_alone, program_of, raster_of, run_chip, run_each_alone
from s2studio.analysis.float_network import FloatNetwork, FloatRun, Raster, float_network, run_float
from s2studio.analysis.layers import Batch, LayerTotals
from s2studio.app.dataset import Sample, read_dataset, read_labels
from s2studio.app.inputs import run_inputs, stimulus_targets
from s2studio.app.project import Project
from s2studio.chip.spec import ChipSpec
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.lowering.lower import Lowered
from s2studio.lowering.options import LoweringOptions
from s2studio.network.graph import Network
from s2studio.network.stimulus.spikes import Stimulus
from s2studio.snn.network import ChipNetwork
from s2studio.snn.structure import longest_path_populations, output_populations

Json = dict[str, Any]
Report = Callable[[int, int], None]

# Spikes of all runs of a batch are kept as bytes: so many are held at once, and so many at most for one sample.
BATCH_BYTES, MOST_BYTES = 2**27, 2**32
MOST_SAMPLES = 16
# Rasters of a batch: float, chip, alone on the chip, rounded, clipped, wider.
RASTERS = 6


def require_float(network: Network | ChipNetwork) -> Network:
    """Return `network`, which must have weights before rounding. Raises UsageError for one made of integers."""
    if isinstance(network, Network):
        return network
    raise UsageError(
        f"network '{network.name}'",
        "it is made of the chip's integers",
        "lowering is about networks with float weights",
        "name a .nir file or a project with one; `s2studio run` runs this one",
    )


def bench_samples(
    project: Project,
    network: ChipNetwork,
    data: Path | None,
    labels: Path | None,
    label: int | None,
    bin_s: float | None,
) -> tuple[tuple[Sample, ...], Callable[[Stimulus], int]]:
    """Return what is to be compared, and how many ticks a stimulus takes.

    These are the samples in `data`, or the stimulus of `project`, or nothing. Raises UsageError for labels that have
    nothing to label.
    """
    path_populations = longest_path_populations(network.spiking)

    def steps_of(stimulus: Stimulus) -> int:
        last = max((train.steps for train in stimulus.values()), default=0)
        return project.run.steps or last + path_populations

    if data is not None:
        if label is not None:
            raise UsageError("--label", "one label for a folder", hint="name a file with --labels")
        return read_dataset(data, stimulus_targets(network), bin_s, labels), steps_of
    if not project.stimuli:
        if labels is not None or label is not None:
            raise UsageError("--labels", "there is no stimulus", hint="add --input FILE or --data FOLDER")
        return (), steps_of
    inputs = run_inputs(project, network)
    name = ", ".join(source.path.name if source.path else "poisson" for source in project.stimuli)
    if labels is not None:
        known = read_labels(labels)
        if name not in known:
            raise UsageError("--labels", f"{labels.name} has no label for '{name}'", hint=nearest(name, known))
        label = known[name]
    if label is not None and label < 0:
        raise UsageError("--label", f"{label}", "an output neuron, counted from 0, is expected")
    return (Sample(name, label, lambda: inputs.stimulus),), lambda stimulus: inputs.steps


def lowering_report(network: Network, lowered: Lowered, options: LoweringOptions, spec: ChipSpec) -> Json:
    """Return what lowering did: its rows, and what delays cost."""
    exact = float_network(network, options, spec)
    delays = []
    for population in exact.populations:
        loss = None if population.before is None else population.before.delay_loss(options.rounding)
        if loss is not None:
            delays.append(
                {
                    "population": population.name,
                    "snr_db": loss.snr_db,
                    "snr_db_without_delays": loss.snr_db_without_delays,
                    "lost_db": loss.lost_db,
                }
            )
    return {
        "network": network.name,
        "options": {
            "dt_s": options.dt_s,
            "integrator": options.integrator,
            "reset": options.reset,
            "scale": options.scale,
            "rounding": options.rounding,
        },
        "assumed": list(lowered.assumed),
        "lowering": [row.as_dict() for row in lowered.report],
        "delays": delays,
        "warnings": list(lowered.all_warnings),
        "comparison": None,
    }


@dataclass
class _Votes:
    """The answer of each sample on both sides: the output neuron with most spikes, -1 where none spiked."""

    labels: list[int | None] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=lambda: {"float": [], "chip": []})
    alike: int = 0

    def add(self, labels: Sequence[int | None], counts: dict[str, NDArray[np.int64]]) -> None:
        """Add samples with the spikes (samples, outputs) of each side."""
        self.labels += labels
        for side, spikes in counts.items():
            self.answers[side] += np.where(spikes.any(axis=1), spikes.argmax(axis=1), -1).tolist()
        self.alike += int((counts["float"] == counts["chip"]).all(axis=1).sum())

    def as_dict(self) -> Json:
        """Return agreement, and accuracy where there are labels."""
        labelled = [index for index, label in enumerate(self.labels) if label is not None]
        right = {
            side: sum(answers[index] == self.labels[index] for index in labelled)
            for side, answers in self.answers.items()
        }
        pairs = list(zip(self.answers["float"], self.answers["chip"], strict=True))
        return {
            "labelled": len(labelled),
            "right": right if labelled else None,
            "accuracy": {side: number / len(labelled) for side, number in right.items()} if labelled else None,
            "same_answer": sum(one == other for one, other in pairs),
            "agreement": sum(one == other for one, other in pairs) / len(pairs),
            "same_output_spikes": self.alike,
        }


class Comparison:
    """Runs samples through the network before rounding and through the chip's, and compares them layer by layer."""

    def __init__(self, network: Network, lowered: Lowered, options: LoweringOptions, spec: ChipSpec) -> None:
        self.lowered, self.spec = lowered.network, spec
        self.exact = float_network(network, options, spec)
        changed = changes(options.rounding)
        self.rounded, self.clipped = (self.exact.with_weights(changed[name]) for name in ("rounded", "clipped"))
        self.wider = self.exact.with_weights(changed["wider"]) if has_delays(self.exact) else self.rounded
        self.graded = [population.name for population in self.exact.populations if population.is_graded]
        self.chip_program = program_of(self.lowered, spec, self.graded)
        self.alone_program = program_of(each_alone(self.lowered), spec)
        self.sources = {one.name: one.size for one in self.exact.populations if one.constants is None}
        outputs = output_populations(self.lowered.spiking)
        self.output = outputs[0] if len(outputs) == 1 and outputs[0] not in self.graded else None

    def run(self, samples: Sequence[Sample], steps_of: Callable[[Stimulus], int], report: Report) -> Json:
        """Return the comparison of all samples, each of `steps_of` its stimulus ticks."""
        totals = [LayerTotals(one, idle_on_chip(self.lowered, one)) for one in self.exact.populations]
        votes, voltages, ticks = _Votes(), _Voltages(self.exact), 0
        done = 0
        for batch in batches(samples, steps_of, self.exact):
            names = [sample.name for sample, _, _ in batch]
            steps = [own for _, own, _ in batch]
            found, runs = self._batch(names, steps, [stimulus for _, _, stimulus in batch], report, done, len(samples))
            for layer in totals:
                layer.add(found)
            voltages.add(*runs, steps)
            if self.output is not None:
                sides = {"float": found.sides.spikes_in_float, "chip": found.sides.spikes_on_chip}
                counts = {side: raster[self.output].sum(axis=0, dtype=np.int64) for side, raster in sides.items()}
                votes.add([sample.label for sample, _, _ in batch], counts)
            done, ticks = done + len(batch), ticks + sum(steps)
        report(len(samples), len(samples))
        return {
            "samples": len(samples),
            "ticks": ticks,
            "output": self.output,
            "answers": None if self.output is None else votes.as_dict(),
            "populations": [layer.as_dict() for layer in totals],
            "voltages": voltages.as_list(),
            "warnings": [warning for layer in totals for warning in layer.warnings()],
        }

    def _batch(
        self, names: list[str], steps: list[int], stimuli: list[Stimulus], report: Report, done: int, total: int
    ) -> tuple[Batch, tuple[FloatRun, ChipRun]]:
        longest, count, threads = max(steps), len(stimuli), os.cpu_count() or 1

        def look(_done: int, _total: int) -> None:
            report(done, total)

        given = _cut(raster_of(stimuli, self.sources, longest), steps)
        inside = [
            {name: train.between(0, own) for name, train in one.items()}
            for one, own in zip(stimuli, steps, strict=True)
        ]
        exact = run_float(self.exact, given, longest, count, None, look)
        chip = run_chip(self.chip_program, list(inside), longest, threads)
        heard = exact.spikes

        def alone(network: FloatNetwork) -> Raster:
            return _cut(run_float(network, given, longest, count, heard, look).spikes, steps)

        rounded = alone(self.rounded)
        redone = Redone(
            rounded=rounded,
            clipped=alone(self.clipped),
            wider=rounded if self.wider is self.rounded else alone(self.wider),
            chip=_cut(run_each_alone(self.alone_program, heard, longest, count, threads), steps),
        )
        sides = Sides(self.exact, self.rounded, self.clipped, _cut(exact.spikes, steps), _cut(chip.spikes, steps))
        return Batch(names, steps, sides, redone), (exact, chip)


def batches(
    samples: Sequence[Sample], steps_of: Callable[[Stimulus], int], network: FloatNetwork
) -> Iterator[list[tuple[Sample, int, Stimulus]]]:
    """Yield samples with their ticks and stimuli, as many at once as memory is planned for.

    Raises UsageError where one alone is too much.
    """
    neurons = sum(population.size for population in network.populations)
    batch: list[tuple[Sample, int, Stimulus]] = []
    longest = 0
    for sample in samples:
        stimulus = sample.read()
        steps = steps_of(stimulus)
        if RASTERS * neurons * steps > MOST_BYTES:
            found = f"{steps:,} steps of {neurons:,} neurons"
            limit = f"{MOST_BYTES // (RASTERS * neurons):,} steps are compared at once"
            raise UsageError(sample.name, found, limit, "give fewer --steps or a shorter --window")
        too_large = RASTERS * neurons * max(longest, steps) * (len(batch) + 1) > BATCH_BYTES
        if batch and (too_large or len(batch) == MOST_SAMPLES):
            yield batch
            batch, longest = [], 0
        batch.append((sample, steps, stimulus))
        longest = max(longest, steps)
    if batch:
        yield batch


def float_output_spikes(
    network: FloatNetwork, output: str, samples: Sequence[Sample], steps_of: Callable[[Stimulus], int]
) -> NDArray[np.int64]:
    """Return the spikes of each neuron of the population `output` before rounding, (samples, neurons)."""
    sources = {one.name: one.size for one in network.populations if one.constants is None}
    found = []
    for batch in batches(samples, steps_of, network):
        steps = [own for _, own, _ in batch]
        given = raster_of([stimulus for _, _, stimulus in batch], sources, max(steps))
        spikes = run_float(network, given, max(steps), len(batch)).spikes
        found.append(_cut({output: spikes[output]}, steps)[output].sum(axis=0, dtype=np.int64))
    return np.concatenate(found)


def _cut(rasters: Raster, steps: Sequence[int]) -> dict[str, NDArray[np.bool_]]:
    """Return `rasters` without spikes behind the `steps` of each sample."""
    if not rasters:
        return {}
    ticks = len(next(iter(rasters.values())))
    inside = np.arange(ticks)[:, None] < np.asarray(steps)
    return {name: raster & inside[:, :, None] for name, raster in rasters.items()}


class _Voltages:
    """How far the voltages of populations without spikes are apart, in the model's units."""

    def __init__(self, network: FloatNetwork) -> None:
        self.scales = {
            one.name: one.constants.scale for one in network.populations if one.is_graded and one.constants is not None
        }
        self.apart = dict.fromkeys(self.scales, 0.0)
        self.largest = dict.fromkeys(self.scales, 0.0)

    def add(self, exact: FloatRun, chip: ChipRun, steps: Sequence[int]) -> None:
        """Add the samples of a batch, each of its own `steps`."""
        for name, scale in self.scales.items():
            inside = (np.arange(len(exact.voltages[name]))[:, None] < np.asarray(steps))[:, :, None]
            one, other = exact.voltages[name] / scale * inside, chip.voltages[name] / scale * inside
            self.apart[name] = max(self.apart[name], float(np.abs(one - other).max(initial=0.0)))
            self.largest[name] = max(self.largest[name], float(np.abs(one).max(initial=0.0)))

    def as_list(self) -> list[Json]:
        """Return a row for each population without spikes."""
        return [
            {"name": name, "largest_v_float": self.largest[name], "largest_difference": self.apart[name]}
            for name in self.scales
        ]
