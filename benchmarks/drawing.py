"""How fast the window draws, answers and starts, in a real window on an X server of its own.

python -m benchmarks.drawing [frames] [latency] [scrub] [large] [start] [--record]
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt

from s2studio.gui.docks import PRESETS
from tests.gui.x_server import x_server

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.gui.docks import PanelDock

ROOT = Path(__file__).parents[1]
SIZE = "2560x1440"
FRAME_S = 0.016
# At the chip's own speed, longer than the frames take; as many spikes as its source PEs can store.
LONG_RUN_TICKS, RATE_HZ = 20_000, 5.0
FRAMES, LEAST_FRAMES, LEAST_NEW = 600, 100, 0.9
PANELS_PER_ROW = 5
SCRUBBED_SPIKES, LARGE_SPIKES = 10_000_000, 100_000_000
SPIKES_PER_TICK = 10_000


def main() -> int:
    """Measure each part in a process of its own, under Xvfb; return how many failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("parts", nargs="*", help="of " + ", ".join(PARTS))
    parser.add_argument("--here", action="store_true", help="in the display there is: what this program starts")
    parser.add_argument("--record", action="store_true", help="keep the ratios in recorded.yaml")
    asked = parser.parse_args()
    Bench.is_recorded = asked.record
    # The other benchmarks stand side by side and are no package.
    sys.path.append(str(Path(__file__).parent))
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if asked.here:
        for part in asked.parts:
            PARTS[part]()
        return 0
    failed = 0
    with x_server(SIZE) as display:
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": "1"}
        for part in asked.parts or PARTS:
            command = [
                sys.executable,
                "-m",
                "benchmarks.drawing",
                "--here",
                part,
                *(["--record"] if asked.record else []),
            ]
            failed += subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0
    return failed


