"""The workbench: one method per use case, results kept as long as what they were made from stays the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from s2studio.app.control import RunControl
from s2studio.app.events import Event, Listener, Progress, StageStarted
from s2studio.app.inputs import RunInputs, record_of, run_inputs, stimulus_targets
from s2studio.app.loading import load_network
from s2studio.app.project import Project
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import Machine
from s2studio.errors import Cancelled
from s2studio.lowering.lower import Lowered, lower, needs_dt
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.file import read_mapping
from s2studio.mapping.map import map_network, remap_demand
from s2studio.mapping.mapping import ChipMapping, Demand
from s2studio.network.graph import Network
from s2studio.session.window import Window
from s2studio.sim.counts import TickBlock
from s2studio.snn.network import ChipNetwork
from s2studio.snn.validate import validate

if TYPE_CHECKING:
    from s2studio.analysis.advise import Advice
    from s2studio.analysis.calibration import Calibration
    from s2studio.analysis.compare import Comparison
    from s2studio.analysis.estimate import Estimate
    from s2studio.analysis.levels import LevelStudy
    from s2studio.analysis.narrowing import Narrowing
    from s2studio.analysis.race import Race
    from s2studio.app.dataset import Sample
    from s2studio.app.evaluate import SampleResult
    from s2studio.app.layer_bench import LayerBench
    from s2studio.app.sweep import DataSet, Point
    from s2studio.draw.frame import Look

ASSUMED_DT_S = 1e-3
ASSUMED_STEPS = 1000


Result = TypeVar("Result")


@dataclass(frozen=True)
class _Kept:
    inputs: tuple[object, ...]
    result: Any


class Workbench:
    """Works on one project. `emit` is told of every stage and its progress; `cancel` may be called from any thread."""

    def __init__(self, project: Project, emit: Listener = lambda event: None) -> None:
        self.project = project
        self._emit = emit
        self._kept: dict[str, _Kept] = {}
        self._cancelled = threading.Event()

    @property
    def layers(self) -> LayerBench:
        """The use cases of deep networks."""
        from s2studio.app.layer_bench import LayerBench

        return LayerBench(self)

    def change(self, project: Project) -> None:
        """Work on `project` from now on; results that do not depend on what changed are kept."""
        self.project = project

    def beside(self, project: Project) -> Workbench:
        """Return a workbench on `project` that tells the same listener and is cancelled with this one."""
        other = Workbench(project, self._emit)
        other._cancelled = self._cancelled
        return other

    def cancel(self) -> None:
        """Make the stage that is running raise Cancelled at its next step."""
        self._cancelled.set()

    def renew(self) -> None:
        """Forget that something was cancelled, before the next use case."""
        self._cancelled.clear()

    def machine(self) -> Machine:
        """Return the machine the project maps onto."""
        project = self.project
        return self.stage(
            "chip",
            (project.chip, project.runtime, project.settings),
            lambda: make_machine(load_chip(project.chip, project.settings), project.runtime),
        )

    def open(self, meanwhile: Callable[[], object] = lambda: None) -> Network | ChipNetwork:
        """Return the network in the model file; `meanwhile` is called while it is read, if it is by another process."""
        model = self.project.model
        stamp = model.stat().st_mtime_ns if model.exists() else 0
        return self.stage("open", (model, stamp), lambda: load_network(model, meanwhile))

    def assumed_dt(self) -> bool:
        """Return whether the model has time constants and the project has no time step."""
        network = self.open()
        return isinstance(network, Network) and self.project.lowering.dt_s is None and needs_dt(network)

    def lower(self, assume: bool = False) -> Lowered:
        """Return the network in the chip's terms, with the report of what rounding and clipping did.

        `assume` takes 1 ms where the model has time constants and the project says no time step; else that is a
        UsageError.
        """
        network, spec = self.open(), self.machine().spec
        options = self._lowering(assume)

        def make() -> Lowered:
            lowered = lower(network, options, spec) if isinstance(network, Network) else Lowered(network, (), ())
            validate(lowered.network, spec)
            return lowered

        return self.stage("lower", (id(network), options, spec.digest), make)

    def bench_lowering(
        self,
        data: Path | None = None,
        labels: Path | None = None,
        label: int | None = None,
        bin_s: float | None = None,
    ) -> dict[str, Any]:
        """Return what lowering did, and with a stimulus or the samples in `data` float against chip, layer by layer.

        `labels` names a CSV (`file,label`) with the right output neuron of the samples or of the stimulus, `label` is
        that of the stimulus.
        """
        from s2studio.app.lowering_bench import Comparison, bench_samples, lowering_report, require_float

        network, spec = require_float(self.open()), self.machine().spec
        compared = data is not None or bool(self.project.stimuli)
        lowered, options = self.lower(assume=not compared), self._lowering(assume=not compared)
        about = lowering_report(network, lowered, options, spec)
        samples, steps_of = bench_samples(self.project, lowered.network, data, labels, label, bin_s)
        if self.assumed_dt():
            about["assumed"].insert(0, f"model time step dt = {ASSUMED_DT_S:g} s (say --dt)")
        if samples:
            self.begin("layers")
            comparison = Comparison(network, lowered, options, spec)
            about["comparison"] = comparison.run(samples, steps_of, self.progress("layers"))
        return about

    def _lowering(self, assume: bool) -> LoweringOptions:
        options = self.project.lowering
        return replace(options, dt_s=ASSUMED_DT_S) if assume and self.assumed_dt() else options

    def inputs(self, assume: bool = False) -> RunInputs:
        """Return what the run takes; `assume` allows a network without stimulus and steps."""
        network = self.lower(assume).network
        return run_inputs(self.project, network, ASSUMED_STEPS if assume else None)

    def map(self, assume: bool = False, inputs: RunInputs | None = None, demand: Demand | None = None) -> ChipMapping:
        """Return the mapping, from the project's file if it names one. Raises MappingError if it does not fit."""
        network, machine = self.lower(assume).network, self.machine()
        demand = demand or (inputs or self.inputs(assume)).demand
        file = self.project.mapping_file
        if file is not None:
            return read_mapping(file, network, machine, demand)
        self.begin("map")
        rates = None
        if self.project.traffic is not None:
            from s2studio.app.rates import rates_of_session

            rates = rates_of_session(self.project.traffic, network)
        return map_network(network, machine, self.project.mapping, demand, rates, self.progress("map"))

    def run(
        self,
        path: Path,
        overwrite: bool = False,
        mapping: ChipMapping | None = None,
        control: RunControl | None = None,
        watch: Callable[[TickBlock], None] | None = None,
    ) -> dict[str, Any]:
        """Simulate the project, write the session `path` and return the summary of its run.

        `mapping` is one made by hand (None: the project's); its memory is worked out anew for this run. `control` may
        pause or stop the run from another thread; `watch` is given each block of ticks once it is recorded.
        """
        # Imported where they are used, as in the other methods: pyarrow takes long, and not every command needs it.
        from s2studio.session.target import check_target

        check_target(path, overwrite)
        self.open(meanwhile=_load_engine)
        from s2studio.app.simulation import record_run
        from s2studio.session.reader import open_session

        lowered, inputs = self.lower(), self.inputs()
        if mapping is None:
            mapping = self.map(inputs=inputs)
        else:
            mapping = remap_demand(mapping, lowered.network, self.machine(), inputs.demand)
        self.begin("run")
        folder = record_run(
            self.project,
            lowered,
            self.machine().spec,
            mapping,
            inputs,
            path,
            overwrite,
            self.progress("run"),
            control,
            watch,
        )
        self.begin("price")
        return open_session(folder).runs[0].summary(progress=self.progress("price"))

    def evaluate(
        self, data: Path, labels: Path | None, bin_s: float | None, batch: int, table: Path | None
    ) -> dict[str, Any]:
        """Run every sample in the folder `data`, `batch` side by side, and return accuracy and costs.

        `table` keeps a row for each finished sample, which another evaluation of the same kind does not run again.
        """
        from s2studio.app.dataset import read_dataset
        from s2studio.app.evaluate import summarise
        from s2studio.sim.timing import smallest_safe_tick_s
        from s2studio.snn.structure import output_populations

        network, machine = self.lower().network, self.machine()
        samples = read_dataset(data, stimulus_targets(network), bin_s, labels)
        mapping, results = self.evaluate_samples(samples, batch, table)
        (output,) = output_populations(network.spiking)
        summary = summarise(results, network.spiking.population(output).size)
        return {
            "network": network.name,
            "chip": machine.spec.name,
            "chip_label": machine.spec.label,
            "output": output,
            "pes_used": mapping.pes_used,
            "level": ", ".join(self.project.run.level.texts),
            "engine": self.project.run.engine,
            "tick_s": self.project.run.tick_s,
            **summary,
            "smallest_safe_tick_s": smallest_safe_tick_s(summary["time_done_pessimistic_s"], machine.spec),
        }

    def evaluate_samples(
        self, samples: Sequence[Sample], batch: int, table: Path | None = None, threads: int | None = None
    ) -> tuple[ChipMapping, list[SampleResult]]:
        """Run `samples` on one mapping, `batch` side by side on `threads` (None: the project's), and return both."""
        from s2studio.app.evaluate import Evaluation

        network, machine = self.lower().network, self.machine()
        self.project.run.level.check(machine.spec)
        evaluation = Evaluation(self.project, network, machine, samples, batch, threads)
        self.begin("read")
        inputs = RunInputs({}, 1, record_of(self.project.run.record, network), {})
        demand = evaluation.demand(inputs, self.progress("read"))
        mapping = self.map(inputs=RunInputs({}, demand.steps, demand.record, {}), demand=demand)
        self.begin("evaluate")
        return mapping, evaluation.run(mapping, table, self.progress("evaluate"))

    def sweep(self, points: Sequence[Point], data: DataSet, table: Path, jobs: int) -> dict[str, Any]:
        """Run every point of a grid of options, `jobs` at once, and return the rows with the Pareto front.

        `table` keeps a row for each finished point, which another sweep of the same kind does not run again.
        """
        from s2studio.app.sweep import run_sweep

        self.open()
        self.begin("sweep")
        return run_sweep(self.project, points, data, table, jobs, self.progress("sweep"))

    def export(
        self,
        session: Path,
        format_name: str,
        path: Path,
        window: Window,
        run: int = 0,
        overwrite: bool = False,
        channels: Collection[str] = (),
    ) -> None:
        """Write `channels` (empty: all) of the run `run` of `session`, as far as it lies in `window`, to `path`."""
        from s2studio.app.session_export import export

        self.begin("export")
        export(session, path, format_name, window, run, overwrite, self.progress("export"), channels)

    def compare(self, a: Path, b: Path, run_a: int = 0, run_b: int = 0) -> Comparison:
        """Return how the run `run_b` of session `b` differs from the run `run_a` of session `a`."""
        from s2studio.analysis.compare import compare_runs
        from s2studio.session.reader import open_session

        self.begin("compare")
        return compare_runs(open_session(a).run(run_a), open_session(b).run(run_b), self.progress("compare"))

    def calibrate(self, a: Path, b: Path, run_a: int, run_b: int, first_tick: int | None, path: Path) -> Calibration:
        """Fit the cycle costs to the measured one of two runs, and write them to the chip file `path`.

        `first_tick` is the first in which their spikes differ, as `compare` found it.
        """
        from s2studio.analysis.calibration import calibrate
        from s2studio.analysis.chip_file import write_calibrated_chip
        from s2studio.session.reader import open_session

        self.begin("fit")
        runs = [open_session(a).run(run_a), open_session(b).run(run_b)]
        simulated, measured = sorted(runs, key=lambda run: run.is_measured)
        calibration = calibrate(simulated, measured, first_tick, self.progress("fit"))
        write_calibrated_chip(path, calibration, simulated.machine.spec)
        return calibration

    def calibrate_by_board(self, session: Path, board: Sequence[Path], run: int, path: Path) -> Narrowing:
        """Fit the chip's cycle costs to what a board returned of run `run` of `session`, and keep them at `path`.

        `board` is a measured session, or the files that a board returned.
        """
        from tempfile import TemporaryDirectory

        from s2studio.analysis.narrowing import narrowing
        from s2studio.session.reader import open_session

        with TemporaryDirectory() as folder:
            measured = board[0] if len(board) == 1 and board[0].is_dir() else Path(folder) / "board.s2s"
            if not measured.is_dir():
                self.import_results(board, measured, session, run)
            first_tick = self.compare(session, measured, run, 0).first_tick
            fit = self.calibrate(session, measured, run, 0, first_tick, path)
        named = replace(fit, measured=", ".join(map(str, board)))
        return narrowing(named, open_session(session).run(run), load_chip(path))

    def import_results(
        self, files: Sequence[Path], path: Path, session: Path | None = None, run: int = 0, overwrite: bool = False
    ) -> dict[str, Any]:
        """Write what a board returned as the measured session `path` and return the summary of its run.

        The board repeated the run `run` of `session`, or (None) ran the project on its mapping.
        """
        from s2studio.app.measured import import_for_model, import_for_session
        from s2studio.session.reader import open_session

        self.begin("import")
        if session is None:
            folder = import_for_model(files, self, path, overwrite)
        else:
            folder = import_for_session(files, session, path, run, overwrite)
        return open_session(folder).runs[0].summary()

    def advise(self, wanted_tick_s: float | None = None, run: int = 0) -> tuple[Advice, Project | None]:
        """Return what sets the smallest safe tick and what to change first, and the project a fix is applied to.

        The project is a model, or a session of which the run `run` is meant; `app.advise.applied` applies a fix.
        """
        from s2studio.app.advise import advise_on

        self.begin("advise")
        return advise_on(self, wanted_tick_s, run)

    def levels(
        self,
        tick_s: float | None = None,
        switch_time_s: float | None = None,
        switch_energy_j: float | None = None,
        run: int = 0,
    ) -> tuple[LevelStudy, Project | None]:
        """Return level policies compared at several ticks, and the project their choice goes into.

        What a change of level costs is the chip file's where it is None. `app.levels.write_choice` writes the choice.
        """
        from s2studio.app.levels import levels_on

        self.begin("levels")
        return levels_on(self, tick_s, switch_time_s, switch_energy_j, run)

    def race(self, placers: Sequence[str], seeds: int, jobs: int) -> Race:
        """Return placers (none given: all) with `seeds` seeds compared, `jobs` at once, on the traffic of one run."""
        from s2studio.app.race import race_on, runners_of

        runners = runners_of(placers, seeds, self.project.mapping.seed)
        self.lower()
        self.begin("race")
        return race_on(self, runners, jobs, self._tell, self.progress("race"))

    def estimate(
        self, rates: Mapping[str | None, float], burst: float | None = None, mapping: ChipMapping | None = None
    ) -> Estimate:
        """Return size, traffic, time and energy without a run, from `rates` in Hz by population (None: the others).

        `burst` is how many times as many neurons spike in the busiest tick as by chance, `mapping` a placement made by
        hand.
        """
        from s2studio.app.estimate import estimate_on

        self.begin("estimate")
        return estimate_on(self, rates, burst, mapping)

    def render(
        self, path: Path, view_name: str | None, metric_name: str | None, look: Look, window: Window, run: int = 0
    ) -> None:
        """Draw a view of the project, or of a part of the run `run` of the session that it names, into `path`.

        `view_name` None is the mesh, of deep networks their schedule.
        """
        from s2studio.app.layer_scene import draw_layers, layer_scene_of
        from s2studio.app.scene import check_view, draw, scene_of_network, scene_of_session, view
        from s2studio.draw.metrics import metric
        from s2studio.draw.save import save_picture
        from s2studio.session.reader import open_session

        self.begin("render")
        layers = layer_scene_of(self, window, run)
        if layers is not None:
            save_picture(draw_layers(layers, view_name, look), path)
            return
        asked, shown = view(view_name or "mesh"), metric(metric_name) if metric_name is not None else None
        is_session = self.project.model.is_dir()
        check_view(asked, shown, is_session)
        if is_session:
            scene = scene_of_session(open_session(self.project.model), run, window, self.progress("render"))
        else:
            mapping = self.map(assume=True)
            scene = scene_of_network(self.lower(assume=True).network, mapping, self.machine())
        save_picture(draw(scene, asked, look, shown), path)

    def progress(self, stage: str) -> Callable[[int, int], None]:
        """Return the callback that long work of `stage` calls: it emits Progress and raises Cancelled when asked to."""

        def report(done: int, total: int) -> None:
            self._tell(Progress(stage, done, total))

        return report

    def stage(self, name: str, inputs: tuple[object, ...], make: Callable[[], Result]) -> Result:
        """Return what `make` made of `inputs`, now or when they were last the same; `name` is told as a stage."""
        kept = self._kept.get(name)
        if kept is None or kept.inputs != inputs:
            self.begin(name)
            kept = self._kept[name] = _Kept(inputs, make())
        result: Result = kept.result
        return result

    def begin(self, stage: str) -> None:
        """Tell that `stage` begins. Raises Cancelled where that was asked for."""
        self._tell(StageStarted(stage))

    def _tell(self, event: Event) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        self._emit(event)


def _load_engine() -> None:
    """Import what simulates and records."""
    from s2studio.app import simulation  # noqa: F401
    from s2studio.session import reader  # noqa: F401
