"""The engine of the window: the workbench behind commands, in a process of its own (see `app.remote`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from s2studio.analysis.advise import Advice
from s2studio.analysis.levels import LevelStudy
from s2studio.analysis.race import Race
from s2studio.app.control import RunControl
from s2studio.app.deep import DeepShown, DeepSource
from s2studio.app.describe import describe_network
from s2studio.app.events import RunBegan
from s2studio.app.inputs import record_of, stimulus_targets
from s2studio.app.kinds import Kind, kind_of
from s2studio.app.loading import LAYER_SUFFIXES
from s2studio.app.project import Project, open_project
from s2studio.app.project_writer import write_project
from s2studio.app.remote import Emit
from s2studio.app.workbench import Workbench
from s2studio.chip.machine import Machine
from s2studio.chip.settings import ChipSettings
from s2studio.errors import UsageError
from s2studio.mapping.edit import Editor, Refused
from s2studio.mapping.file import read_mapping, write_mapping
from s2studio.mapping.map import remap_demand
from s2studio.mapping.mapping import ChipMapping, Demand
from s2studio.mapping.rates import Rates
from s2studio.network.stimulus import Target
from s2studio.network.stimulus.spikes import Stimulus
from s2studio.session.window import Window
from s2studio.snn.network import ChipNetwork

if TYPE_CHECKING:
    from s2studio.analysis.estimate import Estimate
    from s2studio.analysis.layer_advice import LayerAdvice

Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A project, opened and lowered: all that can be said before it is mapped.

    `about` is what `s2studio info` says. `network`, `demand` and `record` are None while the chip cannot run it (see
    `unsupported` in `about`); `targets` are the inputs with their sizes and shapes, `stimulus` the spikes for them.
    """

    project: Project
    machine: Machine
    about: Json
    network: ChipNetwork | None
    demand: Demand | None
    record: Mapping[str, frozenset[str]] | None
    targets: Mapping[str, Target]
    stimulus: Stimulus


@dataclass(frozen=True)
class Ran:
    """A run that ended: its session, and what `s2studio run --json` says of it."""

    session: Path
    summary: Json


