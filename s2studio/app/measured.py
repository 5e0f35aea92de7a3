"""What a board returned as a session beside the simulations: origin *measured*, in everything that is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from s2studio.app.inputs import RunInputs
from s2studio.app.workbench import Workbench
from s2studio.chip.machine import Machine
from s2studio.errors import SessionError
from s2studio.mapping.board import board_class
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.about import RunAbout
from s2studio.session.about_writer import about_run
from s2studio.session.measured import measured_about, write_measured
from s2studio.session.reader import open_session
from s2studio.session.recorder import InputFile, Recorder, SessionHeader
from s2studio.session.results import Results
from s2studio.session.results_file import read_results
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True)
class _Origin:
    """The run that the board repeated; `whole` is its network with its synapses, None where that is not known."""

    about: RunAbout
    network: ChipNetwork
    mapping: ChipMapping
    machine: Machine
    seed: int
    whole: ChipNetwork | None


def import_for_session(
    files: Sequence[Path], session: Path, target: Path, run: int = 0, overwrite: bool = False
) -> Path:
    """Write the results in `files`, of a board that repeated the run `run` of `session`, as the session `target`."""
    opened = open_session(session)
    source = opened.run(run)
    if source.about.samples > 1:
        raise SessionError(
            f"run {run} of {session}", f"a batch of {source.about.samples:,} samples", "a board runs one"
        )
    try:
        whole = source.whole_network
    except SessionError:
        whole = None
    origin = _Origin(source.about, source.network, source.mapping, source.machine, opened.manifest.seed, whole)
    return _write(files, read_results(files), origin, target, overwrite)


def import_for_model(files: Sequence[Path], bench: Workbench, target: Path, overwrite: bool = False) -> Path:
    """Write the results in `files`, of a board that ran the model of `bench`, as the session `target`."""
    results = read_results(files)
    options, network = bench.project.run, bench.lower().network
    steps = results.steps or options.steps or _last_step(results)
    # The board recorded it, so it fits: the mapping is asked for room for nothing.
    mapping = bench.map(inputs=RunInputs({}, steps, {}, {}))
    machine = bench.machine()
    about = about_run(network, mapping, options.level, options.tick_s, steps, 1, {}, {})
    about = replace(about, board=board_class(mapping, machine, network.spiking))
    origin = _Origin(about, network, mapping, machine, bench.project.mapping.seed, network)
    return _write(files, results, origin, target, overwrite)


def _last_step(results: Results) -> int:
    spikes = [int(rows[:, 0].max(initial=-1)) + 1 for rows in results.spikes.values()]
    tables = [
        len(values) for by in (results.voltages, results.time_done_s, results.n_packets) for values in by.values()
    ]
    return max([1, *spikes, *tables])


def _write(files: Sequence[Path], results: Results, origin: _Origin, target: Path, overwrite: bool) -> Path:
    about = measured_about(origin.about, results, origin.machine)
    inputs = tuple(InputFile("results", path) for path in files)
    header = SessionHeader(
        about.network, origin.seed, origin.machine.spec, origin.machine.runtime.name, {}, inputs, "measured"
    )
    with Recorder(target, header, overwrite) as recorder:
        if origin.whole is not None:
            recorder.keep_network(origin.whole, about.network_digest)
        recorder.add_run(
            about.steps, lambda folder: write_measured(folder, about, results, origin.network, origin.mapping)
        )
    return recorder.path