class Bench:
    """A window as large as the screen, whose frames are made here, one after the other, so that each can be timed."""

    is_recorded = False

    def __init__(self, scratch: Path) -> None:
        from PySide6.QtCore import QSettings
        from PySide6.QtWidgets import QApplication

        from s2studio.gui.main import prepare
        from s2studio.gui.warm import warm
        from s2studio.gui.window import Window

        found = QApplication.instance()
        self.application = found if isinstance(found, QApplication) else QApplication(["s2studio"])
        prepare(self.application)
        self.warming = warm()
        self.window = Window(QSettings(str(scratch / "bench.ini"), QSettings.Format.IniFormat))
        self.controller = self.window.controller
        self.controller.session_folder = scratch / "sessions"
        self.window.autosave.root = self.window.autosave.folder = scratch / "unsaved"
        self.window.asks_before_closing = False
        self.window.setGeometry(0, 0, *map(int, SIZE.split("x")))
        self.window.show()
        self.controller.timer.stop()
        # Processor time and time of each frame: on a machine that others use too, only the first is the window's own.
        self.work_s: list[float] = []
        self.wall_s: list[float] = []

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[tuple[Bench, Path]]:
        """Give a bench and its scratch folder; its window is closed whatever happens, or its engine would stay."""
        with tempfile.TemporaryDirectory() as name:
            bench = cls(Path(name))
            try:
                yield bench, Path(name)
            finally:
                bench.window.close()

    def frame(self) -> None:
        """Handle what came and paint, then sleep until the next picture is due."""
        started, worked = time.perf_counter(), time.thread_time()
        self.controller.pull()
        self.application.processEvents()
        spent = time.perf_counter() - started
        self.work_s.append(time.thread_time() - worked)
        self.wall_s.append(spent)
        time.sleep(max(0.0, FRAME_S - spent))

    def clear(self) -> None:
        """Forget the frames so far."""
        self.work_s.clear()
        self.wall_s.clear()

    def spread(self) -> str:
        """Say how long frames took."""
        (middle, high), wall = (np.percentile(np.array(each) * 1e3, (50, 95)) for each in (self.work_s, self.wall_s))
        return f"work per frame {middle:.1f} ms, 95 % below {high:.1f} ms (on the clock {wall[0]:.1f}, {wall[1]:.1f})"

    def behind(self, name: str) -> str:
        """Say where the work of a frame took longer than when it was recorded as `name`."""
        return behind(name, float(np.median(self.work_s)))

    def worst(self) -> str:
        """Say how long an event waited at most."""
        return f"{1e3 * max(self.work_s):.0f} ms of work, {1e3 * max(self.wall_s):.0f} ms on the clock"

    def until(self, holds: Callable[[], bool], patience_s: float = 150.0) -> None:
        """Make frames until something holds."""
        end = time.monotonic() + patience_s
        while not holds():
            self.frame()
            if time.monotonic() > end:
                raise TimeoutError("; ".join(line.text for line in self.controller.studio.log))

    def show_all_panels(self) -> None:
        """Put every panel beside the others, none behind a tab: those at the bottom in rows, the timeline last."""
        from s2studio.gui.docks import BOTTOM, FOOT, LEFT, RIGHT

        window, docks = self.window, list(self.window.docks.values())
        window.show_preset("Run")
        for dock in docks:
            window.removeDockWidget(dock)
            dock.ensure()
        for side in (LEFT, RIGHT):
            self._stack(side, [dock for dock in docks if dock.row.area == side])
        below = [dock for dock in docks if dock.row.area not in (LEFT, RIGHT, FOOT)]
        rows = [below[first : first + PANELS_PER_ROW] for first in range(0, len(below), PANELS_PER_ROW)]
        self._stack(BOTTOM, [*(row[0] for row in rows), window.docks["timeline"]])
        for row in rows:
            for left, dock in itertools.pairwise(row):
                window.splitDockWidget(left, dock, Qt.Orientation.Horizontal)
        for dock in docks:
            dock.show()

    def _stack(self, area: Qt.DockWidgetArea, docks: Sequence[PanelDock]) -> None:
        """Put `docks` below each other."""
        self.window.addDockWidget(area, docks[0])
        for above, dock in itertools.pairwise(docks):
            self.window.splitDockWidget(above, dock, Qt.Orientation.Vertical)

    def open_digits(self) -> None:
        """Open `event_digits`, driven by noise for as long as is asked for."""
        from s2studio.app.project import StimulusSource
        from s2studio.resources import resource_path

        self.window.open_paths([resource_path("sample_projects", "event_digits", "project.yaml")])
        studio = self.controller.studio
        self.until(lambda: studio.mapping is not None and studio.busy is None)
        project = studio.project
        if project is None:
            raise RuntimeError("the sample did not open")
        run = replace(project.run, steps=LONG_RUN_TICKS, record={})
        self.controller.set_project(replace(project, stimuli=(StimulusSource("input", None, RATE_HZ),), run=run))
        self.until(lambda: studio.busy is None)

    def run(self) -> None:
        """Run what is open at the chip's own speed, and wait for its first tick."""
        from s2studio.gui.panels.run import RunPanel

        panel = self.window.docks["run"].ensure()
        if isinstance(panel, RunPanel):
            panel.speed.setCurrentIndex(panel.speed.findText("real time"))
        self.controller.running.start()
        self.until(lambda: self.controller.timeline.length > 0)


def frames() -> None:
    """All panels open while `event_digits` runs: the work of each frame, and frames per second."""
    with Bench.opened() as (bench, _):
        bench.open_digits()
        bench.show_all_panels()
        bench.run()
        visible = [dock.row.name for dock in bench.window.docks.values() if dock.panel and dock.panel.isVisible()]
        bench.clear()
        started = time.perf_counter()
        source, lengths = bench.controller.source, set[int]()
        while source.live is not None and len(bench.work_s) < FRAMES:
            bench.frame()
            lengths.add(bench.controller.timeline.length)
        spent = time.perf_counter() - started
        # A picture that shows no later tick than the one before costs little, and would make the others look cheap.
        ticks, shown = max(lengths), len(lengths)
        if shown < max(LEAST_FRAMES, LEAST_NEW * len(bench.work_s)):
            raise RuntimeError(f"{len(bench.work_s)} pictures showed {shown} different moments, up to tick {ticks:,}")
        _say(f"panels: {', '.join(visible)}; {ticks:,} ticks, live")
        rate = f"{shown / spent:.1f} frames/s (asked: 95 % < 12 ms, >= 50/s)"
        _say(f"frames: {bench.spread()}; {rate}{bench.behind('all panels, live')}")


