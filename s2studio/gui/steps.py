"""The steps of the window as lines for a terminal: one table, from which the menu *Copy as command line* is made."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from s2studio.gui.translation import marked

if TYPE_CHECKING:
    from s2studio.gui.window import Window


@dataclass(frozen=True)
class Step:
    """A step and its line; None where there is nothing to do it with."""

    name: str
    title: str
    line: Callable[[Window], str | None]


def of_model(command: str, *more: str) -> Callable[[Window], str | None]:
    """Return what writes `s2studio COMMAND MODEL` with the options of the open project."""
    from s2studio.app.command_line import command_line

    def line(window: Window) -> str | None:
        project = window.controller.studio.project
        return None if project is None else command_line(project, command, *more)

    return line


def of_session(command: str, *more: str) -> Callable[[Window], str | None]:
    """Return what writes `s2studio COMMAND SESSION` for the run that is shown, or for the open project without one."""

    def line(window: Window) -> str | None:
        shown = window.controller.studio.shown
        if shown is None or shown.state == "running":
            return None
        number = ("--run", str(shown.number)) if shown.number else ()
        return shlex.join(["s2studio", command, str(shown.session), *number, *more])

    return line


def _why(window: Window) -> str | None:
    trace, cursor = window.controller.forensics.trace, window.controller.timeline.cursor
    words = ("--tick", str(cursor)) if trace is None else ("--tick", str(trace.tick), "--pe", str(trace.receiver))
    return of_session("why", *words)(window)


def _estimate(window: Window) -> str | None:
    from s2studio.gui.panels.estimate import EstimatePanel

    panel = window.docks["estimate"].panel
    return of_model("estimate", *(panel.words if isinstance(panel, EstimatePanel) else ()))(window)


def _compare(window: Window) -> str | None:
    from s2studio.gui.panels.compare import ComparePanel

    panel, shown = window.docks["compare"].panel, window.controller.studio.shown
    if not isinstance(panel, ComparePanel) or panel.other is None or shown is None:
        return None
    return shlex.join(["s2studio", "compare", str(shown.session), str(panel.other)])


def _render(window: Window) -> str | None:
    look = ("--view", "mesh", "--theme", window.themes.theme.name, "-o", "mesh.svg")
    return of_session("render", *look)(window) or of_model("render", *look)(window)


STEPS = (
    Step("info", marked("What is in the model"), of_model("info")),
    Step("map", marked("Place it"), of_model("map", "-o", "mapping.yaml")),
    Step("run", marked("Run it"), of_model("run")),
    Step("estimate", marked("Estimate its time and energy"), _estimate),
    Step("race", marked("Race placers"), of_model("race", "-o", "best.yaml")),
    Step(
        "export", marked("Export the run as a report"), of_session("export", "--format", "report", "-o", "report.html")
    ),
    Step("advise", marked("Advise on the run"), of_session("advise")),
    Step("levels", marked("Compare level policies"), of_session("levels")),
    Step("why", marked("Explain the tick at the cursor"), _why),
    Step("compare", marked("Compare both sessions"), _compare),
    Step("render", marked("Draw the mesh"), _render),
)
