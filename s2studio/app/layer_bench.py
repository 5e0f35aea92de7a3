"""The use cases of deep networks on the workbench: map, run, advise, compare and evaluate layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s2studio.analysis.layer_advice import LayerAdvice
    from s2studio.analysis.layer_compare import LayerComparison
    from s2studio.app.evaluate_layers import LayerEvaluation
    from s2studio.app.layer_runs import LayerModel
    from s2studio.app.workbench import Workbench
    from s2studio.mapping.layers.mapping import LayerOptions
    from s2studio.network.tensors import LayerGraph


class LayerBench:
    """Works on the project of a workbench, with its results, events and cancelling; reached as `bench.layers`."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def map(self, data: Path | None, options: LayerOptions) -> dict[str, Any]:
        """Return how the layers of the project's deep network are cut, what PEs and DRAM hold, and its time.

        `data` are the samples that choose the int8 steps (None: random values, which change no size).
        """
        from s2studio.app.describe_layer_mapping import describe_layer_mapping
        from s2studio.app.layer_runs import map_model

        model = self.model(data)
        self._bench.begin("map")
        return describe_layer_mapping(model, map_model(model, options, self._bench.progress("map")))

    def run(self, data: Path, options: LayerOptions, path: Path, overwrite: bool = False) -> dict[str, Any]:
        """Run the project's deep network on the samples in `data`, write the session `path`, return its summary."""
        from s2studio.app.layer_runs import run_model
        from s2studio.session.reader import open_session
        from s2studio.session.target import check_target

        check_target(path, overwrite)
        model = self.model(data)
        self._bench.begin("run")
        progress = self._bench.progress("run")
        folder = run_model(model, data, options, path, overwrite, progress, self.noise_db(data))
        return open_session(folder).layer_runs[0].summary()

    def advise(self, data: Path | None, options: LayerOptions | None, run: int = 0) -> LayerAdvice:
        """Return what bounds the latency of the project's deep network, or of the run `run` of a session of one.

        `options` None are the defaults, of a session those it ran with.
        """
        from s2studio.analysis.layer_advice import advise_layers
        from s2studio.app.layer_runs import layers_of_session, map_again, map_model
        from s2studio.mapping.layers.mapping import LayerOptions

        progress = self._bench.progress("map")
        if self._bench.project.model.is_dir():
            mapping, machine = layers_of_session(self._bench.project.model, run)
            if options not in (None, mapping.options):
                mapping = map_again(mapping, machine, options, progress)
        else:
            model = self.model(data)
            mapping, machine = map_model(model, options or LayerOptions(), progress), model.machine
        self._bench.begin("advise")
        return advise_layers([plan.work for plan in mapping.layers], mapping, machine, self._bench.progress("advise"))

    def compare(self, a: Path, b: Path, run_a: int = 0, run_b: int = 0) -> LayerComparison | None:
        """Return how two runs of layers differ, None where one is of ticks."""
        from s2studio.analysis.layer_compare import compare_layer_runs
        from s2studio.session.layer_run import LayerRun
        from s2studio.session.reader import open_session

        one, two = open_session(a).any_run(run_a), open_session(b).any_run(run_b)
        if not (isinstance(one, LayerRun) and isinstance(two, LayerRun)):
            return None
        self._bench.begin("compare")
        return compare_layer_runs(one, two)

    def model(self, data: Path | None) -> LayerModel:
        """Return the project's deep network in int8, its steps chosen on the samples in `data`."""
        from s2studio.app.layer_runs import open_model

        project = self._bench.project
        stamp = project.model.stat().st_mtime_ns if project.model.exists() else 0
        return self._bench.stage(
            "lower",
            (project.model, stamp, data, project.chip, project.runtime),
            lambda: open_model(project.model, data, project.chip, project.runtime),
        )

    def noise_db(self, data: Path | None) -> dict[str, float | None]:
        """Return what int8 makes of each tensor of the project's deep network, signal to noise over the samples."""
        model = self.model(data)
        return self._bench.stage("noise", (id(model),), model.noise_db)

    def evaluate(
        self, data: Path, labels: Path | None = None, calibration: Path | None = None
    ) -> tuple[LayerGraph, LayerEvaluation]:
        """Run every sample in `data` through a deep network, float and int8.

        Its steps are chosen on `calibration`, else on that of the project, else on the first of `data`.
        """
        from s2studio.app.evaluate_layers import evaluate_layers
        from s2studio.app.layer_samples import read_samples
        from s2studio.app.loading import load_layers

        graph = load_layers(self._bench.project.model)
        calibration = calibration or self._bench.project.calibration
        chosen = None if calibration is None else read_samples(graph, calibration)
        samples = read_samples(graph, data, labels)
        self._bench.begin("evaluate")
        spec = self._bench.machine().spec
        return graph, evaluate_layers(graph, samples, spec, chosen, progress=self._bench.progress("evaluate"))