class Engine:
    """Commands of the window. Each takes the project it is about, so no command depends on the one before it."""

    IMMEDIATE: ClassVar[frozenset[str]] = frozenset({"cancel", "pause", "resume", "step", "stop", "set_speed"})

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._bench: Workbench | None = None
        self._control = RunControl()

    def kinds(self, paths: tuple[Path, ...]) -> tuple[Kind, ...]:
        """Return what each of `paths` is."""
        return tuple(kind_of(path) for path in paths)

    def open(self, path: Path) -> Prepared | DeepShown:
        """Return the project in, or around, the file `path`, prepared; a deep network on the chip."""
        project = open_project(path)
        if project.model.suffix in LAYER_SUFFIXES:
            return self.deep(DeepSource(project.model, project.calibration))
        return self.prepare(project)

    def deep(self, source: DeepSource) -> DeepShown:
        """Return a deep network mapped and timed."""
        # Imported where it is used: most windows never show a deep network.
        from s2studio.app.show_deep import deep_of_layers, deep_of_model
        from s2studio.session.layer_run import LayerRun
        from s2studio.session.reader import open_session

        bench = self._on(Project(source.model))
        if source.model.is_dir() and isinstance(run := open_session(source.model).any_run(source.run), LayerRun):
            return deep_of_layers(source, run, bench.progress("map"))
        model = bench.layers.model(source.data)
        return deep_of_model(source, model, bench.layers.noise_db(source.data), bench.progress("map"))

    def advise_deep(self, source: DeepSource) -> LayerAdvice:
        """Return what bounds the latency of a deep network, or of a run of one, and what changes it."""
        bench = self._on(Project(source.session or source.model))
        return bench.layers.advise(source.data, source.options, source.run)

    def import_code(self, path: Path, target: Path) -> Path:
        """Make the deep network in `path`, which is code that the user agreed to run, the ONNX file `target`."""
        from s2studio.app.import_model import import_model

        target.parent.mkdir(parents=True, exist_ok=True)
        return import_model(path, target, agreed=True).path

    def run_deep(self, source: DeepSource, session: Path) -> DeepShown:
        """Run a deep network on its samples into `session`, and return what was recorded."""
        from s2studio.app.show_deep import deep_of_run
        from s2studio.session.reader import open_session

        if source.data is None:
            raise UsageError("Run", "there are no samples", hint="drop a .npy or .npz of samples on the window")
        self._on(Project(source.model)).layers.run(source.data, source.options, session)
        recorded = replace(source, session=session)
        return deep_of_run(recorded, open_session(session).layer_runs[0])

    def prepare(self, project: Project) -> Prepared:
        """Open and lower the project's model; what did not change since the last command is not done again."""
        bench = self._on(project)
        about = describe_network(bench)
        if about["unsupported"]:
            return Prepared(project, bench.machine(), about, None, None, None, {}, {})
        network = bench.lower(assume=True).network
        inputs = bench.inputs(assume=True)
        targets = stimulus_targets(network)
        record = record_of(project.run.record, network)
        return Prepared(project, bench.machine(), about, network, inputs.demand, record, targets, inputs.stimulus)

    def place(self, project: Project) -> ChipMapping:
        """Return the project's network placed by its placer, or as its mapping file says."""
        return self._on(project).map(assume=True)

    def place_rest(
        self, project: Project, mapping: ChipMapping, keep: frozenset[int], placer: str, rates: Rates | None
    ) -> ChipMapping | Refused:
        """Return `mapping` with all slices but those pinned and those of `keep` placed anew, by `rates`."""
        bench = self._on(project)
        editor = Editor(bench.lower(assume=True).network, bench.machine(), rates)
        return editor.place_rest(mapping, keep, placer, bench.progress("map"))

    def fit(self, project: Project, mapping: ChipMapping) -> ChipMapping:
        """Return `mapping` with the memory that the project's run takes. Raises MappingError where it does not fit."""
        bench = self._on(project)
        network, demand = bench.lower(assume=True).network, bench.inputs(assume=True).demand
        return remap_demand(mapping, network, bench.machine(), demand)

    def load_mapping(self, project: Project, path: Path) -> ChipMapping:
        """Return the mapping in the file `path`, for the project's network and run."""
        bench = self._on(project)
        return read_mapping(path, bench.lower(assume=True).network, bench.machine(), bench.inputs(assume=True).demand)

    def save_project(self, project: Project, path: Path, mapping: ChipMapping | None) -> Prepared:
        """Write the project, and a placement made by hand, to `path`, and return it as it is from there."""
        return self.prepare(write_project(project, path, mapping))

    def save_mapping(self, mapping: ChipMapping, path: Path) -> Path:
        """Write `mapping` to `path`."""
        write_mapping(mapping, path)
        return path

    def run(
        self,
        project: Project,
        mapping: ChipMapping,
        session: Path,
        ring: str,
        first: int | None = None,
        ticks_per_s: float | None = None,
    ) -> Ran:
        """Run the project on `mapping` into `session`; the newest ticks go into the shared memory `ring` too.

        `first` lets it wait after so many ticks; it runs at most `ticks_per_s` (None: as fast as possible).
        """
        from s2studio.session.ring import Ring

        bench = self._on(project)
        mapping = remap_demand(mapping, bench.lower().network, bench.machine(), bench.inputs().demand)
        shared = Ring.attach(ring, len(mapping.slices))
        self._control.set_speed(ticks_per_s)
        if first is not None:
            self._control.step(first)
        self._emit(RunBegan(mapping))
        try:
            summary = bench.run(session, mapping=mapping, control=self._control, watch=shared.write)
        finally:
            shared.close()
        return Ran(session, summary)

    def estimate(self, project: Project, mapping: ChipMapping | None, rates: Mapping[str | None, float]) -> Estimate:
        """Return what the project takes on `mapping` (None: its own) if its neurons spike at `rates`, in Hz."""
        return self._on(project).estimate(rates, mapping=mapping)

    def advise(self, project: Project | None, session: Path | None, run: int, tick_s: float | None) -> Advice:
        """Return what sets the smallest safe tick and what to change first: of a run, else of the project."""
        return self._asked(project, session).advise(tick_s, run)[0]

    def levels(self, project: Project | None, session: Path | None, run: int) -> LevelStudy:
        """Return level policies compared at several ticks: by the counts of a run, else of the project."""
        settings = ChipSettings() if project is None else project.settings
        bench = self._asked(project, session)
        return bench.levels(None, settings.switch_time_s, settings.switch_energy_j, run)[0]

    def race(self, project: Project, placers: tuple[str, ...], seeds: int) -> Race:
        """Return placers with several seeds compared on the project's traffic, as many at once as there are cores."""
        return self._on(project).race(placers, seeds, os.cpu_count() or 1)

    def export(
        self, session: Path, format_name: str, path: Path, window: Window, run: int, channels: tuple[str, ...]
    ) -> Path:
        """Write a part of a session in another format to `path`, replacing what is there; see `s2studio export`."""
        bench = self._bench or self._on(Project(session))
        bench.renew()
        bench.export(session, format_name, path, window, run, True, channels)
        return path

    def cancel(self) -> None:
        """Cancel the command that is worked on; a run keeps the ticks it made."""
        if self._bench is not None:
            self._bench.cancel()

    def pause(self) -> None:
        """Let the run wait."""
        self._control.pause()

    def resume(self) -> None:
        """Let the run go on."""
        self._control.resume()

    def step(self, ticks: int) -> None:
        """Let the run do `ticks` ticks and wait."""
        self._control.step(ticks)

    def stop(self) -> None:
        """End the run; its session keeps the ticks it made."""
        self._control.stop()

    def set_speed(self, ticks_per_s: float | None) -> None:
        """Run at most `ticks_per_s` (None: as fast as possible)."""
        self._control.set_speed(ticks_per_s)

    def _asked(self, project: Project | None, session: Path | None) -> Workbench:
        """Return the workbench on a session, or on the project where there is none."""
        if session is not None:
            return self._on(Project(session))
        if project is None:
            raise UsageError("advice", "nothing is open", hint="open a network or a session")
        return self._on(project)

    def _on(self, project: Project) -> Workbench:
        """Return the workbench, working on `project`; commands that came before can no longer be cancelled."""
        self._control = RunControl()
        if self._bench is None:
            self._bench = Workbench(project, self._emit)
        self._bench.change(project)
        self._bench.renew()
        return self._bench
