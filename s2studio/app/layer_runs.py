"""Deep networks mapped, simulated and recorded: from a model file to a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from s2studio.app.layer_samples import LayerSamples, read_samples
from s2studio.app.loading import load_layers
from s2studio.app.lower_layers import CALIBRATION, quantise_layers
from s2studio.chip.layer_costs import layer_costs
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import Machine
from s2studio.dnn.layer_part import LayerPart
from s2studio.dnn.run import run
from s2studio.errors import SessionError
from s2studio.lowering.int8.network import Quantised
from s2studio.lowering.int8.options import Int8Options
from s2studio.lowering.int8.report import report_int8
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.of_part import works_of
from s2studio.network.tensors import LayerGraph, check_kept, token_limits
from s2studio.session.layer_about import LayersAbout, RateRow
from s2studio.session.layer_run import LayerRun
from s2studio.session.layer_writer import Timelines, write_layers
from s2studio.session.reader import open_session
from s2studio.session.recorder import InputFile, Recorder, SessionHeader
from s2studio.sim.layers.simulate import simulate_layers

RUNTIME = "dnn-scheduler"
ASSUMED = "steps of int8 are chosen on random values: sizes and times do not depend on them (say --data)"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LayerModel:
    """A deep network in a file, as the chip has it, and the samples that chose its steps (None: random values)."""

    path: Path
    quantised: Quantised
    samples: LayerSamples | None
    machine: Machine

    @property
    def part(self) -> LayerPart:
        """The network as the chip has it."""
        return self.quantised.part

    def noise_db(self) -> dict[str, float | None]:
        """Return the signal to noise of each tensor over the samples, None where nothing is lost; empty without."""
        if self.samples is None:
            return {}
        report = report_int8(self.quantised, self.samples.samples[:CALIBRATION])
        return {row.name: row.snr_db for row in report.tensors}

    @property
    def assumed(self) -> tuple[str, ...]:
        """What was assumed, in words."""
        return () if self.samples is not None else (ASSUMED,)


def open_model(path: Path, data: Path | None, chip: str | Path, runtime: str | None = None) -> LayerModel:
    """Return the network in `path`, its int8 steps chosen on the samples in `data`.

    Raises NetworkError where file or samples are malformed or a layer is not covered.
    """
    machine = make_machine(load_chip(chip), runtime or RUNTIME)
    graph = load_layers(path)
    samples = None if data is None else read_samples(graph, data)
    # What random values would choose among is of no account: the plainest way to int8 takes least.
    plain = Int8Options(equalise="no", correct_bias=False) if samples is None else None
    quantised = quantise_layers(graph, samples or _random(graph), machine.spec, plain)
    return LayerModel(path, quantised, samples, machine)


def _random(graph: LayerGraph) -> LayerSamples:
    check_kept(graph)
    random, tokens = np.random.default_rng(0), token_limits(graph)
    sample = {
        name: random.integers(tokens[name], size=shape) if name in tokens else random.normal(size=shape)
        for name, shape in ((name, graph.shapes[name]) for name in graph.inputs)
    }
    return LayerSamples((sample,))


def map_model(model: LayerModel, options: LayerOptions, progress: Progress) -> LayerMapping:
    """Return where the layers of `model` run. Raises MappingError where one cannot be cut to fit."""
    return map_layers(model.path.stem, works_of(model.part), model.machine, options, progress)


def map_again(mapping: LayerMapping, machine: Machine, options: LayerOptions, progress: Progress) -> LayerMapping:
    """Return the layers of `mapping` mapped anew. Raises MappingError where one cannot be cut to fit."""
    return map_layers(mapping.network, [plan.work for plan in mapping.layers], machine, options, progress)


def run_model(
    model: LayerModel,
    data: Path,
    options: LayerOptions,
    target: Path,
    overwrite: bool,
    progress: Progress,
    noise_db: Mapping[str, float | None],
) -> Path:
    """Run an inference of each sample of `model`, write the session `target` and return where it is.

    `noise_db` is the signal to noise of its tensors.
    """
    mapping = map_model(model, options, lambda done, total: None)
    first = simulate_layers(mapping, model.machine, True)
    later = simulate_layers(mapping, model.machine, False)
    samples = () if model.samples is None else model.samples.samples
    outputs = []
    header = SessionHeader(
        mapping.network, 0, model.machine.spec, model.machine.runtime.name, options=asdict(options),
        inputs=(InputFile("model", model.path), InputFile("stimulus", data)),
    )  # fmt: skip
    with Recorder(target, header, overwrite) as recorder:
        for number, sample in enumerate(samples):
            progress(number, len(samples))
            whole = {tensor.name: tensor.to_integers(sample[tensor.name]) for tensor in model.part.inputs}
            tensors = run(model.part, whole).tensors
            outputs.append({tensor.name: tensors[tensor.name] for tensor in model.part.outputs})
        about = LayersAbout(
            mapping.network,
            len(samples),
            mapping,
            model.part.outputs,
            tuple(noise_db.get(plan.work.output.name) for plan in mapping.layers),
            other_rates(model, mapping, Timelines(first, later)),
            model.assumed,
        )
        recorder.add_run(
            len(samples), lambda folder: write_layers(folder, about, Timelines(first, later), outputs), "layers"
        )
    return recorder.path


def other_rates(model: LayerModel, mapping: LayerMapping, timelines: Timelines) -> tuple[RateRow, ...]:
    """Return an inference at each end of the range of the DRAM's rate and at the chip file's, mapped anew."""
    quantity = model.machine.spec.quantities["dram.sustained_rate"]
    nominal = float(str(quantity.value))
    low, high = quantity.range or (nominal, nominal)
    own = layer_costs(model.machine.spec, mapping.options.dram_bytes_per_s).dram_bytes_per_s
    rows = []
    for rate in (rate * 1e9 for rate in dict.fromkeys((low, nominal, high))):
        first, later = timelines
        if rate != own:
            again = map_model(model, replace(mapping.options, dram_bytes_per_s=rate), lambda done, total: None)
            first, later = (simulate_layers(again, model.machine, is_first) for is_first in (True, False))
        rows.append(RateRow(rate, first.latency_s, later.latency_s, later.energy_j))
    return tuple(rows)


def layers_of_session(path: Path, number: int) -> tuple[LayerMapping, Machine]:
    """Return mapping and machine of a run of layers. Raises SessionError where the run is one of ticks."""
    session = open_session(path)
    run = session.any_run(number)
    if not isinstance(run, LayerRun):
        raise SessionError(f"run {number} of {path}", "is one of ticks", "a run of layers is expected")
    return run.about.mapping, session.machine
