"""Sessions behind commands, in a process of their own: what is shown of a recording, or of one being made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.compare import Comparison, compare_runs
from s2studio.analysis.forensics import Why, why
from s2studio.analysis.spike_levels import SpikeLevels
from s2studio.analysis.ticks import bins_of
from s2studio.analysis.trouble import Trouble, next_trouble
from s2studio.analysis.view import Layout, Span, View, Viewer
from s2studio.app.deep import DeepShown, DeepSource
from s2studio.app.remote import Emit
from s2studio.app.shown import RunShown, layout_of
from s2studio.chip.machine import PE
from s2studio.session.bins import Binner, Bins, Pyramid
from s2studio.session.export import Estimate, estimate
from s2studio.session.layer_run import LayerRun
from s2studio.session.moment import moment_of
from s2studio.session.reader import Session, open_session
from s2studio.session.run import Run
from s2studio.session.window import Window
from s2studio.sim.energy import ENERGY_KINDS
from s2studio.sim.within_tick import WithinTick

Json = dict[str, Any]
# What of a run is kept in memory, so that looking around in it does not read it again.
KEPT_BYTES, KEPT_SPIKES = 1 << 28, 1 << 24
# Of a run whose spikes are not kept, so many are read for one picture.
FRESH_SPIKES = 1 << 21


class SessionService:
    """Answers what the window asks of sessions. A damaged one is a refusal, and can at worst end this process."""

    IMMEDIATE: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._open: dict[Path, Session] = {}
        self._kept: dict[tuple[Path, int], Pyramid] = {}
        self._kept_spikes: dict[tuple[Path, int], SpikeLevels] = {}

    def open(self, path: Path, number: int = 0) -> RunShown | DeepShown:
        """Open, or open again, the session `path` and return its run `number`."""
        self._forget(path)
        session = self._open[path] = open_session(path)
        run = session.any_run(number)
        if isinstance(run, LayerRun):
            from s2studio.app.show_deep import deep_of_run

            return deep_of_run(DeepSource(path, options=run.about.mapping.options, session=path, run=number), run)
        return RunShown(
            session=path,
            number=number,
            state=run.state,
            network=run.network,
            mapping=run.mapping,
            machine=session.machine,
            tick_s=run.tick_s,
            steps=run.about.steps,
            ticks=run.ticks,
            runs=len(session.runs),
            voltages_of=tuple(run.voltage_columns),
        )

    def close(self, path: Path) -> None:
        """Let go of the session `path`."""
        self._forget(path)

    def summary(self, path: Path, number: int = 0, start: int = 0, stop: int | None = None) -> Json:
        """Return what `s2studio run --json` says of a run, or of a part of it."""
        return self._run(path, number).summary(start, stop)

    def views(self, path: Path, number: int, span: Span | None, tick: int) -> tuple[View | None, View]:
        """Return what happened in `span` (None: it is known) and in `tick`; the latter without raster and outputs."""
        view = None if span is None else self.view(path, number, span)
        return view, self.view(path, number, Span(tick, tick + 1, 1), has_raster=False)

    def view(self, path: Path, number: int, span: Span, has_raster: bool = True) -> View:
        """Return what happened in `span`, reduced to its columns; without raster and outputs where nobody needs them.

        Where the span has more spikes than can be looked at in the time of a picture or two, the raster is coarse.
        """
        run = self._run(path, number)
        viewer = Viewer(span, layout_of(run.network, run.mapping, len(run.traffic.links), run.tick_s))
        start, stop = max(0, span.start), min(span.stop, run.ticks)
        for piece in self._pieces(path, number, start, stop, span.width):
            viewer.add(piece)
        if start >= stop or not has_raster:
            return viewer.view()
        kept = self._spikes(path, number, run, viewer.layout)
        if kept is not None:
            kept.add_to(viewer)
        elif viewer.spikes_seen <= FRESH_SPIKES:
            for spikes in run.spike_blocks(start, stop):
                own = spikes.sample == 0
                viewer.add_spikes(spikes.tick[own], spikes.population[own], spikes.neuron[own])
        else:
            viewer.make_coarse(*_neuron_ranges(run))
        return viewer.view()

    def voltages(
        self, path: Path, number: int, population: str, neurons: tuple[int, ...], start: int, stop: int
    ) -> NDArray[np.float32]:
        """Return the voltages of `neurons` in model units, shape (ticks, neurons)."""
        run = self._run(path, number)
        values = run.voltages(population, start, min(stop, run.ticks))
        found: NDArray[np.float32] = values[0][:, list(neurons)]
        return found

    def compare(self, a: Path, run_a: int, b: Path, run_b: int) -> Comparison:
        """Return how the run `run_b` of `b` differs from `run_a` of `a`."""
        return compare_runs(self._run(a, run_a), self._run(b, run_b))

    def within(self, path: Path, number: int, tick: int) -> WithinTick:
        """Return what happens within `tick`: phases, levels and power."""
        return moment_of(self._run(path, number), tick, has_ends=True)

    def why(self, path: Path, number: int, tick: int, pe: PE | None = None) -> Why:
        """Return why `pe` (None: the PE with most trouble in `tick`) was late or lost packets."""
        return why(self._run(path, number), tick, pe)

    def next_trouble(self, path: Path, number: int, tick: int, is_forward: bool) -> Trouble | None:
        """Return the next tick after `tick`, or the last before it, in which a PE is late or loses packets."""
        return next_trouble(self._run(path, number), tick, is_forward)

    def estimate(
        self, path: Path, number: int, format_name: str, window: Window, channels: tuple[str, ...], name: str
    ) -> Estimate:
        """Return how large an export would be, where it is a file under `name`."""
        return estimate(path, format_name, window, number, channels, name=name)

    def neuron_spikes(self, path: Path, number: int) -> Mapping[str, NDArray[np.int64]]:
        """Return how often each neuron spiked in the whole run, by population, shape (neurons,)."""
        return {name: spikes[0] for name, spikes in self._run(path, number).neuron_spikes().items()}

    def _run(self, path: Path, number: int) -> Run:
        if path not in self._open:
            self._open[path] = open_session(path)
        return self._open[path].run(number)

    def _whole(self, path: Path, number: int, run: Run) -> Pyramid | None:
        """Return all ticks of a run that has ended, where they are few enough to be kept."""
        key = (path, number)
        slices, links = len(run.mapping.slices), len(run.traffic.links)
        if run.state == "running" or not run.ticks or run.ticks * Binner.bytes_per_bin(slices, links) > KEPT_BYTES:
            return None
        if key not in self._kept:
            binner = Binner(np.arange(run.ticks + 1), slices, len(ENERGY_KINDS), links)
            for bins in bins_of(run):
                binner.add(bins)
            self._kept = {key: Pyramid(binner.bins())}
        return self._kept[key]

    def _pieces(self, path: Path, number: int, start: int, stop: int, width: int) -> Iterator[Bins]:
        """Return the ticks `start` to `stop`: in bins of `width` where they are kept, else tick by tick."""
        run = self._run(path, number)
        kept = self._whole(path, number, run)
        if kept is not None:
            yield from kept.pieces(start, max(start, stop), width)
            return
        yield from bins_of(run, start, stop)

    def _spikes(self, path: Path, number: int, run: Run, layout: Layout) -> SpikeLevels | None:
        """Return all spikes of a run that has ended, where they are few enough to be kept."""
        key = (path, number)
        if run.state == "running" or run.stored("spikes").rows > KEPT_SPIKES:
            return None
        if key not in self._kept_spikes:
            table = run.spikes()
            own = slice(None) if run.about.samples == 1 else table.sample == 0
            places = layout.places(table.population[own], table.neuron[own])
            self._kept_spikes = {key: SpikeLevels(table.tick[own], places, layout, run.ticks)}
        return self._kept_spikes[key]

    def _forget(self, path: Path) -> None:
        self._open.pop(path, None)
        for kept in (self._kept, self._kept_spikes):
            for key in [key for key in kept if key[0] == path]:
                del kept[key]


def _neuron_ranges(run: Run) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first neuron among all, and the one after the last, of every slice."""
    populations = run.network.spiking.populations
    first = dict(
        zip([one.name for one in populations], np.cumsum([0, *(one.size for one in populations)]), strict=False)
    )
    slices = run.mapping.slices
    starts = np.array([first[piece.population] + piece.start for piece in slices], np.int64)
    return starts, starts + np.array([piece.stop - piece.start for piece in slices], np.int64)