def latency() -> None:
    """The longest that an event waits while a model is opened, mapped and run, and every preset shown."""
    with Bench.opened() as (bench, _):
        bench.until(lambda: len(bench.work_s) > 30 and not bench.warming.is_alive())

        def judge(what: str) -> None:
            worst = f"worst {bench.worst()} (asked: < 50 ms)"
            _say(f"{what}: {bench.spread()}, {worst}{bench.behind(what)}")
            bench.clear()

        bench.clear()
        bench.open_digits()
        judge("open and map")
        bench.window.show_preset("Run")
        bench.run()
        for _ in range(200):
            bench.frame()
        judge("run")
        for preset in PRESETS:
            bench.window.show_preset(preset)
            for _ in range(50):
                bench.frame()
        judge("presets")


def scrub() -> None:
    """A session of 10^7 spikes: the cursor, then a tenth of the run as span, moved in every frame."""
    with Bench.opened() as (bench, scratch):
        path = make_session(scratch / "scrub.s2s", SCRUBBED_SPIKES)
        bench.window.show_preset("Profile")
        _open(bench, path)
        timeline, source = bench.controller.timeline, bench.controller.source
        # A picture counts once all panels have drawn what it shows, and only if that is something new.
        moments: list[View] = []
        views: list[View] = []
        source.moment_changed.connect(moments.append)
        source.view_changed.connect(views.append)

        def move_cursor(step: int) -> None:
            timeline.move(step * 7 % timeline.length)

        def move_span(step: int) -> None:
            timeline.look(step * 3, step * 3 + timeline.length // 10)

        moves = (("cursor", move_cursor, moments), ("span", move_span, views))
        for title, move, shown in moves:
            shown.clear()
            bench.clear()
            started = time.perf_counter()
            for step in range(200):
                move(step)
                bench.frame()
            spans = [view.span for view in shown]
            if len(set(spans)) < len(spans):
                raise RuntimeError(f"{len(spans)} pictures showed only {len(set(spans))} different spans")
            rate = len(spans) / (time.perf_counter() - started)
            _say(
                f"scrub {title}, 10^7 spikes: {rate:.1f} pictures/s (asked: 30); {bench.spread()}{bench.behind(title)}"
            )


def large() -> None:
    """A session of 10^8 spikes: from asking to the first picture."""
    with Bench.opened() as (bench, scratch):
        path = make_session(scratch / "large.s2s", LARGE_SPIKES)
        bench.window.show_preset("Profile")
        bench.until(lambda: len(bench.work_s) > 30)
        bench.clear()
        started = time.perf_counter()
        _open(bench, path)
        opened = f"{time.perf_counter() - started:.2f} s (asked: 2)"
        _say(f"open 10^8 spikes: {opened}; {bench.spread()}{bench.behind('10^8 spikes')}")


def start() -> None:
    """From starting Python to a window that was painted and handles events, warm: the median of nine."""
    code = (
        "import sys, time; from s2studio.gui.main import prepare; from PySide6.QtWidgets import QApplication\n"
        "from s2studio.gui.window import Window\n"
        "application = QApplication(['s2studio']); prepare(application); window = Window(); window.show()\n"
        "application.processEvents(); print('torch' in sys.modules, time.process_time(), flush=True)\n"
        "sys.stdin.read(); window.close()"
    )
    times, works, ends = [], [], []
    with tempfile.TemporaryDirectory() as name:
        environment = {**os.environ, "XDG_CONFIG_HOME": name, "XDG_STATE_HOME": name, "PYTHONPATH": str(ROOT)}
        for _ in range(10):
            started = time.perf_counter()
            with subprocess.Popen(
                [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
            ) as window:
                said = window.stdout.readline().split() if window.stdout is not None else []
                shown = time.perf_counter()
                window.communicate()
            if said[:1] != ["False"]:
                raise RuntimeError("torch was loaded" if said else "the window did not start")
            times.append(shown - started)
            works.append(float(said[1]))
            ends.append(time.perf_counter() - shown)
    took, work, end = (float(np.median(each[1:])) for each in (times, works, ends))
    _say(f"start: {took:.2f} s, {work:.2f} s of work (asked: 1.5); end: {end:.2f} s{behind('start', work)}")


def make_session(path: Path, spikes: int) -> Path:
    """Write a session of `spikes` random spikes of a balanced network through the recorder; its counts fit them."""
    from s2studio.app.project import open_project
    from s2studio.app.workbench import Workbench
    from s2studio.resources import resource_path
    from s2studio.session.recorder import Recorder, SessionHeader
    from s2studio.sim.counts import Counts, SpikeRuns, SpikeTable, TickBlock

    bench = Workbench(open_project(resource_path("sample_projects", "event_digits", "project.yaml")))
    network, mapping, machine = bench.lower(assume=True).network, bench.map(assume=True), bench.machine()
    populations = network.spiking.populations
    observed = {population.name: frozenset({"spikes"}) for population in populations}
    ticks, generator = spikes // SPIKES_PER_TICK, np.random.default_rng(0)
    sizes = np.array([population.size for population in populations])
    first = dict(zip([population.name for population in populations], np.cumsum([0, *sizes]), strict=False))
    owner = np.zeros(sizes.sum(), np.int64)
    for row, piece in enumerate(mapping.slices):
        begin = first[piece.population] + piece.start
        owner[begin : begin + piece.stop - piece.start] = row
    project = bench.project
    header = SessionHeader(network.name, 0, machine.spec, mapping.runtime)
    with Recorder(path, header) as recorder:
        run = recorder.start_run(network, mapping, project.run.level, 1e-3, ticks, {}, observed)
        for at in range(0, ticks, 100):
            count = min(100, ticks - at)
            neuron = np.sort(generator.integers(0, sizes.sum(), (count, SPIKES_PER_TICK)), axis=1)
            sent = np.zeros((1, count, len(mapping.slices)), np.int32)
            np.add.at(sent[0], (np.arange(count)[:, None], owner[neuron]), 1)
            population = np.searchsorted(np.cumsum(sizes), neuron.ravel(), "right")
            table = SpikeTable(
                np.zeros(neuron.size, np.int32),
                np.repeat(np.arange(at, at + count, dtype=np.int64), SPIKES_PER_TICK),
                population.astype(np.int32),
                (neuron.ravel() - np.concatenate([[0], np.cumsum(sizes)])[population]).astype(np.int32),
            )
            fixed = np.zeros(len(mapping.slices), np.int32)
            run.write(TickBlock(at, count, SpikeRuns.of(table), Counts(sent * 4, sent * 90, sent, fixed, fixed), {}))
        run.finish()
    return path


def _open(bench: Bench, path: Path) -> None:
    bench.controller.open_session(path)
    bench.until(lambda: bench.controller.source.view is not None, 300.0)


def behind(name: str, seconds: float) -> str:
    """Say where `seconds` are more than when they were recorded as `name`; record them instead if that is asked for."""
    from recorded import judge_seconds

    return judge_seconds(f"draw {name}", seconds, Bench.is_recorded)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


PARTS: dict[str, Callable[[], None]] = {
    "frames": frames,
    "latency": latency,
    "scrub": scrub,
    "large": large,
    "start": start,
}

if __name__ == "__main__":
    sys.exit(main())
