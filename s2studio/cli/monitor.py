"""Progress on a terminal, and Ctrl-C turned into a cancelled job."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from s2studio.app.events import Event, Progress, StageStarted
from s2studio.app.project import Project
from s2studio.app.workbench import Workbench

STAGES = {
    "chip": "reading the chip file",
    "open": "opening the model",
    "lower": "lowering to integers",
    "map": "mapping onto PEs",
    "run": "simulating",
    "price": "adding up time and energy",
    "advise": "looking for what to change",
    "levels": "pricing levels",
    "race": "racing placers",
    "estimate": "estimating",
    "export": "exporting",
    "compare": "comparing",
    "render": "drawing",
    "fit": "fitting cycle costs",
    "import": "importing",
    "read": "reading the data set",
    "evaluate": "evaluating",
    "layers": "comparing float and chip",
    "sweep": "running combinations",
}


@contextmanager
def workbench(project: Project, quiet: bool) -> Iterator[Workbench]:
    """Yield a workbench on `project` whose progress shows on standard error (not if `quiet` or no terminal).

    The first Ctrl-C or SIGTERM cancels what it does; a second Ctrl-C ends the process at once.
    """
    monitor = _Monitor() if not quiet and sys.stderr.isatty() else None
    bench = Workbench(project, monitor.show if monitor else lambda event: None)

    def cancel(_number: int, _frame: Any) -> None:
        bench.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield bench
    finally:
        if monitor:
            monitor.close()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Monitor:
    """Draws the events of a workbench as one line of progress."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bars.add_task("starting", total=None, visible=False)
        self._bars.start()

    def show(self, event: Event) -> None:
        """Draw `event`."""
        match event:
            case StageStarted(stage):
                self._bars.update(self._task, description=STAGES.get(stage, stage), visible=True)
            case Progress(stage, done, total):
                self._bars.update(
                    self._task, description=STAGES.get(stage, stage), completed=done, total=total, visible=True
                )

    def close(self) -> None:
        """Take the line away."""
        self._bars.stop()
